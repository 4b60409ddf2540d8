"""Receipts: from a recorded ticket to the printer's bytes, no two of them the same."""

from dataclasses import replace
from time import perf_counter, process_time

from almakane.db import db, transaction
from almakane.gateways.printer import NARROW, WIDE, paper_of, to_escpos
from almakane.pos.papers import receipt_of
from almakane.sales.services import record_sale
from almakane.sales.ticket import Ticket
from bench.databases import Databases, opened
from bench.measure import Run
from bench.report import Goal, Section, table
from bench.world import NOW, a_ticket, make_world

_RECEIPTS = 100
_WARM = 10
_TITLES = ("زربية أزيلال، صوف طبيعي", "زلافة «عين الحجل»، آسفي", "بلغة من جلد الماعز")
_MOST_MS = {"fr": 15, "ar": 40}
_URL = f"https://almakane.example/t/mJ4bq1v0Qe2cT9xw7LrK5A#{'k' * 86}"


def run(databases: Databases, _postings: int) -> list[Section]:
    """Record tickets in two languages, and make the bytes of each on both widths of paper."""
    with opened(databases.create()):
        with transaction() as session:
            world = make_world(session, registers=1, shelves=1)
        sales: dict[str, list[int]] = {"fr": [], "ar": []}
        for n in range(_WARM + _RECEIPTS):
            with transaction() as session:
                for at, language in enumerate(sales):
                    ticket = _in(language, a_ticket(world.shelves[0], "T1", 2 * n + at))
                    recorded = record_sale(session, world.hub_id, ticket, now=NOW)
                    sales[language].append(recorded.sale_id)
        found = {
            (language, width): _print(ids, width)
            for language, ids in sales.items()
            for width in (WIDE, NARROW)
        }
        db.session.rollback()
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    return [
        Section(
            f"Receipts, {engine}",
            table(
                ("language", "paper", "p50 ms", "p99 ms", "CPU ms"),
                *(
                    (language, width, *(f"{ms:.1f}" for ms in _figures(run)))
                    for (language, width), run in found.items()
                ),
            )
            + f"\n{_RECEIPTS} tickets of three lines, each read from the books, laid out and"
            " written as ESC/POS bytes; Arabic lines are drawn. Each has a number of its own, so"
            " none is remembered.\n",
            tuple(
                Goal(
                    f"A receipt in {name}, 80 mm, {engine}: <= {_MOST_MS[language]} ms",
                    f"{found[language, WIDE].percentile(50):.1f} ms,"
                    f" p99 {found[language, WIDE].percentile(99):.1f} ms",
                    found[language, WIDE].percentile(50) <= _MOST_MS[language],
                )
                for language, name in (("fr", "French"), ("ar", "Arabic"))
            ),
        )
    ]


def _figures(run: Run) -> tuple[float, float, float]:
    return run.percentile(50), run.percentile(99), run.cost


def _in(language: str, ticket: Ticket) -> Ticket:
    if language == "fr":
        return ticket
    lines = zip(ticket.lines, _TITLES, strict=True)
    return replace(
        ticket, lang=language, lines=tuple(replace(line, title=title) for line, title in lines)
    )


def _print(sale_ids: list[int], width: str) -> Run:
    session, paper = db.session(), paper_of(width)
    calls, processor = list[float](), 0.0
    for at, sale_id in enumerate(sale_ids):
        wall, cpu = perf_counter(), process_time()
        to_escpos(receipt_of(session, sale_id, url=_URL), paper)
        if at >= _WARM:
            calls.append(perf_counter() - wall)
            processor += process_time() - cpu
        session.expunge_all()
    return Run(calls, sum(calls), processor)
