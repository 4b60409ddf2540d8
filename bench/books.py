"""
Books of a million postings: a seal, the whole check, and a maker's balance (G11).

A year of trade is copied, all but its last day is sealed, and the last day comes after the seal: so
a balance is read as it is read in the evening, before the day is closed.
"""

from datetime import timedelta
from functools import partial
from statistics import median
from time import perf_counter

from sqlalchemy import text
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.db import db, rows, transaction
from almakane.ledger.queries import balance
from almakane.sales.sealing import seal_day
from almakane.sales.services import record_sale
from bench.copies import POSTINGS, copy_sales
from bench.databases import Databases, opened, settle
from bench.measure import each, once
from bench.report import Goal, Section, table
from bench.world import NOW, TODAY, World, a_ticket, make_world

_SHELVES = 8
_DAYS = 365
_BARE = text("""
SELECT COALESCE((SELECT SUM(amount) FROM posting WHERE debit_id = :account), 0)
     - COALESCE((SELECT SUM(amount) FROM posting WHERE credit_id = :account), 0)
""")


def run(databases: Databases, postings: int) -> list[Section]:
    """Fill books with so many postings, then seal, read and prove them."""
    with opened(databases.create()):
        with transaction() as session:
            world = make_world(session, registers=1, shelves=_SHELVES)
        originals = _originals(world)
        sales = max(postings // POSTINGS, _DAYS) - len(originals)
        today = sales // _DAYS
        days = [TODAY - timedelta(days=n) for n in range(_DAYS - 1, -1, -1)]
        start = perf_counter()
        with transaction() as session:
            copy_sales(session, originals, sales - today, days[:-1])
        settle()
        filled = perf_counter() - start
        sealed = once(lambda: _seal(world, -1))
        with transaction() as session:
            copy_sales(session, originals, today, days[-1:])
        settle()
        read, summed = _balances(world)
        evening = once(lambda: _seal(world, 0))
        proven = once(_prove)
        fast = once(lambda: _prove(fast=True))
        [(there, earnings)] = rows(
            db.session(), "SELECT (SELECT COUNT(*) FROM posting), (SELECT COUNT(*) FROM earning)"
        )
        db.session.rollback()
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    millions = there / 1_000_000
    figures = table(
        ("what", "took", "for a million postings"),
        ("seal of all but the last day", f"{sealed:.1f} s", f"{sealed / millions:.1f} s"),
        (f"seal of the last day, {today} sales", f"{1_000 * evening:.0f} ms", "the same"),
        ("`check`, whole", f"{proven:.1f} s", f"{proven / millions:.1f} s"),
        ("`check --fast`, as at a start", f"{1_000 * fast:.0f} ms", "the same"),
        ("a maker's balance, median", f"{median(read):.2f} ms", "the same"),
        ("- slowest maker", f"{max(read):.2f} ms", "the same"),
        ("- bare driver, sum of all her postings", f"{median(summed):.2f} ms", "grows"),
    )
    return [
        Section(
            f"G11: books of {millions:.2g} million postings, {engine}",
            f"{figures}\n{there:,} postings and {earnings:,} earnings of {2 * _SHELVES} makers in "
            f"{_DAYS} days, copied in {filled:.0f} s. Balances are read with a day since the last "
            "seal; `check` found nothing.\n",
            (
                Goal(
                    f"G11: a maker's balance, {engine}, {millions:.2g} million postings: < 1 ms",
                    f"{median(read):.2f} ms, slowest maker {max(read):.2f} ms "
                    f"(sum of all her postings {median(summed):.0f} ms)",
                    max(read) < 1,
                ),
            ),
        )
    ]


def _originals(world: World) -> list[int]:
    """One recorded sale of every shelf."""
    sales = []
    for n, shelf in enumerate(world.shelves):
        with transaction() as session:
            recorded = record_sale(session, world.hub_id, a_ticket(shelf, "T1", n), now=NOW)
        sales.append(recorded.sale_id)
    return sales


def _seal(world: World, days: int) -> None:
    with transaction() as session:
        day = TODAY + timedelta(days=days)
        seal_day(session, world.hub_id, day, now=NOW, actor="bench")


def _balances(world: World) -> tuple[list[float], list[float]]:
    """Milliseconds for each maker: her balance, and the plain sum that must be equal to it."""
    session: Session = db.session()
    read, summed = [], []
    for account, code in rows(session, "SELECT id, code FROM account WHERE code LIKE 'owed:m%'"):
        whole = session.execute(_BARE, {"account": account}).scalar_one()
        ours = partial(balance, session, world.hub_id, code)
        bare = partial(session.execute, _BARE, {"account": account})
        if ours() != whole:
            raise RuntimeError(f"The balance of {code} is not the sum of its postings.")
        read.append(each(ours, 101))
        summed.append(each(bare, 5))
    session.rollback()
    return read, summed


def _prove(*, fast: bool = False) -> None:
    session = db.session()
    found = prove(session.connection(), fast=fast)
    session.rollback()
    if found:
        raise RuntimeError(f"The copied books are not sound: {found[:3]}")
