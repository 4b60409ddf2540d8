"""The street's pages with a small and with a large catalogue, alone and under visitors at once."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.services import agree, take_in_maker
from almakane.db import insert_rows, rows, transaction
from almakane.hubs.models import Site
from almakane.hubs.services import open_hub
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.ean13 import lot_code
from almakane.inventory.models import Lot, LotKind, PlaceKind, TaxClass
from almakane.inventory.queries import places_of
from almakane.inventory.services import add_product, set_up_places
from almakane.web.threads import THREADS
from bench.databases import Databases, opened, settle
from bench.journal import served
from bench.machine import children, processor_time
from bench.report import Goal, Section, table
from bench.world import NOW, TODAY

SIZES = (200, 10_000)
VISITORS = 20
PROCESSES = 2
_TIMES = 200
_FIRST = 10_000  # the number of the first lot that is not taken in by a service
_LANGUAGES = ("fr", "ar", "en")
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
    # SQLite is served by one process; on PostgreSQL there are two and the one that began them.
    processes = 1 if databases.is_sqlite else PROCESSES
    served_by = "one process" if processes == 1 else f"{processes} processes and their first"
    lines, goals = [], []
    for size in SIZES:
        url = databases.create()
        with opened(url):
            codes = fill(size)
        with served(url, processes) as (server, port):
            for one in _visits(databases, server, port, codes):
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
            memory = sum(_memory(pid) for pid in (server, *children(server)))
        lines.append(
            (f"{size:,}", crowd.kind, *(f"{crowd.percentile(n):.1f} ms" for n in (50, 95)), "", "")
        )
        if size == SIZES[-1]:
            label = f"First byte, {VISITORS} visitors at once, {size:,} pieces, {name}"
            goals.append(_goal(label, crowd, _GOAL_FIRST_BYTE))
            goals.append(
                Goal(
                    f"G12: memory of {served_by}, {size:,} pieces, {name}: <= {_GOAL_MEMORY} MiB",
                    f"{memory:.0f} MiB PSS",
                    memory <= _GOAL_MEMORY,
                )
            )
        lines.append((f"{size:,}", "memory, PSS", f"{memory:.0f} MiB", "", "", ""))
    head = ("pieces", "page", "p50", "p95", "CPU", "requests/s of one core")
    words = (
        f"\nOver HTTP on this machine, {served_by}, of {THREADS} threads each; each kind"
        f" {_TIMES} times, in one connection. A kept page was asked for before; of the others each"
        f" is another one. {VISITORS} visitors walk through lists, pieces and searches at once.\n"
    )
    return [Section(f"The street, {name}", table(head, *lines) + words, tuple(goals))]


def _goal(label: str, figures: Figures, most: int) -> Goal:
    p95 = figures.percentile(95)
    return Goal(f"{label}: p95 <= {most} ms", f"{p95:.1f} ms", p95 <= most)


def fill(size: int) -> list[str]:
    """A hub of so many pieces by forty makers, all on the shelf; gives their codes."""
    rng = Random(size)  # noqa: S311 - a catalogue, not a secret
    said = [_say(rng, n) for n in range(size)]
    with transaction() as session:
        hub = open_hub(session, "casa", "Almakane", sites={"medina": "Médina"})
        site = session.query(Site).filter_by(hub_id=hub.id).one()
        set_up_places(session, site.id)
        lots = [_open(session, hub.id, site.id, n, said[n]) for n in range(_makers(size))]
    with transaction() as session:
        _hang(session, hub.id, site.id, lots, said[len(lots) :])
    settle()
    return [one.code for one in said]


class _Said(NamedTuple):
    """What is said of a piece."""

    code: str
    craft: str
    titles: tuple[str, str, str]
    technique: str
    story: str
    price: int


def _say(rng: Random, n: int) -> _Said:
    craft, *things = _CRAFTS[n % len(_CRAFTS)]
    look, sign = rng.choice(_LOOKS), rng.choice(_SIGNS)
    french, arabic, english = (
        f"{thing} {a} {b} {n}" for thing, a, b in zip(things, look, sign, strict=True)
    )
    story = f"{french}. Fait à la main en {n % 50 + 2} jours, et signé."
    price = rng.randrange(50_00, 4_000_00, 10_00)
    titles = (french, arabic, english)
    return _Said(f"P{n:06}", craft, titles, f"{sign[0]}, à la main", story, price)


def _makers(size: int) -> int:
    return min(_MAKERS, size // 20)


def _open(session: Session, hub_id: int, site_id: int, n: int, said: _Said) -> Lot:
    """A maker, and her first piece as it is taken in; gives its lot, which the others are like."""
    made: dict[str, Any] = {"place": f"Village {n}", "craft": _CRAFTS[n % len(_CRAFTS)][0]}
    region = _REGIONS[n % len(_REGIONS)]
    maker = take_in_maker(session, hub_id, f"M{n}", f"Coopérative {n}", region=region, **made)
    agree(session, maker, Terms(Regime.MANDATE, 2_500))
    product = add_product(
        session,
        maker,
        said.code,
        category=said.craft,
        price=said.price,
        tax_class=TaxClass.STANDARD,
        technique=said.technique,
        texts={
            code: (title, said.story) for code, title in zip(_LANGUAGES, said.titles, strict=True)
        },
    )
    deed = Deed(hub_id, site_id, str(UUID(int=n, version=4)), NOW, TODAY, NOW, "bench")
    line = Delivered(product.id, 1, LotKind.PIECE, 0, 0, said.titles[0], {})
    receive_consignment(session, deed, maker, [line])
    return session.query(Lot).filter_by(product_id=product.id).one()


def _hang(session: Session, hub_id: int, site_id: int, lots: list[Lot], said: list[_Said]) -> None:
    """The other pieces, each maker's as her first one: rows alone, for services take long."""
    whose = [lots[n * len(lots) // len(said)] for n in range(len(said))]
    made = insert_rows(
        session,
        "product",
        ("hub_id", "maker_id", "code", "category", "technique", "price", "tax_class"),
        [
            (hub_id, lot.maker_id, *one[:2], one.technique, one.price, TaxClass.STANDARD.value)
            for lot, one in zip(whose, said, strict=True)
        ],
        returning="code, id",
    )
    ids = dict(made)
    insert_rows(
        session,
        "product_text",
        ("product_id", "language", "title", "story"),
        [
            (ids[one.code], code, title, one.story)
            for one in said
            for code, title in zip(_LANGUAGES, one.titles, strict=True)
        ],
    )
    insert_rows(
        session,
        "lot",
        (
            *("hub_id", "consignment_id", "n", "product_id", "agreement_id", "maker_id", "code"),
            *("title", "kind", "regime", "quantity", "floor", "unit_cost", "commission_bp"),
        ),
        [
            (
                *(hub_id, lot.consignment_id, 2 + n, ids[one.code], lot.agreement_id, lot.maker_id),
                *(lot_code(_FIRST + n), one.titles[0], lot.kind.value, lot.regime.value),
                *(1, 0, 0, lot.commission_bp),
            )
            for n, (lot, one) in enumerate(zip(whose, said, strict=True))
        ],
    )
    rows(
        session,
        "INSERT INTO stock_level (lot_id, place_id, quantity, unbounded) "
        "SELECT id, ?, 1, ? FROM lot WHERE n > 1",
        (places_of(session, site_id)[PlaceKind.SHELF], False),
    )


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


def _visits(databases: Databases, server: int, port: int, codes: list[str]) -> Iterator[Figures]:
    def worked() -> float:
        of_shop = sum(processor_time(pid) for pid in (server, *children(server)))
        return of_shop + databases.processor_time()

    connection = HTTPConnection("127.0.0.1", port)
    for kind, paths in _paths(codes):
        for _ in range(3):
            _get(connection, next(paths))
        begun = worked()
        took = [_get(connection, next(paths)) for _ in range(_TIMES)]
        yield Figures(kind, took, 1_000 * (worked() - begun) / _TIMES)
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
