"""What somebody does at the till's page in Chromium, step by step; and what the books say then."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import create_engine

from almakane.app import create_app
from almakane.check import prove
from almakane.db import transaction
from almakane.demo.hub import PINS
from almakane.hubs.models import Hub
from almakane.journal.enrolment import open_enrolment
from almakane.web.formats import figure
from tests.browser.conftest import Shop

_SCAN = """
(text) => {
  for (const key of [...text, "Enter"]) {
    const code = /\\d/.test(key) ? `Digit${key}` : key;
    const told = new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true });
    (document.activeElement ?? document.body).dispatchEvent(told);
  }
}
"""


def enrol(shop: Shop, page: Page, language: str) -> None:
    app = create_app(shop.settings)
    with app.app_context(), transaction() as session:
        hub = session.query(Hub).one()
        code = open_enrolment(session, hub.id, "T2", by="hind", now=datetime.now(UTC))
    page.goto(f"/pos/?lang={language}")
    assert page.get_attribute("html", "lang") == language
    page.fill("[name=code]", f"{code[:4]} {code[4:].lower()}")
    page.keyboard.press("Enter")
    until(page, "people")


def open_till(shop: Shop, page: Page, language: str) -> None:
    """Enrolled, amina at it, with 500.00 in the drawer."""
    enrol(shop, page, language)
    come_to_till(page, "amina")
    count_pieces(page, "opening", {10_000: 3, 2_000: 10})
    press(page, "opening")


def come_to_till(page: Page, login: str, pin: str | None = None, *, waits: bool = True) -> None:
    until(page, "people")
    page.click(f".till-person:has-text('{login.capitalize()}')")
    until(page, "pin")
    for digit in pin or PINS[login]:
        page.click(f"[data-pad=pin] [data-key='{digit}']")
    page.keyboard.press("Enter")
    if waits:
        page.wait_for_selector(
            ".screen:is([data-screen=opening], [data-screen=sell]):not([hidden])"
        )


def count_pieces(page: Page, name: str, pieces: dict[int, int]) -> None:
    until(page, name)
    for value, count in pieces.items():
        page.fill(f"[data-pieces={name}] [data-piece='{value}']", str(count))


def press(page: Page, form: str) -> None:
    page.click(f"[data-form={form}] [type=submit].button-main")


def scan(page: Page, text: str) -> None:
    """As a scanner types: faster than a hand, wherever the focus is."""
    until(page, "sell")
    page.evaluate(_SCAN, text)


def find_ticket(page: Page, number: str) -> None:
    until(page, "sell")
    page.keyboard.press("F4")
    page.fill("#refund-number", number)
    page.keyboard.press("Enter")
    page.locator("[data-form=return]").wait_for()


def allow(page: Page) -> None:
    page.locator("#approve[open]").wait_for()
    page.fill("#approve-pin", PINS["hind"])
    page.keyboard.press("Enter")


def screen(page: Page, name: str) -> Locator:
    return page.locator(f".screen[data-screen={name}]")


def until(page: Page, name: str) -> None:
    page.wait_for_selector(f".screen[data-screen={name}]:not([hidden])")


def is_sent(page: Page) -> None:
    expect(page.locator("[data-net]")).to_have_class(re.compile("done"), timeout=15_000)


def says(page: Page, name: str, words: str) -> None:
    expect(screen(page, name).locator("[data-error]")).to_contain_text(words)


def says_above(page: Page, words: str) -> None:
    expect(page.locator("[data-message]")).to_contain_text(words)


def shows(place: Locator, centimes: int) -> None:
    """French and Arabic write a figure alike."""
    expect(place).to_have_attribute("data-amount", figure(centimes, "fr"))


def ticket_number(page: Page) -> str:
    found = re.search(r"T2-1-X?\d{6}", page.inner_text("#done-title"))
    assert found
    return found[0]


def ask_books(shop: Shop, query: str) -> list[Any]:
    path = shop.settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as books:
        return books.execute(query).fetchall()


def is_proven(shop: Shop) -> None:
    engine = create_engine(shop.settings.database_url)
    with engine.connect() as connection:
        assert prove(connection) == []
    engine.dispose()
