"""The demo's page of tills: a code for whoever tries one, and for nobody in a real shop."""

import re

import pytest
from flask import Flask

from almakane.demo.enrolling import first_code, open_tills
from tests.door import browser
from tests.journal.shop import Shop, open_shop
from tests.till.client import Till


@pytest.fixture
def app(new_app: Flask) -> Flask:
    """One that takes the demo's page besides."""
    return new_app


@pytest.fixture
def shop(books: Flask) -> Shop:
    return open_shop(books)


def test_a_code_of_the_page_enrols_a_device(shop: Shop) -> None:
    open_tills(shop.app)
    client = browser(shop.app)
    assert "T1" in client.get("/-/tills").text

    given = client.post("/-/tills/T1")

    assert given.status_code == 201
    found = re.search(r"([A-Z2-9]{4}) ([A-Z2-9]{4})</strong>", given.text)
    assert found
    assert Till(shop.wire()).enrol(found[1] + found[2])[0] == 201
    assert client.post("/-/tills/T1").status_code == 404
    assert "Un appareil est enregistré ici." in client.get("/-/tills").text


@pytest.mark.parametrize("code", ["T9", "WEB", "x"])
def test_no_code_is_given_for_what_is_no_till(shop: Shop, code: str) -> None:
    open_tills(shop.app)

    assert browser(shop.app).post(f"/-/tills/{code}").status_code == 404


def test_the_first_till_without_a_device_gets_the_first_code(shop: Shop) -> None:
    shop.till("T1")

    first = first_code()

    assert first is not None
    assert first[0] == "T2"
    assert Till(shop.wire()).enrol(first[1])[0] == 201
    assert first_code() is None


def test_a_real_shop_has_no_such_page(shop: Shop) -> None:
    assert browser(shop.app).get("/-/tills").status_code == 404
