"""G6: a guest's way from a piece to an order, each request whole, without a network."""

import re
from html import unescape
from time import perf_counter, process_time

from flask import Flask
from sqlalchemy import select

from almakane.db import transaction
from almakane.inventory.models import Product
from bench.databases import Databases, opened, settle
from bench.measure import Run
from bench.portal import served
from bench.report import Section, table
from bench.world import make_world

_TIMES = 200
_FIELD = re.compile(r'<input[^>]*name="(checkout|shown)"[^>]*value="([^"]*)"')
_FORM = {
    "name": "Nadia Berrada",
    "phone": "0661234567",
    "way": "pickup",
    "city": "Casablanca",
    "address": "",
    "email": "",
    "payment": "receipt",
}


def run(databases: Databases, _postings: int) -> list[Section]:
    """Put, look, open, fill in, order, read: six requests, one order."""
    url = databases.create()
    with opened(url):
        with transaction() as session:
            make_world(session, registers=1, shelves=_TIMES + 20, pairs=4)
        with transaction() as session:
            products = list(session.scalars(select(Product.id).order_by(Product.id)))
        settle()
    with served(url) as app:
        for product in products[:5]:
            _order(app, product)
        calls, wall, processor = [], perf_counter(), process_time()
        for product in products[5 : _TIMES + 5]:
            start = perf_counter()
            _order(app, product)
            calls.append(perf_counter() - start)
        run = Run(calls, perf_counter() - wall, process_time() - processor)
    engine_name = "SQLite" if databases.is_sqlite else "PostgreSQL"
    row = (
        f"{run.rate:.1f}",
        *(f"{run.percentile(n):.0f} ms" for n in (50, 95)),
        f"{run.cost:.0f} ms",
    )
    return [
        Section(
            f"From a basket to an order, {engine_name}",
            table(("orders a second", "p50", "p95", "CPU"), row)
            + f"\n{_TIMES} guests one after the other, six requests each: into the basket, the"
            " basket, the checkout's claim, its page, the order, the order's page.\n",
        )
    ]


def _order(app: Flask, product: int) -> None:
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    client.post("/basket/lines", data={"product": product})
    basket = client.get("/basket").get_data(as_text=True)
    client.post("/basket/checkout", data=dict(_FIELD.findall(basket)))
    page = unescape(client.get("/checkout").get_data(as_text=True))
    # No tariff is set, so that the page shows what fetching costs: nothing.
    answer = client.post("/checkout", data=_FORM | dict(_FIELD.findall(page)))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert client.get(answer.location).status_code == 200
