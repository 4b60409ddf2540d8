"""The link on a receipt opens its ticket, to whoever holds the paper and to nobody else."""

import json

from flask import Flask

from tests.factories import mad
from tests.journal.shop import Shop
from tests.till.client import Till, line


def test_the_link_on_a_receipt_shows_the_ticket(books: Flask, shop: Shop, till: Till) -> None:
    sale = till.sell(line(shop.pot, mad(280), title="<b>Théière</b>"))
    till.send()
    key = json.loads(sale["text"])["body"]["key"]

    answer = books.test_client().get(f"/t/{key}")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "T1-1-000001" in page
    assert "&lt;b&gt;Théière" in page
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"


def test_any_other_link_shows_nothing(books: Flask, shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280)))
    till.send()
    client = books.test_client()
    for key in ("AAAAAAAAAAAAAAAAAAAAAA", "T1-1-000001", "%00", "é"):
        assert client.get(f"/t/{key}").status_code in (400, 404)
