"""The makers' pages after three years of trade: a maker with a hundred thousand sold lines."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from almakane.app import create_app
from almakane.cooperatives.models import Artisan, Maker
from almakane.db import db, transaction
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.payouts.services import draw_statements
from almakane.sales.sealing import seal_day
from almakane.sales.services import record_sale
from almakane.settings import Settings
from almakane.users.models import Role
from almakane.users.services import create_user
from bench.copies import copy_sales
from bench.databases import Databases, opened, settle
from bench.measure import Run, once
from bench.report import Goal, Section, table
from bench.world import NOW, a_ticket, make_world

LINES = 100_000
GOAL = 50  # milliseconds within which a page is there
_TWO = 2  # lines of the second maker on each ticket
_SHELVES = 60
_DAYS = 3 * 365
_MONTH = 30
_TIMES = 60
_PASSWORD = "bench on the bench"  # noqa: S105 - nobody else signs in


def run(databases: Databases, _postings: int) -> list[Section]:
    """Fill three years, draw two statements, and read every page as each kind of reader."""
    url = databases.create()
    with opened(url):
        hub_id, today = _fill(LINES // _TWO)
        people = _let_in(hub_id)
    with served(url) as app:
        figures = [
            (who, name, _each(app, login, path))
            for who, login in people
            for name, path in _pages(app, login)
        ]
    engine_name = "SQLite" if databases.is_sqlite else "PostgreSQL"
    slowest = max(figures, key=lambda figure: figure[2].percentile(95))
    worst = slowest[2].percentile(95)
    cost = max(run.cost for _who, _name, run in figures)
    rows = [
        (
            who,
            name,
            *(f"{took:.1f} ms" for took in (run.percentile(50), run.percentile(95), run.cost)),
        )
        for who, name, run in figures
    ]
    return [
        Section(
            f"The makers' pages, {engine_name}",
            table(("reader", "page", "p50", "p95", "CPU"), *rows)
            + f"\n{LINES:,} sold lines of one maker and {LINES // _TWO:,} of another with three"
            f" members, over {_DAYS} days up to {today}; each page {_TIMES} times, without a"
            " network.\n",
            (
                Goal(
                    f"A maker's page, {LINES:,} sold lines, {engine_name}: p95 <= {GOAL} ms",
                    f"{worst:.0f} ms for the slowest ({slowest[0]}, {slowest[1]}),"
                    f" {cost:.0f} ms of CPU",
                    worst <= GOAL,
                ),
            ),
        )
    ]


@contextmanager
def served(url: str) -> Iterator[Flask]:
    """The shop as it is served: each request has a context, and a session, of its own."""
    with TemporaryDirectory(prefix="almakane-bench-") as data:
        settings = Settings(
            database_url=url,
            data_dir=Path(data),
            secret_key="bench",  # noqa: S106 - of the bench alone
            requires_second_factor=False,
        )
        app = create_app(settings)
        try:
            yield app
        finally:
            with app.app_context():
                db.engine.dispose()


def _fill(tickets: int) -> tuple[int, date]:
    """Three years of sales of two makers; a statement of all but the last month, and one of it."""
    with transaction() as session:
        world = make_world(session, registers=1, shelves=_SHELVES, pairs=1)
        today = local_day(datetime.now(UTC), session.get_one(Hub, world.hub_id).zone)
    days = [today - timedelta(days=n) for n in range(_DAYS - 1, -1, -1)]
    with transaction() as session:  # on the first day: an entry's number grows with its day
        tickets_of_first_day = [
            replace(
                a_ticket(shelf, "T1", n), day=days[0], at=datetime.combine(days[0], NOW.timetz())
            )
            for n, shelf in enumerate(world.shelves)
        ]
        sold = [
            record_sale(session, world.hub_id, ticket, now=ticket.at).sale_id
            for ticket in tickets_of_first_day
        ]
    month = tickets * _MONTH // _DAYS
    for count, some in ((tickets - month - len(sold), days[:-_MONTH]), (month, days[-_MONTH:])):
        with transaction() as session:
            copy_sales(session, sold, count, some)
        with transaction() as session:
            at = datetime.combine(some[-1], NOW.timetz())
            seal_day(session, world.hub_id, some[-1], now=at, actor="bench")
            draw_statements(session, world.hub_id, some[-1], now=at, actor="bench")
    settle()
    return world.hub_id, today


def _let_in(hub_id: int) -> list[tuple[str, str]]:
    """An account for each kind of reader: who it is, and the name to sign in with."""
    with transaction() as session:
        weavers, potters = session.scalars(
            select(Maker).where(Maker.hub_id == hub_id).order_by(Maker.id)
        )
        member = session.scalars(select(Artisan).where(Artisan.maker_id == weavers.id)).first()
        assert member
        people = {
            "maker": ("potters", Role.MAKER, potters.id, None),
            "cooperative": ("weavers", Role.MAKER, weavers.id, None),
            "member": ("weaver", Role.ARTISAN, None, member.id),
        }
        for login, role, maker_id, artisan_id in people.values():
            create_user(
                session,
                hub_id=hub_id,
                login=login,
                name=login,
                role=role,
                password=_PASSWORD,
                cost=1,
                maker_id=maker_id,
                artisan_id=artisan_id,
            )
    return [(who, told[0]) for who, told in people.items()]


def _client(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    answer = client.post("/sign-in", data={"login": login, "password": _PASSWORD})
    assert answer.location == "/portal", answer.status
    return client


def _pages(app: Flask, login: str) -> Iterator[tuple[str, str]]:
    client = _client(app, login)
    yield "home", "/portal"
    yield "pieces", "/portal/pieces"
    yield "sales of a month", "/portal/sales"
    yield "money", "/portal/money"
    for name, listed, link in (
        ("a piece", "/portal/pieces", r'"(/portal/pieces/[^"?]+)"'),
        ("a sale", "/portal/sales", r'"(/portal/sales/\d+)"'),
        ("a statement of a month", "/portal/money", r'"(/portal/statements/REL-\d+)"'),
    ):
        found = re.search(link, client.get(listed).get_data(as_text=True))
        assert found, listed
        yield name, found[1]


def _each(app: Flask, login: str, path: str) -> Run:
    client = _client(app, login)

    def read() -> None:
        assert client.get(path).status_code == 200, path

    read()  # the first one of a process compiles the page
    begun = process_time()
    calls = [once(read) for _ in range(_TIMES)]
    return Run(calls, sum(calls), process_time() - begun)
