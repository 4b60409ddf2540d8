"""The plug is pulled and the disk is full: what was answered is there whole, nothing is half."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from almakane.check import prove, report
from almakane.db import rows, transaction
from almakane.inventory.models import Lot
from almakane.sales.services import Recorded
from almakane.sales.ticket import Ticket
from almakane.settings import ROOT
from tests.journeys import till
from tests.scale import count

KILLS = {"sqlite": count(10, 200), "postgresql": count(6, 200)}
ENOUGH = 1_000_000  # tickets: more than a till records before it is killed


def assert_whole(session: Session, lots: list[Lot], answered: dict[int, str]) -> int:
    """
    Every ticket that was answered is in both books with all that belongs to it, and no other rows.

    Numbers run without a gap. Gives how many tickets there are.
    """
    found = rows(session, _WHOLE)
    told = [till.ticket(lots, n) for n in range(len(found))]
    assert [row[0] for row in found] == [ticket.uid for ticket in told]
    assert [row[1] for row in found] == [f"T1-{n:06d}" for n in range(1, len(found) + 1)]
    assert [tuple(row[2:]) for row in found] == [
        (
            ticket.goods,
            ticket.returned,
            len(ticket.lines),
            len(ticket.returns),
            ticket.due,
            0 if ticket.returns else 2,
            len(ticket.returns),
            sum(line.qty for line in ticket.lines) + sum(back.qty for back in ticket.returns),
            1,
        )
        for ticket in told
    ]
    assert {n: found[n][1] for n in answered} == answered
    for table in ("entry", "earning", "earning_change", "stock_move", "tender", "outbox"):
        [(there,)] = rows(session, f"SELECT COUNT(*) FROM {table}")
        assert there == sum(_ROWS[table](ticket) for ticket in told) + _BEFORE.get(table, 0)
    violations = prove(session.connection())
    assert not violations, report(violations)
    return len(found)


_WHOLE = """
SELECT uid, number, goods, returned,
       (SELECT COUNT(*) FROM sale_line line WHERE line.sale_id = sale.id),
       (SELECT COUNT(*) FROM refund_line line WHERE line.sale_id = sale.id),
       (SELECT SUM(amount) FROM tender WHERE tender.sale_id = sale.id),
       (SELECT COUNT(*) FROM earning WHERE earning.entry_id = sale.entry_id),
       (SELECT COUNT(*) FROM earning_change change WHERE change.entry_id = sale.entry_id),
       (SELECT SUM(quantity) FROM stock_move move WHERE move.document = sale.number),
       (SELECT MIN(1) FROM posting WHERE posting.entry_id = sale.entry_id)
FROM sale ORDER BY uid
"""
_BEFORE = {"entry": 1, "stock_move": 3}  # three deliveries, one of them bought
_ROWS: dict[str, Callable[[Ticket], int]] = {
    "entry": lambda ticket: 1,
    "earning": lambda ticket: 0 if ticket.returns else 2,
    "earning_change": lambda ticket: len(ticket.returns),
    "stock_move": lambda ticket: len(ticket.lines) + len(ticket.returns),
    "tender": lambda ticket: len(ticket.tenders),
    "outbox": lambda ticket: 1,
}


def test_a_killed_till_has_lost_nothing_that_was_answered(
    books: Flask, engine_name: str, database_url: str, data_dir: Path
) -> None:
    with transaction() as session:
        till.set_up(session)
        lots = till.the_lots(session)
    chance = random.Random(1912)  # noqa: S311 - when to pull the plug is no secret
    answered: dict[int, str] = {}
    there = 0

    for _ in range(KILLS[engine_name]):
        first = max(0, there - 3)  # a till sends again what it heard no answer to
        answered |= run_and_kill(
            [database_url, str(data_dir), str(first), str(ENOUGH)],
            after=chance.randrange(1, 40),
            wait=chance.random() * 0.02,
        )
        wait_for_the_server(engine_name)
        with transaction() as session:
            there = assert_whole(session, lots, answered)

    with transaction() as session:  # and what it never told is recorded as if nothing had been
        recorded = till.record(session, 1, till.ticket(lots, there))
        assert (recorded.outcome, recorded.number) == ("recorded", f"T1-{there + 1:06d}")


def run_and_kill(arguments: list[str], after: int, wait: float) -> dict[int, str]:
    """Start a till, let it answer so many times, and a moment later kill it; gives its answers."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.till", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        told = [process.stdout.readline() for _ in range(after)]
        time.sleep(wait)
        process.kill()
        told += process.stdout.readlines()
    assert process.returncode == -9, told
    whole = [line.split() for line in told if line.endswith("\n")]
    return {int(n): number for n, number in whole}


def wait_for_the_server(engine_name: str) -> None:
    """Let a server finish what the killed till had asked of it; SQLite died with the till."""
    is_busy = engine_name == "postgresql"
    while is_busy:
        with transaction() as session:  # one after the other, for each sees one moment only
            is_busy = bool(rows(session, _BUSY))


_BUSY = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


@pytest.mark.engines("sqlite")
def test_a_full_disk_refuses_a_ticket_whole_and_takes_it_when_there_is_room(books: Flask) -> None:
    with transaction() as session:
        till.set_up(session)
        lots = till.the_lots(session)
    answered: dict[int, str] = {}
    for room in (1, 7, 20):  # pages, of four kilobytes
        with transaction() as session:
            [(pages,)] = rows(session, "PRAGMA page_count")
        with pytest.raises(OperationalError, match="full"):
            tell_all(lots, answered, pages + room)

        with transaction() as session:
            assert assert_whole(session, lots, answered) == len(answered)
        n = len(answered)
        answered[n] = tell(lots, n, ENOUGH).number


def tell_all(lots: list[Lot], answered: dict[int, str], pages: int) -> None:
    """Record tickets until the disk is full."""
    for n in range(len(answered), ENOUGH):
        answered[n] = tell(lots, n, pages).number


def tell(lots: list[Lot], n: int, pages: int) -> Recorded:
    """Record a ticket on a disk with room for so many pages."""
    with transaction() as session:
        rows(session, f"PRAGMA max_page_count={pages}")
        return till.record(session, 1, till.ticket(lots, n))


def almakane(*arguments: str, largest_file: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command where no file may grow beyond a size, as on a disk that is full."""
    limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file}, {largest_file}))"
    program = (
        f"import resource; {limit if largest_file else ''}\nfrom almakane.cli import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=os.environ,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("kilobytes", [8, 200])
def test_a_command_on_a_full_disk_says_so_and_leaves_nothing_half(
    engine_name: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch, kilobytes: int
) -> None:
    monkeypatch.setenv("ALMAKANE_DATABASE_URL", f"sqlite:///{data_dir / 'shop.sqlite3'}")
    monkeypatch.setenv("ALMAKANE_SECRET_KEY", "test")

    refused = almakane("migrate", largest_file=kilobytes * 1024)

    assert refused.returncode == 3, refused
    assert refused.stderr.startswith("almakane: "), refused
    assert "disk" in refused.stderr
    assert "Traceback" not in refused.stderr

    assert almakane("migrate").returncode == 0
    proven = almakane("check")
    assert (proven.returncode, proven.stderr) == (0, "")
