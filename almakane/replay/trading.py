"""The replay itself: day after day, each invoice through `record_sale`, each night a seal."""

import sys
import time
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session
from tqdm import tqdm

from almakane.db import retried, rows, transaction
from almakane.errors import Refusal
from almakane.ledger.sealing import last_sealed_day
from almakane.payouts.models import Statement
from almakane.payouts.services import draw_statements
from almakane.pos.services import close_shift, closing_of, expected_cash, open_shift
from almakane.replay.file import Invoice, fingerprint, read_invoices
from almakane.replay.rules import CASHIERS, FLOAT, REGISTERS, draw, month_of
from almakane.replay.shop import ACTOR, Label, Shop, find_shop, open_shop, stock_up
from almakane.replay.summary import Summary, summarize
from almakane.replay.survey import Survey, survey
from almakane.replay.tickets import (
    is_refund,
    refund_ticket,
    sale_ticket,
    shift_uid,
    ticket_uid,
)
from almakane.sales.sealing import seal_day
from almakane.sales.services import ShiftState, record_sale

_TICKETS = 40  # that share a commit
_LINES = 1_500  # the same, of tickets with many lines


class Bar(Protocol):
    """What shows how far the run is."""

    def update(self, n: int, /) -> object:
        """So many lines more."""

    def close(self) -> object:
        """No more will come."""


def bar(total: int) -> Bar:
    """A progress bar on stderr, for so many lines."""
    shown: Bar = tqdm(total=total, unit=" lines", unit_scale=True, file=sys.stderr)
    return shown


def run(path: Path, *, days: int | None = None, progress: Callable[[int], Bar] = bar) -> Summary:
    """
    Run a shop's file through the books, or its first `days` days, in a hub of its own.

    What an earlier run has recorded is found by its uid and not recorded again. Raises Refusal for
    a file that cannot be read, before anything of it is booked, and for books of another file.
    """
    if days is not None and days < 1:
        raise Refusal("A replay takes one day at least.", field="days")
    mark = fingerprint(path)
    with transaction() as session:
        shop = find_shop(session, mark)
        until = _last_day(session, shop) if shop else None
    found = survey(path, days, until)
    if shop is None:
        with transaction() as session:
            shop = open_shop(session, mark, found.first_day)
    replay = _Replay(shop, found)
    shown = progress(found.lines)
    started = time.perf_counter()
    try:
        replay.trade(path, shown)
    finally:
        shown.close()
    seconds = time.perf_counter() - started
    with transaction() as session:
        return summarize(session, shop, found, run_lines=replay.lines, seconds=seconds)


def _last_day(session: Session, shop: Shop) -> date | None:
    """The last day that the books hold anything of."""
    [(day,)] = rows(session, "SELECT MAX(day) FROM sale WHERE hub_id = ?", (shop.hub_id,))
    return date.fromisoformat(day) if isinstance(day, str) else day


@dataclass(slots=True)
class _Replay:
    """A run under way."""

    shop: Shop
    found: Survey
    lines: int = 0  # traded in this run
    month: str = ""
    labels: dict[str, Label] = field(default_factory=dict)

    def trade(self, path: Path, shown: Bar) -> None:
        """Trade every day that is not sealed yet."""
        with transaction() as session:
            sealed = last_sealed_day(session, self.shop.hub_id)
            resume_after = _last_ticket(session, self.shop, sealed)
        if sealed:
            self.month = month_of(sealed)
        for day, invoices in groupby(read_invoices(path), key=lambda invoice: invoice.day):
            if day > self.found.last_day:
                return
            if sealed and day <= sealed:
                shown.update(sum(len(invoice.rows) for invoice in invoices))
                continue
            self._turn_month(day)
            self._trade_day(day, invoices, resume_after, shown)
            resume_after = None

    def _turn_month(self, day: date) -> None:
        """Draw the statements of a month that is over, and let makers bring for the new one."""
        month = month_of(day)
        if self.month and month > self.month:
            self._draw_statements()
        if month != self.month or not self.labels:
            self.labels = stock_up(self.shop, month, self.found.months[month])
            self.month = month
        for over in [known for known in self.found.months if known < month]:
            del self.found.months[over]

    def _draw_statements(self) -> None:
        year, number = map(int, self.month.split("-"))
        last = date(year, number, monthrange(year, number)[1])
        now = self.shop.moment(datetime.combine(last, datetime.max.time()))

        def draw_them() -> None:
            with transaction() as session:
                there = select(Statement.id).where(
                    Statement.hub_id == self.shop.hub_id, Statement.day == last
                )
                if session.scalar(there.limit(1)) is None:
                    draw_statements(session, self.shop.hub_id, last, now=now, actor=ACTOR)

        retried(draw_them)

    def _trade_day(
        self, day: date, invoices: Iterable[Invoice], resume_after: str | None, shown: Bar
    ) -> None:
        shifts: dict[str, str] = {}
        last: datetime | None = None
        for group in _groups(invoices):
            if last is None:
                shifts = {
                    register: shift_uid(self.shop, register, group[0].at) for register in REGISTERS
                }
                self._open_shifts(day, shifts, group[0].at)
            last = group[-1].at
            fresh = group
            if resume_after:
                uids = [ticket_uid(self.shop, invoice) for invoice in group]
                known = resume_after in uids
                fresh = group[uids.index(resume_after) + 1 :] if known else []
                resume_after = None if known else resume_after
            if fresh:
                self._record(fresh, shifts)
            count = sum(len(invoice.rows) for invoice in fresh)
            self.lines += count
            shown.update(sum(len(invoice.rows) for invoice in group))
        if last is not None:
            self._close_day(day, shifts, last)

    def _open_shifts(self, day: date, shifts: dict[str, str], at: datetime) -> None:
        moment = self.shop.moment(at)

        def open_them() -> None:
            with transaction() as session:
                for register, uid in shifts.items():
                    open_shift(
                        *(session, self.shop.hub_id, register, uid, day, FLOAT),
                        at=moment,
                        by=_cashier(register, day),
                    )

        retried(open_them)

    def _record(self, invoices: list[Invoice], shifts: dict[str, str]) -> None:
        """Record the tickets of some invoices, which share a commit."""

        def record_them() -> None:
            with transaction() as session:
                for invoice in invoices:
                    self._record_one(session, invoice, shifts)

        retried(record_them)

    def _record_one(self, session: Session, invoice: Invoice, shifts: dict[str, str]) -> None:
        if is_refund(invoice):
            ticket = refund_ticket(session, self.shop, invoice, shifts)
        else:
            ticket = sale_ticket(self.shop, invoice, shifts, self.labels)
        if ticket is None:
            return
        try:
            record_sale(
                *(session, self.shop.hub_id, ticket),
                now=ticket.at,
                shift=ShiftState.OPEN,
                tell=(),
            )
        except Refusal as refusal:
            raise Refusal(
                "Line %(line)s, invoice %(invoice)s: %(why)s",
                field=refusal.field,
                reason=refusal.reason,
                line=invoice.line,
                invoice=invoice.number,
                why=refusal,
            ) from refusal

    def _close_day(self, day: date, shifts: dict[str, str], last: datetime) -> None:
        """Count every drawer, then seal the day."""
        moment = self.shop.moment(last)

        def close_them() -> None:
            with transaction() as session:
                for register, uid in shifts.items():
                    _close(session, register, uid, day, moment)

        def seal_it() -> None:
            with transaction() as session:
                seal_day(session, self.shop.hub_id, day, now=moment, actor=ACTOR)

        retried(close_them)
        retried(seal_it)


def _close(session: Session, register: str, uid: str, day: date, at: datetime) -> None:
    [(shift_id,)] = rows(session, "SELECT id FROM shift WHERE uid = ?", (uid,))
    if closing_of(session, shift_id):
        return
    expected = expected_cash(session, shift_id)
    counted, why = max(expected - _missing(register, day), 0), ""
    if counted != expected:
        why = "counted twice" if expected > 0 else "refunds took more than the drawer held"
    close_shift(
        *(session, shift_id, counted, min(counted, FLOAT)),
        at=at,
        by=_cashier(register, day),
        why=why,
    )


def _missing(register: str, day: date) -> int:
    """A count in twenty is some coins short, in centimes."""
    text = f"{day.isoformat()}/{register}/count"
    return 10 * (1 + draw(f"{text}/short", 200)) if draw(text, 20) == 0 else 0


def _cashier(register: str, day: date) -> str:
    return CASHIERS[draw(f"{day.isoformat()}/{register}/cashier", len(CASHIERS))]


def _last_ticket(session: Session, shop: Shop, sealed: date | None) -> str | None:
    """The last ticket of a day that was cut short; all before it in the file is recorded."""
    sql = "SELECT uid, day FROM sale WHERE hub_id = ? ORDER BY id DESC LIMIT 1"
    found = rows(session, sql, (shop.hub_id,))
    if not found:
        return None
    [(uid, day)] = found
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return str(uid) if sealed is None or day > sealed else None


def _groups(invoices: Iterable[Invoice]) -> Iterator[list[Invoice]]:
    """Invoices that share a commit."""
    group: list[Invoice] = []
    lines = 0
    for invoice in invoices:
        if group and (len(group) == _TICKETS or lines + len(invoice.rows) > _LINES):
            yield group
            group, lines = [], 0
        group.append(invoice)
        lines += len(invoice.rows)
    if group:
        yield group
