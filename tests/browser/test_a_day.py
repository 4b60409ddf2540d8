"""
A day of the boutique in Chromium, in French and in Arabic: sold at the till and on the web, the
last piece wanted by two, a refund, an exchange, an order fetched, one sent and remitted, the shift
closed; then what the maker reads, what the statement says, and the proof of the books.
"""

import re
from typing import NamedTuple

from playwright.sync_api import Page, expect

from almakane.money import to_step
from almakane.web.formats import figure
from tests.browser.at_the_till import (
    allow,
    ask_books,
    count_pieces,
    find_ticket,
    is_proven,
    is_sent,
    open_till,
    press,
    scan,
    screen,
    shows,
    ticket_number,
    until,
)
from tests.browser.conftest import PHONE, TILL, Opens, Shop

_FLOAT = 50_000
_HER_MAKER = "TAZ"  # fadma's
_ON_SALE = """
SELECT product.code, lot.code, product.price, maker.code, level.quantity, SUM(level.quantity),
    MIN(lot.id)
FROM product JOIN maker ON maker.id = product.maker_id
JOIN lot ON lot.product_id = product.id
JOIN stock_level level ON level.lot_id = lot.id AND level.quantity > 0
JOIN place ON place.id = level.place_id
WHERE place.kind = 'shelf' AND product.off_web_at IS NULL AND product.disabled_at IS NULL
GROUP BY product.id ORDER BY product.price, product.code
"""
_HER_PART = """
SELECT id, net FROM earning WHERE lot_code = '{}' ORDER BY id DESC LIMIT 1
"""
_HER_STATEMENT = f"""
SELECT statement.number, statement.closing FROM statement
JOIN maker ON maker.id = statement.maker_id
WHERE maker.code = '{_HER_MAKER}' AND artisan_id IS NULL ORDER BY statement.id DESC LIMIT 1
"""


class Piece(NamedTuple):
    """A product on the shelf, and its oldest lot there: the one that the web sells."""

    product: str
    code: str
    price: int
    maker: str
    quantity: int  # of that lot
    in_all: int


def test_a_day_is_lived_through_in_french(shop: Shop, opened: Opens) -> None:
    _live(shop, opened, "fr")


def test_a_day_is_lived_through_in_arabic(shop: Shop, opened: Opens) -> None:
    _live(shop, opened, "ar")


def _live(shop: Shop, opened: Opens, language: str) -> None:
    hers, sent, last, some, other = _choose(shop)
    till = opened(shop, language=language, width=TILL)
    open_till(shop, till, language)
    drawer = _FLOAT

    number = _sell(till, [some, other])
    drawer += to_step(some.price + other.price, 10)

    to_fetch = _order(opened(shop, language=language, width=PHONE), hers, "pickup")
    to_send = _order(opened(shop, language=language), sent, "delivery")

    late = opened(shop, language=language, width=PHONE)
    _open_checkout(late, last, "pickup")
    _sell(till, [last])
    drawer += to_step(last.price, 10)
    late.click("#recap button[type=submit]")
    expect(late.locator("main :is([role=alert], [role=status])").first).to_be_visible()
    assert "/o/" not in late.url
    assert ask_books(shop, "SELECT COUNT(*) FROM web_order") == [(2,)]

    salma = opened(shop, "salma", language=language)
    _send(salma, to_send, sent)
    _make_ready(salma, to_fetch, hers)
    fetched = _hand_over(till, to_fetch)
    drawer += to_step(hers.price, 10)

    _give_back(till, number)
    drawer -= to_step(some.price, 10)
    drawer += _exchange(till, number, other, some)
    _close(till, drawer)

    _maker_reads(shop, opened(shop, "fadma", language=language, width=PHONE), hers)
    _is_stated(shop, opened(shop, "nadia", language=language), fetched, hers)
    is_proven(shop)


def _choose(shop: Shop) -> list[Piece]:
    """Hers to be fetched, one to be sent, one that is the last, and two of which there are some."""
    pieces = [Piece(*row[:6]) for row in ask_books(shop, _ON_SALE)]
    hers = next(one for one in pieces if one.maker == _HER_MAKER)
    others = [one for one in pieces if one.maker != _HER_MAKER]
    last = next(one for one in others if one.in_all == 1)
    sent, some, other = [one for one in others if one.quantity > 1][:3]
    return [hers, sent, last, some, other]


# At the till


def _sell(till: Page, pieces: list[Piece]) -> str:
    for piece in pieces:
        scan(till, piece.code)
    return _pay_in_cash(till, to_step(sum(piece.price for piece in pieces), 10))


def _pay_in_cash(till: Page, due: int) -> str:
    until(till, "sell")
    shows(screen(till, "sell").locator("[data-due]"), due)
    till.keyboard.press("F9")
    till.keyboard.press("Enter")
    until(till, "done")
    number = ticket_number(till)
    till.keyboard.press("Enter")
    is_sent(till)
    return number


def _hand_over(till: Page, number: str) -> str:
    """An order is paid where it is fetched: a ticket of this till."""
    until(till, "sell")
    till.keyboard.press("F8")
    till.click("[data-act=orders]")
    until(till, "orders")
    till.fill("#orders-q", number)
    till.keyboard.press("Enter")
    till.locator(".till-order", has_text=number).locator("button").click()
    until(till, "sell")
    till.keyboard.press("F9")
    till.keyboard.press("Enter")
    until(till, "done")
    ticket = ticket_number(till)
    till.keyboard.press("Enter")
    is_sent(till)
    return ticket


def _give_back(till: Page, number: str) -> None:
    find_ticket(till, number)
    screen(till, "refund").locator("[data-backs] [data-step='1']").first.click()
    press(till, "return")
    allow(till)
    until(till, "sell")
    till.keyboard.press("F9")
    till.keyboard.press("Enter")
    until(till, "done")
    till.keyboard.press("Enter")
    is_sent(till)


def _exchange(till: Page, number: str, back: Piece, instead: Piece) -> int:
    """The last piece of a ticket comes back (the till has chosen it), another goes out."""
    find_ticket(till, number)
    press(till, "return")
    allow(till)
    scan(till, instead.code)
    expect(screen(till, "sell").locator(".line")).to_have_count(2)
    till.keyboard.press("F9")
    till.keyboard.press("Enter")
    until(till, "done")
    till.keyboard.press("Enter")
    is_sent(till)
    return to_step(instead.price - back.price, 10)


def _close(till: Page, drawer: int) -> None:
    form = till.locator("[data-form=closing]")
    until(till, "sell")
    till.keyboard.press("F8")
    till.click("[data-act=closing]")
    count_pieces(till, "closing", {10: drawer // 10})
    press(till, "closing")
    shows(form.locator("[data-difference]"), 0)
    press(till, "closing")
    until(till, "report")
    expect(screen(till, "report").locator("[data-receipt]")).to_contain_text(figure(drawer, "fr"))
    is_sent(till)


# On the web


def _open_checkout(page: Page, piece: Piece, way: str) -> None:
    page.goto(f"/pieces/{piece.product}")
    page.click("form.buy button[type=submit]")
    page.wait_for_url("**/basket")
    page.click("form[action='/basket/checkout'] button")
    page.wait_for_url("**/checkout")
    chosen = page.locator(f"[name=way][value={way}]")
    if not chosen.is_checked():
        with page.expect_response("**/checkout/recap"):
            chosen.check()
    if way == "delivery":
        with page.expect_response("**/checkout/recap"):
            page.select_option("[name=city]", "Rabat")
        page.fill("[name=address]", "Agdal, rue Oued Fès")
    page.fill("[name=name]", "Nadia Berrada")
    page.fill("[name=phone]", "06 61 23 45 67")


def _order(page: Page, piece: Piece, way: str) -> str:
    _open_checkout(page, piece, way)
    page.click("#recap button[type=submit]")
    page.wait_for_url("**/o/*")
    found = re.search(r"W-\d{6}", page.inner_text("main"))
    assert found
    return found[0]


# At the desk


def _act(page: Page, number: str, name: str) -> None:
    page.locator(f"form[action='/orders/{number}/acts/{name}'] button").click()
    page.wait_for_load_state()


def _pick(page: Page, number: str, piece: Piece) -> None:
    page.fill("form[action$='/picks'] input[name=code]", piece.code)
    page.locator("form[action$='/picks'] button[type=submit]").click()
    page.wait_for_load_state()


def _send(page: Page, number: str, piece: Piece) -> None:
    """Called, picked, packed, given to the courier, who brings the money."""
    page.goto(f"/orders/{number}")
    _act(page, number, "confirmation")
    _pick(page, number, piece)
    _act(page, number, "packing")
    page.locator("form[action$='/shipment'] input[name=tracking]").fill("AM 4512 MA")
    page.locator("form[action$='/shipment'] button[type=submit]").click()
    page.wait_for_load_state()
    _act(page, number, "remittance")


def _make_ready(page: Page, number: str, piece: Piece) -> None:
    page.goto(f"/orders/{number}")
    _pick(page, number, piece)
    _act(page, number, "readiness")


# Afterwards


def _maker_reads(shop: Shop, page: Page, piece: Piece) -> None:
    """Her part of what was fetched, as the terms of its lot divide it, to the centime."""
    [(sale, net)] = ask_books(shop, _HER_PART.format(piece.code))
    assert net < piece.price
    page.goto("/portal/sales")
    line = page.locator(f".line[href='/portal/sales/{sale}']")
    expect(line).to_contain_text(figure(net, "fr"))
    expect(line.locator(".badge.waits")).to_have_count(1)


def _is_stated(shop: Shop, page: Page, ticket: str, piece: Piece) -> None:
    """A statement for each account; hers has the ticket's row, and ends at her balance."""
    page.goto("/statements")
    page.click("form.draw button")
    page.wait_for_load_state()
    [(number, closing)] = ask_books(shop, _HER_STATEMENT)
    page.goto(f"/statements/{number}?page=all")
    [(_sale, net)] = ask_books(shop, _HER_PART.format(piece.code))
    row = page.locator("tr", has_text=ticket)
    for amount in (piece.price, net):
        assert figure(amount, "fr") in row.inner_text()
    assert figure(closing, "fr") in page.locator("main table").first.locator("tr").last.inner_text()
