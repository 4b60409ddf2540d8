"""Registers that keep journals: what happened is written, signed and delivered as by a till."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from almakane.db import retried, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.queries import habits_on
from almakane.journal.batch import read_envelopes
from almakane.journal.chain import enrol_message
from almakane.journal.enrolment import enrol, open_enrolment
from almakane.journal.event import moment_text
from almakane.journal.models import Outcome
from almakane.journal.promises import Till, grant
from almakane.money import BASIS
from almakane.pos.applying import BARGAIN, REFUND, bands_of
from almakane.pos.journal import Deliverer, deliver
from almakane.replay.device import Device, TooLong, Written, recall
from almakane.replay.keys import Key
from almakane.replay.registers import Day, Rung, refused
from almakane.replay.rules import CASHIERS, MANAGER, REGISTERS
from almakane.replay.shop import Shop
from almakane.sales.ticket import Ticket
from almakane.users.models import Role
from almakane.users.services import UNTRIED, create_user

_APP = "almakane replay"
_TAKEN = (Outcome.RECORDED, Outcome.FLAGGED, "replayed")
_REGISTERS = "SELECT code, id FROM register WHERE hub_id = ? AND code IN (??) ORDER BY code"


def enrol_registers(session: Session, shop: Shop, mark: str, now: datetime) -> None:
    """Give the shop's people accounts, which nobody can sign in to, and enrol its registers."""
    for login in (*CASHIERS, MANAGER):
        create_user(
            session,
            hub_id=shop.hub_id,
            login=login,
            name=login.title(),
            role=Role.MANAGER if login == MANAGER else Role.CASHIER,
            password=secrets.token_urlsafe(32),
            cost=UNTRIED,  # nobody is told what 256 random bits were
        )
    for register in REGISTERS:
        key = Key(mark, register)
        code = open_enrolment(session, shop.hub_id, register, by=MANAGER, now=now)
        proof = key.sign(enrol_message(code, key.public))
        enrol(session, code, key.public, proof, app=_APP, now=now)


def are_enrolled(session: Session, shop: Shop) -> bool:
    """Whether the shop's registers keep journals."""
    return bool(rows(session, "SELECT 1 FROM epoch WHERE hub_id = ? LIMIT 1", (shop.hub_id,)))


class Journals:
    """
    Registers whose devices write journals and deliver them, a hundred events at most at a time.

    Their clocks are those of the file, and so is the server's: a delivery arrives at the moment of
    its last event.
    """

    def __init__(self, shop: Shop, mark: str) -> None:
        self._shop, self._mark = shop, mark
        self._devices: dict[str, Device] = {}

    def open(self, day: Day) -> None:
        """Let each device go on from the server's head; a shift that is not open there opens."""
        if not self._devices:
            self._recall(day)
        for device in self._devices.values():
            if device.shift.uid != day.shifts[device.code]:
                device.open(day)

    def _recall(self, day: Day) -> None:
        with transaction() as session:
            found = rows(session, _REGISTERS, (self._shop.hub_id, list(REGISTERS)))
            for code, register_id in found:
                key = Key(self._mark, code)
                self._devices[code] = recall(session, register_id, key, day)

    def ring_up(self, tickets: Sequence[Rung]) -> None:
        """Write tickets, each at its register, and deliver them with what was written before."""
        approvals = self._ask(tickets)
        for rung, given in zip(tickets, approvals, strict=True):
            try:
                self._devices[rung.ticket.register].ring_up(rung, given)
            except TooLong as error:
                raise Refusal(
                    "Line %(line)s, invoice %(invoice)s: no event of a journal holds so many "
                    "lines.",
                    field="invoice",
                    line=rung.invoice.line,
                    invoice=rung.invoice.number,
                ) from error
        self._send()

    def _ask(self, tickets: Sequence[Rung]) -> list[list[dict[str, Any]]]:
        """The manager's word for each ticket that a cashier may not make alone, given online."""

        def ask() -> list[list[dict[str, Any]]]:
            with transaction() as session:
                return [self._approve(session, rung.ticket) for rung in tickets]

        return retried(ask)

    def _approve(self, session: Session, ticket: Ticket) -> list[dict[str, Any]]:
        till = Till(self._shop.hub_id, self._devices[ticket.register].register_id)
        return [
            {
                "right": right,
                "by": MANAGER,
                "mode": "online",
                "grant": grant(session, till, right, by=MANAGER, now=ticket.at),
                "at": moment_text(ticket.at),
                "why": "",
            }
            for right in _needs(ticket, self._band_on(session, ticket.at))
        ]

    def _band_on(self, session: Session, at: datetime) -> int:
        """How far a cashier may go below the price by herself, as it is judged when it arrives."""
        day = at.astimezone(self._shop.zone).date()
        return bands_of(habits_on(session, self._shop.hub_id, day))[Role.CASHIER]

    def close(self, day: Day, at: datetime) -> None:
        """Close the shifts that are still open."""
        for device in self._devices.values():
            if not device.shift.is_closed:
                device.close(day, at)
        self._send()

    def _send(self) -> None:
        for device in self._devices.values():
            for batch in device.batches():
                self._deliver(device, batch)
            device.unsent.clear()

    def _deliver(self, device: Device, batch: list[Written]) -> None:
        taken = deliver(
            read_envelopes({"events": [written.envelope._asdict() for written in batch]}),
            Deliverer(
                *(device.register, self._shop.hub_id, self._shop.site_id, device.register_id)
            ),
            now=max(written.at for written in batch),
            tell=(),
        )
        for written, result in zip(batch, taken.results, strict=False):
            if result.outcome not in _TAKEN:
                raise _not_recorded(device, written, f"{result.reason} {result.field or ''}")
        if taken.stopped:
            written = batch[len(taken.results)]
            raise _not_recorded(device, written, taken.stopped.reason)


def _needs(ticket: Ticket, band: int) -> list[str]:
    """The rights that a cashier has to ask for: to bargain beyond the band, and to give back."""
    bargained = any(
        (line.list * line.qty - line.total) * BASIS > band * line.list * line.qty
        for line in ticket.lines
    )
    return [*([BARGAIN] if bargained else []), *([REFUND] if ticket.returns else [])]


def _not_recorded(device: Device, written: Written, why: str) -> Refusal:
    if written.invoice:
        return refused(written.invoice, why)
    return Refusal(
        "Event %(seq)s of %(register)s was not recorded: %(why)s",
        seq=written.seq,
        register=device.register,
        why=why,
    )
