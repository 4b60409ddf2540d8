"""A register's device: its chain goes on where the server's head is, event by event."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import Query, rows_of
from almakane.journal.batch import MOST_BYTES, MOST_EVENT_BYTES, MOST_EVENTS
from almakane.journal.chain import Mode, digest, journal_message
from almakane.journal.event import Envelope, Event, Place, event_text
from almakane.journal.models import EpochState
from almakane.journal.queries import ChainFacts, chains_of
from almakane.replay.bodies import (
    Body,
    ShiftSoFar,
    Sums,
    closing_body,
    opening_body,
    ticket_body,
)
from almakane.replay.file import Invoice
from almakane.replay.keys import Key
from almakane.replay.registers import Day, Rung
from almakane.replay.rules import cashier_at, count_of, uid_at

_FRAME = len('{"events":[]}')


class TooLong(Exception):
    """A ticket that no event can hold."""


class Written(NamedTuple):
    """An event that waits to be delivered, how many bytes of a delivery it is, and of what."""

    envelope: Envelope
    seq: int
    at: datetime
    size: int
    invoice: Invoice | None = None


@dataclass(slots=True)
class Device:
    """One register's device, as far as the server's head and the books tell what it wrote."""

    register_id: int
    register: str  # hub/CODE
    code: str
    epoch: int
    key: Key
    seq: int
    hash: str
    number: int
    sums: Sums
    shift: ShiftSoFar
    unsent: list[Written] = field(default_factory=list)

    def open(self, day: Day) -> None:
        """Open the day's shift."""
        uid = day.shifts[self.code]
        body = opening_body(uid, day.date, _catalogue(day.date))
        self._write("shift_opened", uid, day.opens_at, cashier_at(self.code, day.date), body)
        self.shift = ShiftSoFar(uid)

    def ring_up(self, rung: Rung, approvals: Sequence[Mapping[str, Any]]) -> None:
        """Write a ticket; raises TooLong for one that no event can hold."""
        ticket = rung.ticket
        number = f"{self.code}-{self.epoch}-{self.number + 1:06d}"
        sums = Sums(self.sums.sales + ticket.goods, self.sums.refunds + ticket.returned)
        body = ticket_body(
            *(ticket, number, self.key.ticket_key(ticket.uid), _catalogue(ticket.day)),
            *(approvals, sums),
        )
        kind = "sale" if ticket.lines else "refund"
        self._write(kind, ticket.uid, ticket.at, ticket.cashier, body, rung.invoice)
        self.number, self.sums = self.number + 1, sums
        self.shift.add(ticket, number)

    def close(self, day: Day, at: datetime) -> None:
        """Count the drawer and close the shift."""
        by = cashier_at(self.code, day.date)
        count = count_of(self.code, day.date, self.shift.expected)
        body = closing_body(self.shift, count, by, at, self.sums)
        self._write("shift_closed", uid_at(at, f"closing/{self.shift.uid}"), at, by, body)
        self.shift.is_closed = True

    def _write(
        self,
        kind: str,
        uid: str,
        at: datetime,
        cashier: str,
        body: Body,
        invoice: Invoice | None = None,
    ) -> None:
        """Write the next event of the chain: canonical text, hash, signature."""
        place = Place(self.register, self.epoch, Mode.LIVE, self.seq + 1, self.hash)
        text = event_text(place, Event(uid, kind, at, cashier, body))
        hash_ = digest(text)
        envelope = Envelope(text, hash_, self.key.sign(journal_message(hash_)))
        if sum(len(one.encode()) for one in envelope) > MOST_EVENT_BYTES:
            raise TooLong
        size = len(json.dumps(envelope._asdict(), ensure_ascii=False).encode()) + 1
        self.unsent.append(Written(envelope, place.seq, at, size, invoice))
        self.seq, self.hash = place.seq, hash_

    def batches(self) -> Iterator[list[Written]]:
        """What is not delivered yet, in deliveries as large as the door takes them."""
        batch: list[Written] = []
        size = _FRAME
        for written in self.unsent:
            if batch and (len(batch) == MOST_EVENTS or size + written.size > MOST_BYTES):
                yield batch
                batch, size = [], _FRAME
            batch.append(written)
            size += written.size
        if batch:
            yield batch


def _catalogue(day: date) -> int:
    """The cursor of the price list that a till holds: there is one for each month."""
    return day.year * 100 + day.month


_SHIFT = """
SELECT shift_closing.id FROM shift LEFT JOIN shift_closing ON shift_closing.shift_id = shift.id
WHERE shift.uid = ?
"""
_TICKETS = """
SELECT COUNT(*), MIN(number), MAX(number) FROM sale WHERE hub_id = ? AND day = ? AND shift = ?
"""
_TENDERS = """
SELECT tender.kind, SUM(tender.amount) FROM sale JOIN tender ON tender.sale_id = sale.id
WHERE sale.hub_id = ? AND sale.day = ? AND sale.shift = ? GROUP BY tender.kind
"""


def recall(session: Session, register_id: int, key: Key, day: Day) -> Device:
    """A register's device as it stood when it had written the last that the server holds."""
    chain = _live(chains_of(session, register_id))
    uid = day.shifts[chain.code]
    of_shift = (chain.hub_id, day.date.isoformat(), uid)
    shifts, [(count, first, last)], tenders = rows_of(
        session, Query(_SHIFT, (uid,)), Query(_TICKETS, of_shift), Query(_TENDERS, of_shift)
    )
    shift = ShiftSoFar("")
    if shifts:
        shift = ShiftSoFar(uid, shifts[0][0] is not None, count=count, first=first, last=last)
        shift.by_tender.update({kind: int(amount) for kind, amount in tenders})
    return Device(
        *(register_id, chain.register, chain.code, chain.epoch, key, chain.seq, chain.hash),
        *(chain.last_number, Sums(chain.sales, chain.refunds), shift),
    )


def _live(chains: list[ChainFacts]) -> ChainFacts:
    [chain] = [
        chain for chain in chains if chain.state is EpochState.LIVE and chain.mode is Mode.LIVE
    ]
    return chain
