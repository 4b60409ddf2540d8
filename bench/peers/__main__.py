"""
The street's list, pieces and orders beside django-oscar's: G4, G5 and G6.

Both are served alike: one process of eight threads, SQLite, one visitor in one connection. Oscar
stands as its guide sets it up, with Whoosh and without a cache, in an environment of its own.
"""

import argparse
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from almakane.settings import ROOT
from bench import report, shop
from bench.databases import Databases, folder, opened
from bench.journal import served
from bench.machine import describe, load, processor_time
from bench.peers.guests import order_oscars, order_ours
from bench.report import Goal, Section, table

_PYTHON = ROOT / ".venv" / "peers" / "bin" / "python"
_OSCAR = Path(__file__).parent / "oscar"
_ROUNDS = 3
_ORDERS = 20  # a round and side; Oscar's are fewer, for each takes a second
_OSCARS = 3
_ORDERED = "from a piece to its order"
_GOALS = {("the list", 200): 50, ("the list", 10_000): 100, ("a piece", 200): 10}
_GOALS[("a piece", 10_000)] = 10
_GOALS[(_ORDERED, 200)] = 20


class Peer(NamedTuple):
    """A server that answers: where, its process, the addresses of its pages, and its guests."""

    port: int
    pid: int
    paths: dict[str, Callable[[int], str]]
    pieces: Iterator[str]  # addresses of pieces that nobody has bought yet
    order: Callable[[int, str], int]


class Figure(NamedTuple):
    """Pages a second of one visitor, and the server's processor time for one, in milliseconds."""

    rate: float
    cost: float


def main() -> None:
    """Measure both, and write a section of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=main.__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(shop.SIZES))
    parser.add_argument("--dry", action="store_true", help="print, and leave the page as it is")
    asked = parser.parse_args()
    busy, ways = load(), [0, 0]
    lines: list[tuple[str, ...]] = []
    goals: list[Goal] = []
    for size in asked.sizes:
        print(f"{size:,} products ... load {load():.1f}", flush=True)
        with folder() as home, _almakane(home, size) as ours, _oscar(size) as theirs:
            for page in ours.paths:
                _put(size, page, _in_turn(ours, theirs, page), lines, goals)
            ways = [peer.order(peer.port, next(peer.pieces)) for peer in (ours, theirs)]
            _put(size, _ORDERED, _orders(ours, theirs), lines, goals)
    head = (
        *("products", "page", "ours/s", "Oscar/s", "our CPU", "Oscar's CPU"),
        *("by rate", "by CPU"),
    )
    words = (
        f"\ndjango-oscar 4.2.1 with Whoosh and no cache, as its guide sets it up; its list has 20"
        f" products, ours 24. One visitor, {_ROUNDS} rounds in turn, medians. A kept page was asked"
        " for before, of the others each is another one. An order is a guest's whole way from a"
        f" piece's page to the order's: {ways[0]} requests here, {ways[1]} there. Tryton (G7)"
        " is not measured here.\n"
    )
    section = Section(
        "Beside django-oscar, SQLite",
        table(head, *lines) + words + f"\nLoad when it began: {busy:.1f}.\n",
        tuple(goals),
    )
    print(f"\n{section.text}")
    if not asked.dry:
        report.write([section], describe(None))


def _put(
    size: int,
    page: str,
    figures: tuple[Figure, Figure],
    lines: list[tuple[str, ...]],
    goals: list[Goal],
) -> None:
    """Write down what was measured of a page, and the goal that there is for it."""
    mine, other = figures
    ratio, work = mine.rate / other.rate, other.cost / max(mine.cost, 0.001)
    lines.append(
        (
            *(f"{size:,}", page),
            *(f"{one.rate:,.1f}" for one in figures),
            *(f"{one.cost:.2f} ms" for one in figures),
            *(f"{ratio:.0f}x", f"{work:.0f}x"),
        )
    )
    if goal := _GOALS.get((page.split(",", maxsplit=1)[0], size)):
        label = f"{page}, {size:,} products, against django-oscar: >= {goal}x"
        goals.append(Goal(label, f"{ratio:.0f}x by rate, {work:.0f}x by CPU", ratio >= goal))


def _in_turn(ours: Peer, theirs: Peer, page: str) -> tuple[Figure, Figure]:
    rounds = [
        (_visit(ours, ours.paths[page], 100), _visit(theirs, theirs.paths[page], 8))
        for _ in range(_ROUNDS)
    ]
    return _middle([mine for mine, _ in rounds]), _middle([other for _, other in rounds])


def _orders(ours: Peer, theirs: Peer) -> tuple[Figure, Figure]:
    rounds = [(_order(ours, _ORDERS), _order(theirs, _OSCARS)) for _ in range(_ROUNDS)]
    return _middle([mine for mine, _ in rounds]), _middle([other for _, other in rounds])


def _order(peer: Peer, times: int) -> Figure:
    work, began = processor_time(peer.pid), perf_counter()
    for _ in range(times):
        peer.order(peer.port, next(peer.pieces))
    took = perf_counter() - began
    return Figure(times / took, 1_000 * (processor_time(peer.pid) - work) / times)


def _middle(figures: list[Figure]) -> Figure:
    return Figure(median(one.rate for one in figures), median(one.cost for one in figures))


def _visit(peer: Peer, path: Callable[[int], str], times: int) -> Figure:
    connection = HTTPConnection("127.0.0.1", peer.port)
    _get(connection, path(0))
    work, began = processor_time(peer.pid), perf_counter()
    for n in range(1, times + 1):
        _get(connection, path(n))
    took = perf_counter() - began
    connection.close()
    return Figure(times / took, 1_000 * (processor_time(peer.pid) - work) / times)


def _get(connection: HTTPConnection, path: str) -> str:
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    assert answer.status == 200, (path, answer.status)
    assert "</html>" in body[-200:]
    return body


@contextmanager
def _almakane(home: Path, size: int) -> Iterator[Peer]:
    url = Databases("sqlite", home, None).create()
    with opened(url):
        codes = shop.fill(size)
    rng, pages, turn = Random(1), max(size // 24, 1), count()  # noqa: S311 - visitors
    with served(url) as (pid, port):
        yield Peer(
            port,
            pid,
            {
                "the list, kept": lambda _n: "/fr/pieces",
                "the list, each another page": lambda _n: (
                    f"/fr/pieces?page={next(turn) % pages + 1}"
                ),
                "a piece, kept": lambda _n: f"/fr/pieces/{codes[0]}",
                "a piece, each another": lambda _n: f"/fr/pieces/{rng.choice(codes)}",
            },
            (f"/fr/pieces/{code}" for code in reversed(codes)),
            order_ours,
        )


@contextmanager
def _oscar(size: int) -> Iterator[Peer]:
    with TemporaryDirectory(prefix="almakane-oscar-") as home:
        told = {
            **os.environ,
            **{"PEER_HOME": home, "PEER_SIZE": str(size), "PYTHONPATH": str(_OSCAR)},
            "DJANGO_SETTINGS_MODULE": "oscar_settings",
        }
        subprocess.run([_PYTHON, _OSCAR / "oscar_fill.py"], env=told, check=True)
        process = subprocess.Popen(
            [_PYTHON, _OSCAR / "oscar_serve.py"],
            env=told,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it tells how many visitors wait
            text=True,
        )
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            pages, rng = max(size // 20, 1), Random(1)  # noqa: S311 - visitors
            yield Peer(
                port,
                process.pid,
                {
                    "the list, kept": lambda _n: "/catalogue/",
                    "the list, each another page": lambda n: f"/catalogue/?page={n % pages + 1}",
                    "a piece, kept": lambda _n: _oscars(0),
                    "a piece, each another": lambda _n: _oscars(rng.randrange(size)),
                },
                (_oscars(n) for n in range(size - 1, 0, -1)),
                order_oscars,
            )
        finally:
            process.terminate()
            process.wait()


def _oscars(n: int) -> str:
    """Where Oscar shows its piece `n`, as bench/peers/oscar/oscar_fill.py has put it there."""
    return f"/catalogue/blue-bowl-with-stars-{n}_{n + 1}/"


if __name__ == "__main__":
    main()
