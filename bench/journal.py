"""
G2: a sale over HTTP, signed, verified and booked, at four tills, against the bare driver.

The shop runs in a process of its own, as `almakane serve` runs it; each till is another, with one
connection that it keeps. Events are written and signed before the clock runs, by the till that the
tests of the journal use. The bare side is one process that writes the same rows of the books by the
driver alone: no network, no signature, no journal.
"""

import json
import multiprocessing
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter
from typing import Any

from flask import current_app

from almakane.db import transaction
from almakane.journal.enrolment import open_enrolment
from almakane.users.models import Role
from almakane.users.services import create_user
from bench.databases import Databases, opened, settle
from bench.machine import processor_time
from bench.measure import Run, ratio, summarize
from bench.report import Goal, Section, table
from bench.sale import Task, TillProcess
from bench.world import NOW, PRICES, World, make_world
from tests.till.client import Till, line

TILLS = 4
ROUNDS = 7
SALES = 150  # of a till in a round
_BARE_SALES = 300
_SHELVES = 50
_BATCHES, _BATCH = 5, 100
_DRAIN = 2_000


def run(databases: Databases, rows: int) -> list[Section]:
    """Measure four tills at once, then one that has been offline."""
    url = databases.create()
    with opened(url):
        with transaction() as session:
            world = make_world(session, registers=TILLS + 3, shelves=2 * _SHELVES)
            for login, role in (("amina", Role.CASHIER), ("hind", Role.MANAGER)):
                create_user(
                    session,
                    hub_id=world.hub_id,
                    login=login,
                    name=login,
                    role=role,
                    password=f"a pass for {login}",
                    cost=1,
                )
        settle()
        tills = [enrol(world, f"T{n}") for n in range(1, TILLS + 2)]
        bare = TillProcess(
            Task(
                *(url, world.hub_id, f"T{TILLS + 2}", f"T{TILLS + 3}"),
                *(world.shelves[:_SHELVES], world.shelves[_SHELVES:]),
            )
        )
        with served(url) as (server, port):
            clients = [_Client(port, till.token) for till in tills[:TILLS]]
            sides: dict[str, list[Run]] = {"ours": [], "bare": []}
            for at in range(-1, ROUNDS):
                ours = _round(world, tills, clients, server, databases)
                driver = _bare_round(bare, databases)
                if at >= 0:
                    sides["ours"].append(ours)
                    sides["bare"].append(driver)
            for client in clients:
                client.close()
            offline = _Client(port, tills[TILLS].token)
            batches = [_send(world, tills[TILLS], offline, _BATCH) for _ in range(_BATCHES)]
            drained = _send(world, tills[TILLS], offline, _DRAIN)
            offline.close()
        bare.close()
    return [_section(databases, sides, median(batches), drained)]


def enrol(world: World, register: str) -> Till:
    """A till whose shift is open."""
    client = current_app.test_client()

    def wire(method: str, path: str, headers: dict[str, str], data: bytes | None) -> Any:
        answer = client.open(path, method=method, headers=headers, data=data)
        return answer.status_code, json.loads(answer.get_data(as_text=True))

    till = Till(wire, now=NOW)
    with transaction() as session:
        now = datetime.now(UTC)
        code = open_enrolment(session, world.hub_id, register, by="hind", now=now)
    till.enrol(code)
    till.open_shift()
    till.send()
    return till


@contextmanager
def served(url: str, processes: int = 1, data: str | None = None) -> Iterator[tuple[int, int]]:
    """The shop's process and its port; `data` is its folder, else one that is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="almakane-bench-") as own,
        subprocess.Popen(
            [sys.executable, "-m", "bench.server", url, data or own, str(processes)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it tells how many wait
            text=True,
        ) as process,
    ):
        assert process.stdout
        try:
            yield process.pid, int(process.stdout.readline())
        finally:
            process.kill()


def _sell(world: World, till: Till, count: int) -> list[bytes]:
    """Sales of three lines, signed: each as the body of a delivery of its own."""
    bodies = []
    for n in range(count):
        shelf = world.shelves[n % _SHELVES]
        lines = [line(code, price) for code, price in zip(shelf.codes, PRICES, strict=True)]
        event = till.sell(*lines)
        bodies.append(json.dumps({"events": [event]}, ensure_ascii=False).encode())
    till.live.held = till.live.seq
    return bodies


class _Client:
    """A till's network in a process of its own, driven over a pipe."""

    def __init__(self, port: int, token: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_post, args=(port, token, theirs), daemon=True)
        self._process.start()
        self._pipe.recv()

    def start(self, bodies: list[bytes]) -> None:
        self._pipe.send(bodies)

    def finish(self) -> list[float]:
        """Seconds of each delivery."""
        calls: list[float] = self._pipe.recv()
        return calls

    def close(self) -> None:
        self._pipe.send(None)
        self._process.join()


def _post(port: int, token: str, pipe: Connection) -> None:
    connection = HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    pipe.send("ready")
    while (bodies := pipe.recv()) is not None:
        calls = []
        for body in bodies:
            start = perf_counter()
            connection.request("POST", "/pos/journal", body, headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            calls.append(perf_counter() - start)
            if answer.status != 200 or {one["outcome"] for one in told["results"]} != {"recorded"}:
                raise RuntimeError(f"A till was answered {answer.status}: {told}")
        pipe.send(calls)


def _round(
    world: World, tills: list[Till], clients: list[_Client], server: int, databases: Databases
) -> Run:
    work = [_sell(world, till, SALES) for till in tills[:TILLS]]
    before = processor_time(server) + databases.processor_time()
    start = perf_counter()
    for client, bodies in zip(clients, work, strict=True):
        client.start(bodies)
    calls = [call for client in clients for call in client.finish()]
    wall = perf_counter() - start
    return Run(calls, wall, processor_time(server) + databases.processor_time() - before)


def _bare_round(bare: TillProcess, databases: Databases) -> Run:
    bare.prepare("bare", _BARE_SALES)
    before, start = databases.processor_time(), perf_counter()
    bare.start()
    calls, processor = bare.finish()
    wall = perf_counter() - start
    return Run(calls, wall, databases.processor_time() - before + processor)


def _send(world: World, till: Till, client: _Client, count: int) -> float:
    """Seconds to deliver so many sales, a hundred at a time."""
    held = till.live.seq
    _sell(world, till, count)
    events = till.live.events[held:]
    bodies = [
        json.dumps({"events": events[at : at + _BATCH]}, ensure_ascii=False).encode()
        for at in range(0, count, _BATCH)
    ]
    start = perf_counter()
    client.start(bodies)
    client.finish()
    return perf_counter() - start


def _section(
    databases: Databases, sides: dict[str, list[Run]], batch: float, drained: float
) -> Section:
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    part = ratio(sides["ours"], sides["bare"])
    ours, bare = summarize(sides["ours"]), summarize(sides["bare"])
    text = (
        table(
            ("side", "sales/s", "p50 ms", "p99 ms", "CPU ms/sale"),
            *(
                (name, f"{s.rate:,.0f}", f"{s.p50:.1f}", f"{s.p99:.1f}", f"{s.cost:.2f}")
                for name, s in ((f"{TILLS} tills over HTTP", ours), ("bare driver, alone", bare))
            ),
        )
        + f"\nOurs is {part:.0%} of the bare driver ({ROUNDS} rounds of {SALES} sales a till). The "
        "tills' own processes share the cores; their work is not in the CPU figure.\n\n"
        + table(
            ("what", "took", "sales/s"),
            ("a batch of 100 sales", f"{1_000 * batch:,.0f} ms", f"{_BATCH / batch:,.0f}"),
            (
                "2,000 sales of a till that was offline",
                f"{drained:.1f} s",
                f"{_DRAIN / drained:,.0f}",
            ),
        )
    )
    goals = [
        Goal(
            f"G2: a signed sale over HTTP, {engine}, {TILLS} tills: >= 30% of the bare driver",
            f"{part:.0%} ({ours.rate:,.0f} against {bare.rate:,.0f} sales/s)",
            part >= 0.30,
        ),
        Goal(f"G2: its p99, {engine}, {TILLS} tills: < 30 ms", f"{ours.p99:.1f} ms", ours.p99 < 30),
    ]
    return Section(f"G2: a signed sale over HTTP, {engine}, {TILLS} tills", text, tuple(goals))
