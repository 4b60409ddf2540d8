"""The street's pages with a small and with a large catalogue, alone and under visitors at once."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.cooperatives.services import agree, take_in_maker
from almakane.db import transaction
from almakane.hubs.models import Site
from almakane.hubs.services import open_hub
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.models import LotKind, TaxClass
from almakane.inventory.services import add_product, set_up_places
from almakane.settings import ROOT
from bench.databases import Databases, opened, settle
from bench.machine import processor_time
from bench.report import Goal, Section, table
from bench.world import NOW, TODAY

SIZES = (200, 10_000)
VISITORS = 20
_TIMES = 200
_AT_ONCE = 400  # lines of one delivery
_MAKERS = 40
_GOAL_FIRST_BYTE = 100
_GOAL_SEARCH = 50
_GOAL_MEMORY = 150  # MiB of two processes

_CRAFTS = (
    ("pottery", "Bol", "زلافة", "Bowl"),
    ("rug", "Tapis", "زربية", "Rug"),
    ("lantern", "Lanterne", "فانوس", "Lantern"),
    ("basket", "Panier", "سلة", "Basket"),
    ("babouche", "Babouche", "بلغة", "Slipper"),
    ("jewellery", "Fibule", "خلالة", "Brooch"),
)
_LOOKS = (
    *(("bleu", "أزرق", "blue"), ("vert", "أخضر", "green"), ("garance", "أحمر", "madder")),
    *(("safran", "زعفراني", "saffron"), ("ivoire", "عاجي", "ivory"), ("noir", "أسود", "black")),
)
_SIGNS = (
    *(("aux losanges", "بالمعينات", "with lozenges"), ("aux étoiles", "بالنجوم", "with stars")),
    *(("rayé", "مخطط", "striped"), ("ciselé", "منقوش", "chiselled"), ("uni", "سادة", "plain")),
)
_REGIONS = ("Drâa-Tafilalet", "Marrakech-Safi", "Fès-Meknès", "Souss-Massa")
# As people write: whole, begun, without accents, with a mistake, with an article, two at once.
_SEARCHES = ("tapis", "lant", "etoiles", "laterne", "الزربية", "bol bleu", "babuche", "cisele noir")


class Figures(NamedTuple):
    """Milliseconds of each visit to a kind of page, and the server's work for it."""

    kind: str
    took: list[float]
    work: float

    def percentile(self, n: int) -> float:
        """The time within which so many of a hundred were answered."""
        return quantiles(self.took, n=100)[n - 1]


def run(databases: Databases, _postings: int) -> list[Section]:
    """Fill two catalogues, and visit their pages over HTTP."""
    name = "SQLite" if databases.is_sqlite else "PostgreSQL"
    lines, goals = [], []
    for size in SIZES:
        url = databases.create()
        with opened(url):
            codes = fill(size)
        with served(url) as (port, process):
            for one in _visits(port, process, codes):
                lines.append(
                    (
                        f"{size:,}",
                        one.kind,
                        *(f"{one.percentile(n):.1f} ms" for n in (50, 95)),
                        f"{one.work:.1f} ms",
                        f"{1_000 / one.work:,.0f}" if one.work else "",
                    )
                )
                if size == SIZES[-1] and one.kind == "a search":
                    goals.append(_goal(f"A search of {size:,} pieces, {name}", one, _GOAL_SEARCH))
            crowd = _crowd(port, codes)
            memory = _memory(process.pid)
        lines.append(
            (f"{size:,}", crowd.kind, *(f"{crowd.percentile(n):.1f} ms" for n in (50, 95)), "", "")
        )
        if size == SIZES[-1]:
            label = f"First byte, {VISITORS} visitors at once, {size:,} pieces, {name}"
            goals.append(_goal(label, crowd, _GOAL_FIRST_BYTE))
            goals.append(
                Goal(
                    f"G12 memory of two processes, {size:,} pieces, {name}: <= {_GOAL_MEMORY} MiB",
                    f"{2 * memory:.0f} MiB (twice one, nothing shared)",
                    2 * memory <= _GOAL_MEMORY,
                )
            )
        lines.append((f"{size:,}", "memory of the process, PSS", f"{memory:.0f} MiB", "", "", ""))
    head = ("pieces", "page", "p50", "p95", "CPU", "requests/s of one core")
    words = (
        f"\nOver HTTP on this machine, one process of eight threads; each kind {_TIMES} times, in"
        f" one connection. A kept page was asked for before; of the others each is another one."
        f" {VISITORS} visitors walk through lists, pieces and searches at once.\n"
    )
    return [Section(f"The street, {name}", table(head, *lines) + words, tuple(goals))]


def _goal(label: str, figures: Figures, most: int) -> Goal:
    p95 = figures.percentile(95)
    return Goal(f"{label}: p95 <= {most} ms", f"{p95:.1f} ms", p95 <= most)


def fill(size: int) -> list[str]:
    """A hub of so many pieces by forty makers, all on the shelf."""
    rng, codes = Random(size), []  # noqa: S311 - a catalogue, not a secret
    uids = (str(UUID(int=n, version=4)) for n in count(size << 40))
    with transaction() as session:
        hub = open_hub(session, "casa", "Almakane", sites={"medina": "Médina"})
        site = session.query(Site).filter_by(hub_id=hub.id).one()
        set_up_places(session, site.id)
        makers = []
        for n in range(min(_MAKERS, size // 20)):
            craft = _CRAFTS[n % len(_CRAFTS)][0]
            region = _REGIONS[n % len(_REGIONS)]
            made: dict[str, Any] = {"place": f"Village {n}", "region": region, "craft": craft}
            makers.append(take_in_maker(session, hub.id, f"M{n}", f"Coopérative {n}", **made))
            agree(session, makers[-1], Terms(Regime.MANDATE, 2_500))
        whose = [(hub.id, site.id, maker.id) for maker in makers]
    for start in range(0, size, _AT_ONCE):
        hub_id, site_id, maker_id = whose[start // _AT_ONCE % len(whose)]
        with transaction() as session:
            maker, lines = session.get_one(Maker, maker_id), []
            for n in range(start, min(start + _AT_ONCE, size)):
                craft, *titles = _CRAFTS[n % len(_CRAFTS)]
                look, sign = rng.choice(_LOOKS), rng.choice(_SIGNS)
                words = [f"{t} {a} {b} {n}" for t, a, b in zip(titles, look, sign, strict=True)]
                story = f"{words[0]}. Fait à la main en {n % 50 + 2} jours, et signé."
                product = add_product(
                    session,
                    maker,
                    f"P{n:06}",
                    category=craft,
                    price=rng.randrange(50_00, 4_000_00, 10_00),
                    tax_class=TaxClass.STANDARD,
                    technique=f"{sign[0]}, à la main",
                    texts={
                        code: (text, story)
                        for code, text in zip(("fr", "ar", "en"), words, strict=True)
                    },
                )
                codes.append(product.code)
                lines.append(Delivered(product.id, 1, LotKind.PIECE, 0, 0, words[0], {}))
            deed = Deed(hub_id, site_id, next(uids), NOW, TODAY, NOW, "bench")
            receive_consignment(session, deed, maker, lines)
    settle()
    return codes


@contextmanager
def served(url: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    with TemporaryDirectory(prefix="almakane-bench-") as data:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.server", url, data],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it tells how many visitors wait
            text=True,
        )
        try:
            assert process.stdout
            yield int(process.stdout.readline()), process
        finally:
            process.terminate()
            process.wait()


def _paths(codes: list[str]) -> Iterator[tuple[str, Iterator[str]]]:
    """Kinds of pages, each with addresses without an end."""
    rng = Random(1)  # noqa: S311 - visitors
    pages = max(len(codes) // 24, 1)
    yield "home, kept", ("/fr/" for _ in count())
    yield "the list, kept", ("/fr/pieces" for _ in count())
    yield "a piece, kept", (f"/fr/pieces/{codes[0]}" for _ in count())
    yield "pages of the list", (f"/fr/pieces?page={n % pages + 1}" for n in count())
    yield "pieces, each another", (f"/ar/pieces/{rng.choice(codes)}" for _ in count())
    yield "a search", (f"/fr/pieces?q={quote(_SEARCHES[n % 8])}%20{n % 7}" for n in count())


def _visits(port: int, process: "subprocess.Popen[str]", codes: list[str]) -> Iterator[Figures]:
    connection = HTTPConnection("127.0.0.1", port)
    for kind, paths in _paths(codes):
        for _ in range(3):
            _get(connection, next(paths))
        begun = processor_time(process.pid)
        took = [_get(connection, next(paths)) for _ in range(_TIMES)]
        yield Figures(kind, took, 1_000 * (processor_time(process.pid) - begun) / _TIMES)
    connection.close()


def _get(connection: HTTPConnection, path: str) -> float:
    """Milliseconds until the first byte; all of it is read."""
    began = perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    took = 1_000 * (perf_counter() - began)
    body = answer.read()
    assert answer.status == 200, (path, answer.status)
    assert re.search(rb"</html>", body[-40:])
    return took


def _crowd(port: int, codes: list[str]) -> Figures:
    def visit(n: int) -> list[float]:
        rng, connection = Random(n), HTTPConnection("127.0.0.1", port)  # noqa: S311 - a visitor
        took = []
        for step in range(30):
            some = (
                "/fr/",
                f"/fr/pieces?page={rng.randint(1, 8)}",
                f"/fr/pieces/{rng.choice(codes)}",
            )
            path = (
                f"/fr/pieces?q={quote(rng.choice(_SEARCHES))}" if step % 7 == 6 else some[step % 3]
            )
            took.append(_get(connection, path))
        connection.close()
        return took

    with ThreadPoolExecutor(VISITORS) as pool:
        took = [one for visits in pool.map(visit, range(VISITORS)) for one in visits]
    return Figures(f"{VISITORS} visitors at once", took, 0)


def _memory(pid: int) -> float:
    """MiB of a process, what it shares with others divided among them."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Pss:\s+(\d+) kB", told, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
