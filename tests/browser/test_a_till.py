"""
The till's page in Chromium, in French and in Arabic, under a finger, a keyboard and a scanner: a
day from the enrolment to the Z, and what goes wrong at a counter.
"""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NamedTuple

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import create_engine

from almakane.app import create_app
from almakane.check import prove
from almakane.db import transaction
from almakane.demo.hub import PINS
from almakane.hubs.models import Hub
from almakane.journal.enrolment import open_enrolment
from almakane.money import rate, to_step
from almakane.web.formats import figure
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
_FETCHED = """
SELECT web_order.number, SUM(sale_line.total), MIN(hold.ended_by) FROM web_order
JOIN sale ON sale.customer = web_order.uid JOIN sale_line ON sale_line.sale_id = sale.id
JOIN web_order_line line ON line.order_id = web_order.id JOIN hold ON hold.uid = line.hold_uid
GROUP BY web_order.number
"""
_SCAN = """
(text) => {
  for (const key of [...text, "Enter"]) {
    const code = /\\d/.test(key) ? `Digit${key}` : key;
    const told = new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true });
    (document.activeElement ?? document.body).dispatchEvent(told);
  }
}
"""


IN_CASH = 5_050  # of a ticket whose rest is paid by card


class Lot(NamedTuple):
    code: str
    price: int


def test_a_day_from_the_enrolment_to_the_z_in_french(shop: Shop, opened: Opens) -> None:
    _live_a_day(shop, opened(shop, language="fr", width=TILL), "fr")


def test_a_day_from_the_enrolment_to_the_z_in_arabic(shop: Shop, opened: Opens) -> None:
    _live_a_day(shop, opened(shop, language="ar", width=TILL), "ar")


def _live_a_day(shop: Shop, page: Page, language: str) -> None:
    lots = _lots(shop)
    _open(shop, page, language)
    sold = _sell_three(page, lots)
    _give_one_back(page, sold, lots)
    _exchange(page, sold, lots)
    _close(page, 50_000 + IN_CASH + lots[2].price - lots[1].price)
    _prove(shop)
    told = _ask(shop, _OUTCOMES)
    assert [kind for kind, _outcome, _flags in told] == [
        *("shift_opened", "sale", "refund", "sale", "shift_closed")
    ]
    assert {(outcome, flags) for _kind, outcome, flags in told} == {("recorded", "")}


def _sell_three(page: Page, lots: list[Lot]) -> str:
    """Two that are scanned, one that is searched and reduced; by card, the rest in cash."""
    cheap, other, dear = lots
    sell, pay, done = (_screen(page, name) for name in ("sell", "pay", "done"))
    _scan(page, cheap.code)
    _scan(page, other.code)
    page.keyboard.press("/")
    page.keyboard.type(dear.code, delay=60)  # a hand, into the search
    page.keyboard.press("Enter")
    expect(sell.locator(".line")).to_have_count(3)
    assert page.input_value("#till-search") == ""
    page.locator("#till-search").blur()
    page.keyboard.press("F2")
    page.fill("#bargain-value", "10")
    page.keyboard.press("Enter")
    total = cheap.price + other.price + dear.price - rate(dear.price, 1_000)
    _shows(sell.locator("[data-due]"), to_step(total, 10))

    page.keyboard.press("F9")
    pay.locator("[data-lang]").select_option("en")  # a tourist reads the ticket
    page.keyboard.press("F4")
    for digit in str(total - IN_CASH):
        pay.locator(f"[data-key='{digit}']").click()
    page.fill("#pay-slip", "004512")
    page.keyboard.press("Enter")
    pay.locator("[data-note='10000']").click()
    _shows(pay.locator("[data-change]"), 10_000 - IN_CASH)
    page.keyboard.press("Enter")
    _until(page, "done")
    _shows(done.locator("[data-change]"), 10_000 - IN_CASH)
    number = _number(page)
    expect(done.locator("[data-receipt]")).to_contain_text(f"Ticket {number}")
    assert done.locator("[data-receipt]").get_attribute("lang") == "en"
    page.keyboard.press("Enter")
    _sent(page)
    return number


def _give_one_back(page: Page, sold: str, lots: list[Lot]) -> None:
    """Money goes back as it came: to the card."""
    _find(page, sold)
    _screen(page, "refund").locator("[data-backs] [data-step='1']").first.click()
    _press(page, "return")
    _allow(page)
    _until(page, "sell")
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    _until(page, "done")
    _shows(_screen(page, "done").locator("[data-change]"), lots[0].price)
    page.keyboard.press("Enter")
    _sent(page)


def _exchange(page: Page, sold: str, lots: list[Lot]) -> None:
    """For a dearer one: the difference is paid; what has come back cannot come again."""
    _cheap, other, dear = lots
    _find(page, sold)
    backs = _screen(page, "refund").locator("[data-backs] li")
    assert backs.nth(0).locator("[data-step='1']").is_disabled()
    backs.nth(1).locator("[data-step='1']").click()
    _press(page, "return")
    _allow(page)
    _scan(page, dear.code)
    page.keyboard.press("F9")
    _shows(_screen(page, "pay").locator("[data-due]"), dear.price - other.price)
    page.keyboard.press("Enter")
    _until(page, "done")
    page.keyboard.press("Enter")


def _close(page: Page, drawer: int) -> None:
    """Counted blind, with a coin too few, then right."""
    form = page.locator("[data-form=closing]")
    _until(page, "sell")
    page.keyboard.press("F8")
    page.click("[data-act=closing]")
    _count(page, "closing", {10: drawer // 10 - 10})
    assert not form.locator("[data-step=differs]").is_visible()
    _press(page, "closing")
    _shows(form.locator("[data-expected]"), drawer)
    _shows(form.locator("[data-difference]"), 100)
    page.click("[data-act=count-again]")
    _count(page, "closing", {10: drawer // 10})
    _press(page, "closing")
    _shows(form.locator("[data-difference]"), 0)
    _press(page, "closing")
    _until(page, "report")
    z = _screen(page, "report").locator("[data-receipt]")
    expect(z).to_contain_text(figure(drawer, "fr"))
    _sent(page)


def test_who_does_not_know_the_code_or_the_pin_stays_out(shop: Shop, opened: Opens) -> None:
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
        page.click("[data-screen=pin] [data-act=people]")
    _come_in(page, "amina", waits=False)
    _says(page, "pin", "Trop de codes PIN faux")


def test_what_goes_wrong_at_the_counter_is_told_and_costs_nothing(
    shop: Shop, opened: Opens
) -> None:
    page = opened(shop, language="fr", width=TILL)
    _open(shop, page, "fr")
    lines = _screen(page, "sell").locator(".line")
    _scan(page, "9999999999999")
    _message(page, "Aucune pièce n’a le code 9999999999999")
    _scan(page, _ask(shop, _GONE)[0][0])
    _message(page, "est vendue")
    assert lines.count() == 0

    page.focus("#till-search")
    _scan(page, _lots(shop)[0].code)  # never through the search box
    assert page.input_value("#till-search") == ""
    expect(lines).to_have_count(1)
    page.reload()  # nothing is lost, and who was there says so again
    _come_in(page, "amina")
    expect(lines).to_have_count(1)

    page.keyboard.press("F9")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    _says(page, "pay", "Rien n’est encore encaissé")
    page.keyboard.press("Escape")

    # A network that wants a click of its own first: no answer of ours comes.
    page.route("**/pos/**", lambda route: route.fulfill(status=404, body="<p>Acceptez</p>"))
    _scan(page, "8888888888888")
    _message(page, "le serveur ne répond pas")
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    _until(page, "done")
    expect(page.locator("[data-net]")).to_contain_text("Non envoyés\u00a0: 1")
    page.keyboard.press("Enter")
    page.unroute_all()
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


def test_training_sells_nothing(shop: Shop, opened: Opens) -> None:
    page = opened(shop, language="fr", width=TILL)
    _open(shop, page, "fr")
    _until(page, "sell")
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
    assert _ask(shop, "SELECT COUNT(*) FROM sale WHERE number LIKE 'T2-%'") == [(0,)]


def test_a_web_order_is_fetched_and_paid_at_the_till(shop: Shop, opened: Opens) -> None:
    _order_to_fetch(opened(shop, language="fr"))
    [(number, total)] = _ask(shop, "SELECT number, total FROM web_order")
    _make_ready(shop, opened(shop, "salma", language="fr"), number)

    page = opened(shop, language="fr", width=TILL)
    _open(shop, page, "fr")
    _until(page, "sell")
    page.keyboard.press("F8")
    page.click("[data-act=orders]")
    card = _screen(page, "orders").locator(".till-order")
    expect(card).to_contain_text(number)
    assert not card.locator("[data-advance]").is_visible()
    card.locator("button").click()
    _until(page, "sell")
    page.keyboard.press("F9")
    _shows(_screen(page, "pay").locator("[data-due]"), to_step(total, 10))
    page.keyboard.press("Enter")
    _until(page, "done")
    page.keyboard.press("Enter")
    _sent(page)

    _prove(shop)
    assert [row[:2] for row in _ask(shop, _OUTCOMES)] == [
        *(("shift_opened", "recorded"), ("sale", "recorded"))
    ]
    assert _ask(shop, _FETCHED) == [(number, total, "taken")]
    page.keyboard.press("F8")
    page.click("[data-act=orders]")
    expect(_screen(page, "orders").locator("[data-error]")).to_contain_text("Aucune commande")


def _order_to_fetch(page: Page) -> None:
    """Somebody orders the first piece that there is, to fetch it."""
    page.goto("/pieces")
    for url in page.eval_on_selector_all("a.piece", "links => links.map(link => link.href)"):
        page.goto(url)
        if page.locator("form.buy").count():
            break
    page.click("form.buy button[type=submit]")
    page.wait_for_url("**/basket")
    page.click("form[action='/basket/checkout'] button")
    with page.expect_response("**/recap*"):
        page.check("[name=way][value=pickup]")
    page.fill("[name=name]", "Nadia Berrada")
    page.fill("[name=phone]", "06 61 23 45 67")
    page.click("#recap button[type=submit]")
    page.wait_for_url("**/o/*")


def _make_ready(shop: Shop, page: Page, number: str) -> None:
    """Its pieces are taken from the shelf by their labels, and put behind the counter."""
    page.goto(f"/orders/{number}")
    for (code,) in _ask(shop, "SELECT code FROM web_order_line"):
        page.fill("#code", code)
        page.keyboard.press("Enter")
    page.click("form[action$='/readiness'] button")
    expect(page.locator("form[action$='/keeping']")).to_be_visible()


def test_a_till_that_nobody_touches_is_locked_and_keeps_its_basket(
    shop: Shop, opened: Opens
) -> None:
    page = opened(shop, language="fr", width=TILL)
    page.clock.install()
    _open(shop, page, "fr")
    _scan(page, _lots(shop)[0].code)
    expect(_screen(page, "sell").locator(".line")).to_have_count(1)
    page.clock.fast_forward("08:00")
    page.keyboard.press("ArrowUp")
    page.clock.fast_forward("08:00")
    _until(page, "sell")
    page.keyboard.press("F8")
    page.clock.fast_forward("10:30")
    _until(page, "people")
    expect(_screen(page, "people").locator("[data-why]")).to_contain_text("Le panier est gardé")
    _come_in(page, "amina")
    expect(_screen(page, "sell").locator(".line")).to_have_count(1)


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


def _open(shop: Shop, page: Page, language: str) -> None:
    """Enrolled, amina at it, with 500.00 in the drawer."""
    _enrol(shop, page, language)
    _come_in(page, "amina")
    _count(page, "opening", {10_000: 3, 2_000: 10})
    _press(page, "opening")


def _come_in(page: Page, login: str, pin: str | None = None, *, waits: bool = True) -> None:
    _until(page, "people")
    page.click(f".till-person:has-text('{login.capitalize()}')")
    _until(page, "pin")
    for digit in pin or PINS[login]:
        page.click(f"[data-pad=pin] [data-key='{digit}']")
    page.keyboard.press("Enter")
    if waits:
        page.wait_for_selector(
            ".screen:is([data-screen=opening], [data-screen=sell]):not([hidden])"
        )


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


def _shows(place: Locator, centimes: int) -> None:
    """French and Arabic write a figure alike."""
    expect(place).to_have_attribute("data-amount", figure(centimes, "fr"))


def _number(page: Page) -> str:
    found = re.search(r"T2-1-X?\d{6}", page.inner_text("#done-title"))
    assert found
    return found[0]


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
