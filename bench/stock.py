"""
The stock's pages over many lots and a long book of moves, each with how often it asks.

Lots and moves are written by the database itself, so that millions take minutes: enough for what
pages read, and no sound books, for no ticket stands behind their sales.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from time import process_time
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from almakane.db import db, rows, transaction
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.inventory.counting import MOST_AT_ONCE, open_count, scan
from almakane.inventory.deed import Deed
from almakane.inventory.models import PlaceKind
from almakane.inventory.services import transfer
from almakane.users.models import Role
from almakane.users.services import create_user
from bench.databases import Databases, opened, settle
from bench.measure import Run, once
from bench.portal import served
from bench.report import Goal, Section, table
from bench.world import NOW, World, make_world

GOAL = 50  # milliseconds within which a page is there
_MOVES_OF_A_LOT = 25
_TIMES = 40
_PASSWORD = "bench on the bench"  # noqa: S105 - nobody else signs in
_SHELVES = 40

# A number from 1 to as many as there shall be.
_NUMBERS = {
    "sqlite": "WITH RECURSIVE number(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM number "
    "WHERE k < {count}) ",
    "postgresql": "WITH number(k) AS (SELECT generate_series(1, {count})) ",
}
# Copies of the world's lots: one in ten still has something, the others are sold out.
_LOTS = """
INSERT INTO lot (id, hub_id, consignment_id, n, product_id, agreement_id, maker_id, code, title,
    kind, regime, quantity, floor, unit_cost, commission_bp, due_back_on)
{numbers}
SELECT {base} + k, t.hub_id, t.consignment_id, 1000 + k, t.product_id, t.agreement_id, t.maker_id,
    '3' || SUBSTR('00000000000' || CAST(k AS VARCHAR(11)), -12, 12), t.title, 'batch', t.regime,
    24, t.floor, 0, t.commission_bp, {due}
FROM number JOIN lot t ON t.id = 1 + (k % {of}) ORDER BY k
"""
_DUE = {
    "sqlite": "date('{today}', CAST(CAST((k - {lots}) * 730.0 / {lots} AS INTEGER) + 90 AS TEXT)"
    " || ' days')",
    "postgresql": "DATE '{today}' + (CAST((k - {lots}) * 730.0 / {lots} AS INTEGER) + 90)",
}
_MOVES = """
INSERT INTO stock_move (hub_id, lot_id, quantity, source_id, target_id, reason, document, uid,
    happened_at, day, recorded_at, actor)
{numbers}
SELECT {hub}, lot.id, CASE k WHEN 1 THEN 24 ELSE 1 END,
    CASE k WHEN 1 THEN {maker} ELSE {shelf} END, CASE k WHEN 1 THEN {shelf} ELSE {buyer} END,
    CASE k WHEN 1 THEN 'consigned' ELSE 'sale' END,
    CASE k WHEN 1 THEN 'BD-000001' ELSE 'T1-' || lot.id || k END, 'm/' || lot.id || '/' || k,
    '2026-11-20 10:00:00.000000', '2026-11-20', '2026-11-20 10:00:00.000000', 'bench'
FROM lot CROSS JOIN number
WHERE lot.id > {base} AND (k <= {sold} OR lot.id % 10 <> 0)
"""
_LEVELS = """
INSERT INTO stock_level (lot_id, place_id, quantity, unbounded)
SELECT lot.id, {place}, {quantity}, {unbounded} FROM lot WHERE lot.id > {base} {where}
"""


def run(databases: Databases, moves: int) -> list[Section]:
    """Fill a stock with so many moves, and read each page of it."""
    url, lots = databases.create(), moves // _MOVES_OF_A_LOT
    with opened(url):
        filled = once(lambda: _fill(lots))
        [(there, moved)] = rows(
            db.session(), "SELECT (SELECT COUNT(*) FROM lot), (SELECT COUNT(*) FROM stock_move)"
        )
        db.session.rollback()
    with served(url) as app:
        figures = [(name, *_each(app, path)) for name, path in _pages(app)]
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    name, worst = max(((name, took.percentile(95)) for name, took, _asked in figures), key=_second)
    return [
        Section(
            f"The stock's pages, {engine}",
            table(
                ("page", "p50", "p95", "CPU", "statements"),
                *(
                    (
                        name,
                        *(f"{ms:.1f} ms" for ms in (took.percentile(50), took.percentile(95))),
                        f"{took.cost:.1f} ms",
                        str(asked or ""),
                    )
                    for name, took, asked in figures
                ),
            )
            + f"\n{there:,} lots and {moved:,} moves, written in {filled:.0f} s; each page"
            f" {_TIMES} times, without a network. Statements are counted on SQLite.\n",
            (
                Goal(
                    f"A page of the stock, {there:,} lots, {moved:,} moves, {engine}: "
                    f"p95 <= {GOAL} ms",
                    f"{worst:.0f} ms for the slowest ({name})",
                    worst <= GOAL,
                ),
            ),
        )
    ]


def _second(pair: tuple[str, float]) -> float:
    return pair[1]


def _fill(lots: int) -> None:
    with transaction() as session:
        world = make_world(session, registers=1, shelves=_SHELVES)
        today = local_day(datetime.now(NOW.tzinfo), session.get_one(Hub, world.hub_id).zone)
    with transaction() as session:
        dialect = session.connection().dialect.name
        _copy(session, world, dialect, lots, today)
    settle()
    with transaction() as session:
        create_user(
            session,
            hub_id=world.hub_id,
            login="salma",
            name="salma",
            role=Role.HUB_STAFF,
            password=_PASSWORD,
            cost=1,
        )
        _carry_and_count(session, world, today)


def _copy(session: Any, world: World, dialect: str, lots: int, today: date) -> None:
    if dialect == "postgresql":  # the lots of the world have shown that all is there to refer to
        rows(session, "SET LOCAL session_replication_role = replica")
    [(base,)] = rows(session, "SELECT MAX(id) FROM lot")
    place = dict(rows(session, "SELECT kind, id FROM place WHERE site_id = ?", (world.site_id,)))
    numbers = _NUMBERS[dialect]
    due = _DUE[dialect].format(today=today.isoformat(), lots=lots)
    told = {"base": base, "of": base, "hub": world.hub_id, **place}
    sql = (
        _LOTS
        if dialect == "sqlite"
        else _LOTS.replace(
            "SUBSTR('00000000000' || CAST(k AS VARCHAR(11)), -12, 12)",
            "LPAD(CAST(k AS VARCHAR(12)), 12, '0')",
        )
    )
    rows(session, sql.format(numbers=numbers.format(count=lots), due=due, **told))
    half = _MOVES_OF_A_LOT // 2
    rows(
        session,
        _MOVES.format(numbers=numbers.format(count=_MOVES_OF_A_LOT), sold=1 + half, **told),
    )
    yes, no = ("1", "0") if dialect == "sqlite" else ("TRUE", "FALSE")
    sold = f"CASE WHEN lot.id % 10 = 0 THEN {half} ELSE 24 END"
    for kind, quantity, where, unbounded in (
        ("maker", "-24", "", yes),
        ("buyer", sold, "", no),
        ("shelf", f"24 - {sold}", "", no),
    ):
        filled = {"place": place[kind], "quantity": quantity, "where": where, "base": base}
        rows(session, _LEVELS.format(unbounded=unbounded, **filled))
    if dialect == "postgresql":
        rows(session, "SELECT setval('lot_id_seq', (SELECT MAX(id) FROM lot))")
        rows(session, "SET LOCAL session_replication_role = origin")


def _carry_and_count(session: Any, world: World, today: date) -> None:
    """A transfer, and a count of all that a maker has, to look at."""
    [(code, maker)] = rows(
        session,
        "SELECT lot.code, lot.maker_id FROM stock_level level JOIN lot ON lot.id = level.lot_id "
        "WHERE level.quantity = 12 AND level.quantity <> 0 ORDER BY lot.id DESC LIMIT 1",
    )
    now = datetime.now(NOW.tzinfo)
    deed = Deed(world.hub_id, world.site_id, "bench-move", now, today, now, "salma")
    [(lot_id,)] = rows(session, "SELECT id FROM lot WHERE code = ?", (code,))
    transfer(session, deed, lot_id, 1, PlaceKind.SHELF, PlaceKind.RESERVE)
    count = open_count(
        session, deed._replace(uid="bench-count"), place=PlaceKind.SHELF, maker_id=maker
    )
    hers = rows(
        session,
        "SELECT lot.code, level.quantity FROM stock_level level JOIN lot ON lot.id = level.lot_id "
        "JOIN place ON place.id = level.place_id WHERE lot.maker_id = ? AND place.kind = 'shelf' "
        "AND level.quantity BETWEEN 1 AND ? ORDER BY lot.id",
        (maker, MOST_AT_ONCE),
    )
    for n, (scanned, there) in enumerate(hers):
        uid = f"scan-{n}"
        scan(session, count.id, uid, scanned, int(there), None, actor="salma", now=now)


def _client(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    answer = client.post("/sign-in", data={"login": "salma", "password": _PASSWORD})
    assert answer.status_code == 303, answer.status
    return client


def _pages(app: Flask) -> Iterator[tuple[str, str]]:
    client = _client(app)
    listed = client.get("/lots").get_data(as_text=True)
    [code, *_] = re.findall(r"/lots/(\d{13})\"", listed)
    [maker, *_] = re.findall(r'<option value="([WP]\d+)"', listed)
    yield "lots on hand", "/lots"
    yield "all lots", "/lots?state=all"
    yield "all lots, the middle", "/lots?state=all&after=100000"
    yield "sold out", "/lots?state=sold_out"
    yield "oversold", "/lots?state=oversold"
    yield "to return", "/lots?state=to_return"
    yield "unsold too long", "/lots?state=unsold"
    yield "of one maker, on hand", f"/lots?maker={maker}"
    yield "of one maker, sold out", f"/lots?maker={maker}&state=sold_out"
    yield "by words", "/lots?q=pièce"
    yield "a lot", f"/lots/{code}"
    yield "what is due, by maker", "/to-return"
    yield "what goes back to one", f"/makers/{maker}/return"
    yield "transfers", "/transfers"
    yield "a transfer", "/transfers/TR-000001"
    yield "counts", "/counts"
    yield "a count", "/counts/IN-000001"
    yield "its review", "/counts/IN-000001/review"


def _each(app: Flask, path: str) -> tuple[Run, int]:
    client = _client(app)

    def read() -> None:
        assert client.get(path).status_code == 200, path

    with _counted(app) as asked:
        read()  # the first one of a process compiles the page
    begun = process_time()
    calls = [once(read) for _ in range(_TIMES)]
    return Run(calls, sum(calls), process_time() - begun), len(asked)


@contextmanager
def _counted(app: Flask) -> Iterator[list[str]]:
    """The statements of a page, on SQLite."""
    sent: list[str] = []

    def listen(connection: Any, *_rest: object) -> None:
        if hasattr(connection, "set_trace_callback"):
            connection.set_trace_callback(sent.append)

    def hush(connection: Any, *_rest: object) -> None:
        if hasattr(connection, "set_trace_callback"):
            connection.set_trace_callback(None)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "checkout", listen)
    event.listen(engine, "checkin", hush)
    try:
        yield sent
    finally:
        event.remove(engine, "checkout", listen)
        event.remove(engine, "checkin", hush)
