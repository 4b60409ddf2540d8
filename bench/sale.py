"""
G1 and G3: `record_sale` of three lines, with earnings and shares, against the bare driver.

Each till is a process of its own, with a register and shelves for either side. Ours reads, checks,
divides and writes; the bare one writes the same rows, which were prepared. After every round the
rows of every table are counted, and either side must have added the same.
"""

import multiprocessing
from multiprocessing.connection import Connection
from time import perf_counter, process_time
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from almakane.db import Model, db, transaction
from almakane.sales.services import ShiftState, record_sale
from bench.bare import open_till, prepare, read_template
from bench.databases import Databases, opened, settle
from bench.measure import Run, Summary, ratio, summarize
from bench.report import Goal, Section, table
from bench.world import NOW, Shelf, World, a_ticket, make_world

ROUNDS = 9
SALES = 300  # of a till in a round
_SHELVES = 250  # of a till's side
_FIRST = 1_000_000  # where the uids of measured tickets begin


class Task(NamedTuple):
    """What a till's process works with."""

    url: str
    hub_id: int
    ours: str
    bare: str
    shelves_ours: list[Shelf]
    shelves_bare: list[Shelf]


class TillProcess:
    """One till in a process of its own, driven over a pipe."""

    def __init__(self, task: Task) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(task, theirs), daemon=True)
        self._process.start()
        self._pipe.recv()

    def prepare(self, side: str, count: int) -> None:
        """Let it prepare what it will sell."""
        self._pipe.send((side, count))
        self._pipe.recv()

    def start(self) -> None:
        self._pipe.send(None)

    def finish(self) -> tuple[list[float], float]:
        """Seconds of each sale, and of the processor."""
        calls, processor = self._pipe.recv()
        return calls, processor

    def close(self) -> None:
        self._pipe.send((None, 0))
        self._process.join()


def _work(task: Task, pipe: Connection) -> None:
    with opened(task.url):
        ours, sold = _Ours(task), 0
        bare = _Bare(task)
        pipe.send("ready")
        while True:
            side, count = pipe.recv()
            if side is None:
                bare.close()
                return
            sell: Any = ours if side == "ours" else bare
            work = sell.prepare(count)
            pipe.send(sold)
            pipe.recv()
            calls = []
            before = process_time()
            for one in work:
                start = perf_counter()
                sell.sell(one)
                calls.append(perf_counter() - start)
            pipe.send((calls, process_time() - before))


class _Ours:
    """The service, as a door calls it."""

    def __init__(self, task: Task) -> None:
        self._task, self._next = task, _FIRST

    def prepare(self, count: int) -> list[Any]:
        shelves, start = self._task.shelves_ours, self._next
        self._next += count
        return [
            a_ticket(shelves[n % len(shelves)], self._task.ours, n)
            for n in range(start, start + count)
        ]

    def sell(self, ticket: Any) -> None:
        with transaction() as session:
            record_sale(session, self._task.hub_id, ticket, now=NOW, shift=ShiftState.OPEN)


class _Bare:
    """The driver; its templates are one sale of each shelf, recorded by the service."""

    def __init__(self, task: Task) -> None:
        self._templates = []
        for n, shelf in enumerate(task.shelves_bare):
            with transaction() as session:
                ticket = a_ticket(shelf, task.bare, n)
                sale = record_sale(session, task.hub_id, ticket, now=NOW, shift=ShiftState.OPEN)
            with transaction() as session:
                self._templates.append(read_template(session, sale.sale_id))
        db.session.remove()
        self._register, self._sold = task.bare, 0
        self._till = open_till(task.url, self._templates[0])

    def prepare(self, count: int) -> list[Any]:
        start, shelves = self._sold, len(self._templates)
        self._sold += count
        return [
            prepare(
                self._templates[n % shelves],
                f"019a0000-0000-7000-{self._register.zfill(4)}-{_FIRST + n:012x}",
                f"{self._register}-{shelves + n + 1:06d}",
                n // shelves + 1,
            )
            for n in range(start, start + count)
        ]

    def sell(self, sale: Any) -> None:
        self._till.sell(sale)

    def close(self) -> None:
        self._till.close()


def run(databases: Databases, rows: int) -> list[Section]:
    """Measure one till, and on PostgreSQL two at once."""
    tills = (1,) if databases.is_sqlite else (1, 2)
    return [_measure(databases, count) for count in tills]


def _measure(databases: Databases, tills: int) -> Section:
    url = databases.create()
    with opened(url):
        with transaction() as session:
            world = make_world(session, registers=2 * tills, shelves=2 * tills * _SHELVES)
        settle()
        workers = [TillProcess(_task(url, world, at)) for at in range(tills)]
        sides: dict[str, list[Run]] = {"ours": [], "bare": []}
        added: dict[str, dict[str, int]] = {}
        for at in range(-1, ROUNDS):  # the first one goes once round the shelves, unmeasured
            for side in ("ours", "bare") if at % 2 else ("bare", "ours"):
                before = _count_rows()
                done = _round(databases, workers, side, SALES if at >= 0 else _SHELVES)
                if at >= 0:
                    sides[side].append(done)
                    added[side] = _less(_count_rows(), before)
            if at >= 0 and added["ours"] != added["bare"]:
                raise RuntimeError(f"The sides wrote different rows: {added}")
        for worker in workers:
            worker.close()
    return _section(
        databases, tills, sides, {k: v / SALES / tills for k, v in added["ours"].items()}
    )


def _task(url: str, world: World, at: int) -> Task:
    mine = world.shelves[2 * at * _SHELVES : 2 * (at + 1) * _SHELVES]
    ours, bare = f"T{2 * at + 1}", f"T{2 * at + 2}"
    return Task(url, world.hub_id, ours, bare, mine[:_SHELVES], mine[_SHELVES:])


def _round(databases: Databases, workers: list[TillProcess], side: str, count: int) -> Run:
    for worker in workers:
        worker.prepare(side, count)
    before, start = databases.processor_time(), perf_counter()
    for worker in workers:
        worker.start()
    done = [worker.finish() for worker in workers]
    wall = perf_counter() - start
    server = databases.processor_time() - before
    calls = [call for calls, _ in done for call in calls]
    return Run(calls, wall, server + sum(processor for _, processor in done))


def _count_rows() -> dict[str, int]:
    session: Session = db.session()
    counts = {
        name: session.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar_one()
        for name in Model.metadata.tables
    }
    session.rollback()
    return counts


def _less(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def _section(
    databases: Databases, tills: int, sides: dict[str, list[Run]], added: dict[str, float]
) -> Section:
    goal, least = ("G1", 0.50) if databases.is_sqlite else ("G3", 0.60)
    part = ratio(sides["ours"], sides["bare"])
    ours, bare = summarize(sides["ours"]), summarize(sides["bare"])
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    with_tills = f"{tills} till{'s' if tills > 1 else ''}"
    where = "one process" if databases.is_sqlite else with_tills
    wrote = ", ".join(f"{name} {count:g}" for name, count in sorted(added.items()))
    text = (
        table(
            ("side", "sales/s", "p50 ms", "p99 ms", "CPU ms/sale"),
            ("`record_sale`", *_cells(ours)),
            ("bare driver", *_cells(bare)),
        )
        + f"\nOurs is {part:.0%} of the bare driver ({ROUNDS} rounds of {SALES} sales a till and "
        f"side). Rows of one sale, counted on either side: {wrote}; besides, one row of "
        "number_series and six of stock_level are changed.\n"
    )
    goals = [
        Goal(
            f"{goal}: a durable sale, {engine}, {where}: >= {least:.0%} of the bare driver",
            f"{part:.0%} ({ours.rate:,.0f} against {bare.rate:,.0f} sales/s)",
            part >= least,
        )
    ]
    if not databases.is_sqlite:
        told = f"{ours.p99:.1f} ms (bare driver {bare.p99:.1f} ms)"
        goals.append(Goal(f"{goal}: its p99, {where}: < 15 ms", told, ours.p99 < 15))
    title = f"{goal}: a durable sale of three lines, {engine}, {where}"
    return Section(title, text, tuple(goals))


def _cells(side: Summary) -> tuple[str, ...]:
    return f"{side.rate:,.0f}", f"{side.p50:.2f}", f"{side.p99:.2f}", f"{side.cost:.2f}"
