"""
G8 and G9: what a till asks over HTTP while somebody waits, at 5,000 and at 50,000 pieces.

Four tills scan, then search, each a process of its own with one connection that it keeps; then one
of them fetches the whole catalogue, and what changed of it since.
"""

import json
import multiprocessing
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import HTTPConnection
from statistics import median
from time import perf_counter
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Agreement, Maker
from almakane.db import insert_rows, rows, transaction
from almakane.inventory.ean13 import lot_code
from almakane.inventory.models import Consignment, PlaceKind
from almakane.inventory.queries import places_of
from almakane.search.indexing import index
from almakane.users.models import Role
from almakane.users.services import create_user
from bench.databases import Databases, opened, settle
from bench.journal import enrol, served
from bench.machine import processor_time
from bench.measure import Run
from bench.report import Goal, Section, table
from bench.world import World, make_world

TILLS = 4
SIZES = (5_000, 50_000)
SCANS, SEARCHES, FETCHES = 500, 150, 3
SCAN_GOAL, SEARCH_GOAL = 5, 50  # milliseconds
_FIRST = 10_000  # the number of the first of our lots

_THINGS = (
    *(("Théière", "إبريق"), ("Tapis", "زربية"), ("Lanterne", "فانوس"), ("Plateau", "صينية")),
    *(("Babouches", "بلغة"), ("Couscoussier", "كسكاس"), ("Bol", "زلافة"), ("Coussin", "مخدة")),
    *(("Panier", "سلة"), ("Miroir", "مرآة"), ("Écharpe", "وشاح"), ("Savon", "صابون")),
)
_KINDS = (
    *(("ciselée", "منقوش"), ("brodée", "مطرز"), ("émaillée", "مزجج"), ("tissée", "منسوج")),
    *(("rayée", "مخطط"), ("ajourée", "مخرم"), ("dorée", "مذهب"), ("nouée", "معقود")),
)
_PLACES = (
    *(("Fès", "فاس"), ("Safi", "آسفي"), ("Taznakht", "تازناخت"), ("Azilal", "أزيلال")),
    *(("Essaouira", "الصويرة"), ("Tétouan", "تطوان"), ("Salé", "سلا"), ("Zagora", "زاكورة")),
)
# Common words, rare ones, beginnings, Arabic with its article, other dresses of letters, and typos.
_ASKED = (
    *("tapis", "theiere fes", "lanterne ciselee safi", "zag", "babouches brodees", "miroir 77"),
    *("الزربية", "زربيه تازناخت", "فانوس", "tisseuses", "potiers tapis", "couscousier"),
    *("lanterme", "théirre", "essaouria", "n4711", "écharpe rayée tétouan", "t"),
)


def run(databases: Databases, _postings: int) -> list[Section]:
    """Ask the same of a shop with few pieces and of one with many."""
    return [_measure(databases, size) for size in SIZES]


def _measure(databases: Databases, size: int) -> Section:
    url = databases.create()
    with opened(url):
        with transaction() as session:
            world = make_world(session, registers=TILLS, shelves=1)
            _let_in(session, world)
        with transaction() as session:
            _stock(session, world, size)
        settle()
        tokens = [enrol(world, f"T{n}").token for n in range(1, TILLS + 1)]
    drawn = random.Random(size)  # noqa: S311 - which piece is scanned is no secret
    scans = [
        [f"/pos/lots/{lot_code(_FIRST + drawn.randrange(size))}" for _ in range(SCANS)]
        for _ in tokens
    ]
    searches = [
        [f"/pos/search?q={quote(drawn.choice(_ASKED))}" for _ in range(SEARCHES)] for _ in tokens
    ]
    with served(url) as (server, port):
        _ask(databases, server, port, tokens, [some[:100] for some in scans])
        scanned = _ask(databases, server, port, tokens, scans)
        _ask(databases, server, port, tokens, [list(map(_query, _ASKED)) for _ in tokens])
        searched = _ask(databases, server, port, tokens, searches)
        whole, changed, pages = _fetch(port, tokens[0])
    return _section(databases, size, scanned, searched, (whole, changed, pages))


def _query(asked: str) -> str:
    return f"/pos/search?q={quote(asked)}"


def _let_in(session: Session, world: World) -> None:
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


def _stock(session: Session, world: World, count: int) -> None:
    """So many unique pieces on the shelf, each a product with a title in two languages."""
    maker = session.scalars(select(Maker).order_by(Maker.id)).first()
    assert maker
    agreement = session.query(Agreement).filter_by(maker_id=maker.id).one()
    consignment = session.query(Consignment).filter_by(maker_id=maker.id).one()
    made = insert_rows(
        session,
        "product",
        ("hub_id", "maker_id", "code", "category", "technique", "price", "tax_class"),
        [
            (world.hub_id, maker.id, f"N{n}", "rug", "", 10_000 + n, "standard")
            for n in range(count)
        ],
        returning="code, id",
    )
    ids = dict(made)
    titles = [_title(n) for n in range(count)]
    insert_rows(
        session,
        "product_text",
        ("product_id", "language", "title", "story"),
        [
            (ids[f"N{n}"], language, title, "")
            for n, pair in enumerate(titles)
            for language, title in zip(("fr", "ar"), pair, strict=True)
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
                *(world.hub_id, consignment.id, 1_000 + n, ids[f"N{n}"], agreement.id, maker.id),
                *(lot_code(_FIRST + n), titles[n][0], "piece", "B", 1, 0, 0, 2_500),
            )
            for n in range(count)
        ],
    )
    shelf = places_of(session, world.site_id)[PlaceKind.SHELF]
    rows(
        session,
        "INSERT INTO stock_level (lot_id, place_id, quantity, unbounded) "
        "SELECT id, ?, 1, ? FROM lot WHERE n >= 1000",
        (shelf, False),
    )
    index(session, "product", ids.values())


def _title(n: int) -> tuple[str, str]:
    thing = _THINGS[n % len(_THINGS)]
    kind, place = _KINDS[n // 7 % len(_KINDS)], _PLACES[n // 3 % len(_PLACES)]
    french, arabic = (f"{thing[which]} {kind[which]} {place[which]} {n % 997}" for which in (0, 1))
    return french, arabic


def _ask(
    databases: Databases, server: int, port: int, tokens: Sequence[str], paths: list[list[str]]
) -> Run:
    """Let every till ask its own, all at once; gives the round as one."""
    context = multiprocessing.get_context("spawn")
    before = processor_time(server) + databases.processor_time()
    with context.Pool(len(tokens)) as pool:
        told = pool.starmap(_till, [(port, *one) for one in zip(tokens, paths, strict=True)])
    used = processor_time(server) + databases.processor_time() - before
    calls = [took for some in told for took in some]
    return Run(calls, max(sum(some) for some in told), used)


def _till(port: int, token: str, paths: list[str]) -> list[float]:
    """Ask one thing after the other; gives the seconds of each."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}"}
    took = []
    for path in paths:
        start = perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        took.append(perf_counter() - start)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
    connection.close()
    return took


def _fetch(port: int, token: str) -> tuple[float, float, int]:
    """Seconds of the whole catalogue and of what changed since, and the pages of the first."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Authorization": f"Bearer {token}"}

    def fetch(query: str) -> tuple[float, int]:
        start, pages, after = perf_counter(), 0, 0
        while after is not None:
            connection.request("GET", f"/pos/catalogue?after={after}{query}", headers=headers)
            after = json.loads(connection.getresponse().read())["next"]
            pages += 1
        return perf_counter() - start, pages

    wholes = [fetch("") for _ in range(FETCHES)]
    cursor = int(datetime.now(UTC).timestamp() * 1_000) - 60_000
    changed = median(fetch(f"&since={cursor}")[0] for _ in range(FETCHES))
    connection.close()
    return median(took for took, _ in wholes), changed, wholes[0][1]


def _section(
    databases: Databases, size: int, scanned: Run, searched: Run, fetched: tuple[float, float, int]
) -> Section:
    name = "SQLite" if databases.is_sqlite else "PostgreSQL"
    whole, changed, pages = fetched
    lines = [
        (
            what,
            f"{one.rate:,.0f}",
            *(f"{one.percentile(p):.1f} ms" for p in (50, 95, 99)),
            f"{one.cost:.2f} ms",
        )
        for what, one in ((f"scan, {TILLS} tills", scanned), (f"search, {TILLS} tills", searched))
    ]
    goals: tuple[Goal, ...] = ()
    if size == max(SIZES):
        goals = tuple(
            Goal(
                f"{goal}, {size:,} pieces, {TILLS} tills, {name}: p99 < {most} ms",
                f"{one.percentile(99):.1f} ms; {one.cost:.2f} ms of CPU",
                one.percentile(99) < most,
            )
            for goal, one, most in (
                ("G8: a scan over HTTP", scanned, SCAN_GOAL),
                ("G9: a search over HTTP", searched, SEARCH_GOAL),
            )
        )
    return Section(
        f"A till's questions, {size:,} pieces, {name}",
        table(("question", "a second", "p50", "p95", "p99", "CPU"), *lines)
        + f"\nThe whole catalogue: {whole:.2f} s in {pages} pages; what changed since a minute ago:"
        f" {1_000 * changed:.0f} ms. {len(_ASKED)} different searches: common and rare words,"
        " beginnings, Arabic, wrong spellings. The tills ask without a pause, in processes of their"
        " own on the same machine.\n",
        goals,
    )
