"""A statement of a maker with a hundred thousand rows: drawn, read to its end, written as CSV."""

import resource
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import select

from almakane.db import db, transaction
from almakane.payouts.models import Statement
from almakane.payouts.queries import statement_rows, statement_totals
from almakane.payouts.services import draw_statements
from almakane.sales.sealing import seal_day
from almakane.sales.services import record_sale
from almakane.web.csv import csv_amount, write_csv
from bench.copies import copy_sales
from bench.databases import Databases, opened
from bench.measure import once
from bench.report import Section, table
from bench.world import NOW, TODAY, a_ticket, make_world

ROWS = 100_000
_TWO = 2  # lines of the second maker on each ticket


def run(databases: Databases, _postings: int) -> list[Section]:
    """Draw the statements of two makers, and read the long one."""
    with opened(databases.create()):
        with transaction() as session:
            world = make_world(session, registers=1, shelves=1)
        with transaction() as session:
            sale = record_sale(session, world.hub_id, a_ticket(world.shelves[0], "T1", 0), now=NOW)
        days = [TODAY - timedelta(days=n) for n in range(29, -1, -1)]
        with transaction() as session:
            copy_sales(session, [sale.sale_id], ROWS // _TWO - 1, days)
        with transaction() as session:
            seal_day(session, world.hub_id, TODAY, now=NOW, actor="bench")
        drawn = once(lambda: _draw(world.hub_id))
        with transaction() as session:
            statement = _longest(session.scalars(select(Statement)).all())
        summed = once(lambda: statement_totals(db.session(), statement))
        first = once(lambda: deque(statement_rows(db.session(), statement, limit=100), 0))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        read = once(lambda: deque(statement_rows(db.session(), statement), 0))
        written = once(lambda: deque(_csv(statement), 0))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        count = statement_totals(db.session(), statement).rows
        db.session.rollback()
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    figures = table(
        ("what", "took"),
        ("drawing it, with those of the others", f"{1_000 * drawn:.0f} ms"),
        ("its totals", f"{1_000 * summed:.0f} ms"),
        ("its first hundred rows", f"{1_000 * first:.1f} ms"),
        ("reading all its rows", f"{read:.2f} s"),
        ("reading and writing them as CSV", f"{written:.2f} s"),
        ("memory that reading and writing added", f"{grown / 1024:.0f} MiB"),
    )
    return [Section(f"A statement of {count:,} rows, {engine}", figures)]


def _draw(hub_id: int) -> None:
    with transaction() as session:
        draw_statements(session, hub_id, TODAY, now=NOW, actor="bench")


def _longest(drawn: Iterable[Statement]) -> Statement:
    of = {one.maker_id: one for one in drawn if one.artisan_id is None}
    return of[max(of)]  # the potters came second


def _csv(statement: Statement) -> Iterator[str]:
    head = ("day", "document", "title", "quantity", "gross", "commission", "amount")
    return write_csv(
        head,
        (
            (
                *(row.day.isoformat(), row.document, row.title, row.quantity),
                *(csv_amount(row.gross), csv_amount(row.commission), csv_amount(row.amount)),
            )
            for row in statement_rows(db.session(), statement)
        ),
    )
