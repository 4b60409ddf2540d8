"""
The till's page in Chromium, in French and in Arabic, under a finger, a keyboard and a scanner: a
day from the enrolment to the Z, and what goes wrong at a counter.
"""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import create_engine

from almakane.app import create_app
from almakane.check import prove
from almakane.db import transaction
from almakane.demo.hub import PINS
from almakane.hubs.models import Hub
from almakane.journal.enrolment import open_enrolment
from tests.browser.conftest import TILL, Opens, Shop

_LOTS = """
SELECT lot.code, product.price FROM lot JOIN product ON product.id = lot.product_id
JOIN stock_level level ON level.lot_id = lot.id JOIN place ON place.id = level.place_id
WHERE place.kind = 'shelf' AND level.quantity >= 3 AND lot.floor <= product.price * 9 / 10
ORDER BY product.price, lot.code
"""
_GONE = """
SELECT lot.code FROM lot WHERE lot.code NOT IN (
    SELECT code FROM lot JOIN stock_level level ON level.lot_id = lot.id
    JOIN place ON place.id = level.place_id WHERE place.kind <> 'buyer' AND level.quantity > 0
) ORDER BY lot.code LIMIT 1
"""
_OUTCOMES = "SELECT kind, outcome, flags FROM journal_event ORDER BY id"
_SCAN = """
(text) => {
  for (const key of [...text, "Enter"]) {
    const told = { key, code: /\\d/.test(key) ? `Digit${key}` : key, bubbles: true, cancelable: true };
    (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", told));
  }
}
"""


class Lot(NamedTuple):
    code: str
    price: int


def test_a_day_from_the_enrolment_to_the_z_in_french(shop: Shop, opened: Opens) -> None:
    _live_a_day(shop, opened(shop, language="fr", width=TILL), "fr")


def test_a_day_from_the_enrolment_to_the_z_in_arabic(shop: Shop, opened: Opens) -> None:
    _live_a_day(shop, opened(shop, language="ar", width=TILL), "ar")


def _live_a_day(shop: Shop, page: Page, language: str) -> None:
    cheap, other, dear, *_rest = _lots(shop)
    _enrol(shop, page, language)
    _come_in(page, "amina")
    _count(page, "opening", {10_000: 3, 2_000: 10})
    _press(page, "opening")

    _scan(page, cheap.code)
    _scan(page, other.code)
    page.keyboard.press("/")
    page.keyboard.type(dear.code, delay=60)  # a hand, into the search
    page.keyboard.press("Enter")
    expect(_screen(page, "sell").locator(".line")).to_have_count(3)
    assert page.input_value("#till-search") == ""
    page.locator("#till-search").blur()
    page.keyboard.press("F2")
    page.fill("#bargain-value", "10")
    page.keyboard.press("Enter")
    reduced = dear.price - (dear.price + 5) // 10
    total = cheap.price + other.price + reduced
    assert abs(_amount(_screen(page, "sell").locator("[data-due]")) - total) < 10  # to the step

    page.keyboard.press("F9")
    page.keyboard.press("F4")
    by_card = total - 5_050
    page.locator("[data-pad=pay]").wait_for()
    for digit in str(by_card):
        page.click(f"[data-pad=pay] [data-key='{digit}']")
    page.fill("#pay-slip", "004512")
    page.keyboard.press("Enter")
    page.click("[data-note='10000']")
    page.keyboard.press("Enter")
    _until(page, "done")
    assert _amount(_screen(page, "done").locator("[data-change]")) == 10_000 - 5_050
    sold = _number(page)
    assert sold in page.inner_text(".screen:not([hidden]) [data-receipt]")
    page.keyboard.press("Enter")
    _sent(page)

    _find(page, sold)
    _screen(page, "refund").locator("[data-backs] [data-step='1']").first.click()
    _press(page, "return")
    _allow(page)
    _until(page, "sell")
    page.keyboard.press("F9")
    page.keyboard.press("Enter")  # money goes back as it came: to the card
    _until(page, "done")
    assert _amount(_screen(page, "done").locator("[data-change]")) == cheap.price
    page.keyboard.press("Enter")
    _sent(page)

    _find(page, sold)
    backs = _screen(page, "refund").locator("[data-backs] li")
    assert backs.nth(0).locator("[data-step='1']").is_disabled()  # it has come back already
    backs.nth(1).locator("[data-step='1']").click()
    _press(page, "return")
    _allow(page)
    _until(page, "sell")
    _scan(page, dear.code)
    page.keyboard.press("F9")
    assert _amount(_screen(page, "pay").locator("[data-due]")) == dear.price - other.price
    page.keyboard.press("Enter")
    _until(page, "done")
    page.keyboard.press("Enter")

    drawer = 50_000 + 5_050 + dear.price - other.price
    page.keyboard.press("F8")
    page.click("[data-act=closing]")
    _count(page, "closing", {10: drawer // 10 - 10})
    assert "[data-expected]" and not page.locator("[data-step=differs]").is_visible()  # blind
    _press(page, "closing")
    expect(page.locator("[data-step=differs]")).to_be_visible()
    assert _amount(page.locator("[data-form=closing] [data-expected]")) == drawer
    page.click("[data-act=count-again]")
    _count(page, "closing", {10: drawer // 10})
    _press(page, "closing")
    assert _amount(page.locator("[data-form=closing] [data-difference]")) == 0
    _press(page, "closing")
    _until(page, "report")
    assert _shown(drawer, language) in page.inner_text(".screen:not([hidden]) [data-receipt]")
    _sent(page)
    _prove(shop)
    assert [kind for kind, _outcome, _flags in _ask(shop, _OUTCOMES)] == [
        *("shift_opened", "sale", "refund", "sale", "shift_closed")
    ]
    assert {(outcome, flags) for _kind, outcome, flags in _ask(shop, _OUTCOMES)} == {
        ("recorded", "")
    }


def test_what_goes_wrong_at_a_counter_is_told_and_costs_nothing(shop: Shop, opened: Opens) -> None:
    page = opened(shop, language="fr", width=TILL)
    page.goto("/pos/?lang=fr")
    page.fill("[name=code]", "abcd")
    page.keyboard.press("Enter")
    _says(page, "enrol", "huit caractères")
    page.fill("[name=code]", "ABCD2345")
    page.keyboard.press("Enter")
    _says(page, "enrol", "Le code est faux")
    _enrol(shop, page, "fr")
    for _try in range(5):
        _come_in(page, "amina", "9999", waits=False)
        _says(page, "pin", "faux")
        page.click("[data-act=people]")
    _come_in(page, "amina", waits=False)
    _says(page, "pin", "Trop de codes PIN faux")
    page.click("[data-act=people]")
    _come_in(page, "salma")
    _count(page, "opening", {10_000: 5})
    _press(page, "opening")

    _scan(page, "9999999999999")
    _message(page, "Aucune pièce n’a le code 9999999999999")
    assert _screen(page, "sell").locator(".line").count() == 0
    _scan(page, _ask(shop, _GONE)[0][0])
    _message(page, "est vendue")
    assert _screen(page, "sell").locator(".line").count() == 0

    lot = _lots(shop)[0]
    page.focus("#till-search")
    _scan(page, lot.code)  # never through the search box
    assert page.input_value("#till-search") == ""
    expect(_screen(page, "sell").locator(".line")).to_have_count(1)
    page.reload()  # nothing is lost, and who was there proves it again
    _come_in(page, "salma")
    expect(_screen(page, "sell").locator(".line")).to_have_count(1)

    page.locator("#till-search").blur()
    page.keyboard.press("F9")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    _says(page, "pay", "Rien n’est encore encaissé")
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    _scan(page, "8888888888888")
    _message(page, "le serveur ne répond pas")
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    _until(page, "done")
    expect(page.locator("[data-net]")).to_contain_text("Non envoyés : 1".replace(" :", "\u00a0:"))
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    page.click("[data-net]")
    page.click("[data-act=send]")
    page.keyboard.press("Escape")
    _sent(page)
    _prove(shop)
    assert [kind for kind, _outcome, _flags in _ask(shop, _OUTCOMES)] == ["shift_opened", "sale"]


def test_a_second_window_says_that_the_till_is_open_elsewhere(shop: Shop, opened: Opens) -> None:
    page = opened(shop, language="ar", width=TILL)
    page.goto("/pos/?lang=ar")
    _until(page, "enrol")
    other = page.context.new_page()
    other.goto("/pos/?lang=ar")
    _until(other, "elsewhere")
    assert other.evaluate("document.documentElement.dir") == "rtl"
    assert other.evaluate("getComputedStyle(document.querySelector('.pad')).direction") == "ltr"


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_training_sells_nothing(shop: Shop, opened: Opens, language: str) -> None:
    page = opened(shop, language=language, width=TILL)
    _enrol(shop, page, language)
    _come_in(page, "amina")
    _count(page, "opening", {10_000: 5})
    _press(page, "opening")
    page.keyboard.press("F8")
    page.click("[data-act=train]")
    page.click("[data-act=train-go]")
    _until(page, "opening")
    assert page.locator("[data-training]").is_visible()
    _count(page, "opening", {10_000: 5})
    _press(page, "opening")
    _scan(page, _lots(shop)[0].code)
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    _until(page, "done")
    assert "-X000001" in _number(page)
    _sent(page)
    _prove(shop)
    assert _ask(shop, "SELECT COUNT(*) FROM sale WHERE register = 'T2'") == [(0,)]


# At the counter


def _enrol(shop: Shop, page: Page, language: str) -> None:
    app = create_app(shop.settings)
    with app.app_context(), transaction() as session:
        hub = session.query(Hub).one()
        code = open_enrolment(session, hub.id, "T2", by="hind", now=datetime.now(UTC))
    page.goto(f"/pos/?lang={language}")
    assert page.get_attribute("html", "lang") == language
    page.fill("[name=code]", f"{code[:4]} {code[4:].lower()}")
    page.keyboard.press("Enter")
    _until(page, "people")


def _come_in(page: Page, login: str, pin: str | None = None, *, waits: bool = True) -> None:
    _until(page, "people")
    page.click(f".till-person:has-text('{login.capitalize()}')")
    _until(page, "pin")
    for digit in pin or PINS[login]:
        page.click(f"[data-pad=pin] [data-key='{digit}']")
    page.keyboard.press("Enter")
    if waits:
        page.wait_for_selector(".screen:is([data-screen=opening], [data-screen=sell]):not([hidden])")


def _count(page: Page, name: str, pieces: dict[int, int]) -> None:
    _until(page, name)
    for value, count in pieces.items():
        page.fill(f"[data-pieces={name}] [data-piece='{value}']", str(count))


def _press(page: Page, form: str) -> None:
    page.click(f"[data-form={form}] [type=submit].button-main")


def _scan(page: Page, text: str) -> None:
    """As a scanner types: faster than a hand, wherever the focus is."""
    _until(page, "sell")
    page.evaluate(_SCAN, text)


def _find(page: Page, number: str) -> None:
    _until(page, "sell")
    page.keyboard.press("F4")
    page.fill("#refund-number", number)
    page.keyboard.press("Enter")
    page.locator("[data-form=return]").wait_for()


def _allow(page: Page) -> None:
    page.locator("#approve[open]").wait_for()
    page.fill("#approve-pin", PINS["hind"])
    page.keyboard.press("Enter")


def _screen(page: Page, name: str) -> Locator:
    return page.locator(f".screen[data-screen={name}]")


def _until(page: Page, name: str) -> None:
    page.wait_for_selector(f".screen[data-screen={name}]:not([hidden])")


def _sent(page: Page) -> None:
    expect(page.locator("[data-net]")).to_have_class(re.compile("done"), timeout=15_000)


def _says(page: Page, name: str, words: str) -> None:
    expect(_screen(page, name).locator("[data-error]")).to_contain_text(words)


def _message(page: Page, words: str) -> None:
    expect(page.locator("[data-message]")).to_contain_text(words)


def _amount(place: Locator) -> int:
    expect(place).to_have_attribute("data-amount", re.compile(r"\d"))
    return int(re.sub(r"\D", "", place.get_attribute("data-amount") or ""))


def _number(page: Page) -> str:
    found = re.search(r"T2-1-X?\d{6}", page.inner_text("#done-title"))
    assert found
    return found[0]


def _shown(centimes: int, language: str) -> str:
    from almakane.web.formats import figure  # noqa: PLC0415

    return figure(centimes, language)


# The books


def _lots(shop: Shop) -> list[Lot]:
    cheap, other, *_between, dear = [Lot(*row) for row in _ask(shop, _LOTS)]
    return [cheap, other, dear]


def _ask(shop: Shop, query: str) -> list[Any]:
    path = shop.settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as books:
        return books.execute(query).fetchall()


def _prove(shop: Shop) -> None:
    engine = create_engine(shop.settings.database_url)
    with engine.connect() as connection:
        assert prove(connection) == []
    engine.dispose()
