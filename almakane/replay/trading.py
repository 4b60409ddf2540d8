"""The replay itself: day after day, each invoice at its register, each night a seal."""

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
from almakane.replay.booking import Booking
from almakane.replay.file import Invoice, fingerprint, read_invoices
from almakane.replay.journals import Journals, are_enrolled, enrol_registers
from almakane.replay.registers import Day, Registers, Rung
from almakane.replay.rules import REGISTERS, month_of, register_of
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

_TICKETS = 100  # that are told at once
_LINES = 3_000  # the same, of tickets with many lines


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


def run(
    path: Path,
    *,
    days: int | None = None,
    journal: bool = False,
    progress: Callable[[int], Bar] = bar,
) -> Summary:
    """
    Run a shop's file through the books, or its first `days` days, in a hub of its own.

    With `journal`, the registers write and sign what happens, and deliver it. What an earlier run
    has recorded is found by its uid and not recorded again. Raises Refusal for a file that cannot
    be read, before anything of it is booked, and for books of another file.
    """
    if days is not None and days < 1:
        raise Refusal("A replay takes one day at least.", field="days")
    mark = fingerprint(path)
    with transaction() as session:
        shop = find_shop(session, mark)
        until = _last_day(session, shop) if shop else None
        if shop and are_enrolled(session, shop) is not journal:
            raise Refusal(
                "These books were begun the other way: give --journal each time, or never.",
                field="journal",
            )
    found = survey(path, days, until)
    if shop is None:
        with transaction() as session:
            shop = open_shop(session, mark, found.first_day)
            if journal:
                opened = shop.moment(datetime.combine(found.first_day, datetime.min.time()))
                enrol_registers(session, shop, mark, opened)
    replay = _Replay(shop, found, Journals(shop, mark) if journal else Booking(shop))
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
    registers: Registers
    lines: int = 0  # traded in this run
    month: str = ""
    labels: dict[str, Label] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)  # uids of a day that was cut short

    def trade(self, path: Path, shown: Bar) -> None:
        """Trade every day that is not sealed yet."""
        with transaction() as session:
            sealed = last_sealed_day(session, self.shop.hub_id)
            self.known = _tickets_after(session, self.shop, sealed)
        if sealed:
            self.month = month_of(sealed)
        for day, invoices in groupby(read_invoices(path), key=lambda invoice: invoice.day):
            if day > self.found.last_day:
                return
            if sealed and day <= sealed:
                shown.update(sum(len(invoice.rows) for invoice in invoices))
                continue
            self._turn_month(day)
            self._trade_day(day, invoices, shown)
            self.known.clear()

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

    def _trade_day(self, day: date, invoices: Iterable[Invoice], shown: Bar) -> None:
        today: Day | None = None
        last: datetime | None = None
        for window in windows(invoices):
            if today is None:
                first = window[0].at
                shifts = {register: shift_uid(self.shop, register, first) for register in REGISTERS}
                today = Day(day, self.shop.moment(first), shifts)
                self.registers.open(today)
            last = window[-1].at
            fresh = self._untold(window)
            if fresh:
                self._tell(fresh, today)
            self.lines += sum(len(invoice.rows) for invoice in fresh)
            shown.update(sum(len(invoice.rows) for invoice in window))
        if today and last:
            self._end_day(today, self.shop.moment(last))

    def _untold(self, window: list[Invoice]) -> list[Invoice]:
        """
        What the books lack of a window; a run that was cut short told whole windows but the last.

        Of that one, each register told the first so many.
        """
        if not self.known:
            return window
        uids = [ticket_uid(self.shop, invoice) for invoice in window]
        here = self.known.intersection(uids)
        self.known -= here
        if self.known:
            return []
        last = {
            register_of(invoice.number): place
            for place, (invoice, uid) in enumerate(zip(window, uids, strict=True))
            if uid in here
        }
        return [
            invoice
            for place, invoice in enumerate(window)
            if place > last.get(register_of(invoice.number), -1)
        ]

    def _tell(self, invoices: list[Invoice], today: Day) -> None:
        """Let the registers ring up some invoices."""
        with transaction() as session:
            rung = [
                Rung(invoice, ticket)
                for invoice in invoices
                if (
                    ticket := refund_ticket(session, self.shop, invoice, today.shifts)
                    if is_refund(invoice)
                    else sale_ticket(self.shop, invoice, today.shifts, self.labels)
                )
            ]
        if rung:
            self.registers.ring_up(rung)

    def _end_day(self, today: Day, at: datetime) -> None:
        """Count every drawer, then seal the day."""
        self.registers.close(today, at)

        def seal_it() -> None:
            with transaction() as session:
                seal_day(session, self.shop.hub_id, today.date, now=at, actor=ACTOR)

        retried(seal_it)


def _tickets_after(session: Session, shop: Shop, sealed: date | None) -> set[str]:
    """The tickets of the day that was cut short, if any."""
    sql, values = "SELECT uid FROM sale WHERE hub_id = ?", [shop.hub_id]
    if sealed is None:
        return {uid for (uid,) in rows(session, sql, values)}
    found = rows(session, f"{sql} AND day > ?", (*values, sealed.isoformat()))
    return {uid for (uid,) in found}


def windows(invoices: Iterable[Invoice]) -> Iterator[list[Invoice]]:
    """
    Invoices of a day that are told at once, whichever register tells its own first.

    So none of them may need to know of another: a window ends before a customer comes to a second
    register, or brings something back.
    """
    window: list[Invoice] = []
    lines = 0
    seen: dict[str, str] = {}  # customer to register
    for invoice in invoices:
        register = register_of(invoice.number)
        there = seen.get(invoice.customer)
        needs = there is not None and (is_refund(invoice) or there != register)
        if window and (needs or len(window) == _TICKETS or lines + len(invoice.rows) > _LINES):
            yield window
            window, lines, seen = [], 0, {}
        window.append(invoice)
        lines += len(invoice.rows)
        if invoice.customer:
            seen[invoice.customer] = register
    if window:
        yield window
