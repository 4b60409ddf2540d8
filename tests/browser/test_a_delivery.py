"""
A delivery's life in Chromium: two makers announce it from their phones in Arabic, it is taken in at
the counter on a phone, signed, labelled and counted; a piece is missing, two go back, and the
makers read all of it in Arabic.
"""

import re
import sqlite3
from contextlib import closing
from typing import Any

from playwright.sync_api import Locator, Page
from sqlalchemy import create_engine

from almakane.check import prove
from tests.browser.conftest import PHONE, Opens, Shop

MAKERS = (("fadma", "TAZ"), ("sanae", "CAF"))
EACH = (20, 10)  # of two products: thirty pieces a maker, sixty in all

_HERS = """
SELECT lot.code, SUM(level.quantity) FROM stock_level level
JOIN lot ON lot.id = level.lot_id
JOIN place ON place.id = level.place_id
JOIN maker ON maker.id = lot.maker_id
WHERE maker.code = ? AND place.kind = 'shelf' AND level.quantity > 0
GROUP BY lot.code ORDER BY MAX(level.quantity) DESC, lot.code
"""
_ANNOUNCED = """
SELECT MAX(intake.id) FROM intake JOIN maker ON maker.id = intake.maker_id WHERE maker.code = ?
"""
_PRODUCT = """
SELECT product.code FROM lot JOIN product ON product.id = lot.product_id WHERE lot.code = ?
"""


def test_sixty_pieces_come_are_counted_and_partly_go(shop: Shop, opened: Opens) -> None:
    makers = {login: opened(shop, login, language="ar", width=PHONE) for login, _code in MAKERS}
    salma = opened(shop, "salma", width=PHONE)
    for login, _code in MAKERS:
        _announce(makers[login])
    for _login, code in MAKERS:
        [(intake,)] = _ask(shop, _ANNOUNCED, code)
        _take_in(salma, intake)

    lots = _shelf(shop, "TAZ")
    missing = next(code for code, quantity in lots.items() if quantity > 3)
    hind = opened(shop, "hind")
    _count(hind, {**lots, missing: lots[missing] - 1}, "TAZ")
    assert _shelf(shop, "TAZ") == {**lots, missing: lots[missing] - 1}

    _give_back(salma, "TAZ", missing, 2)
    assert _shelf(shop, "TAZ")[missing] == lots[missing] - 3

    [(product,)] = _ask(shop, _PRODUCT, missing)
    _reads(makers["fadma"], product)
    engine = create_engine(shop.settings.database_url)
    with engine.connect() as connection:
        assert prove(connection) == []
    engine.dispose()


def _announce(page: Page) -> None:
    page.goto("/portal/deliveries")
    before = page.locator(".badge.waits").count()
    page.click("a[href$='/announcements/new'], a.button-main")
    page.click("button[name=more]")
    for n, quantity in enumerate(EACH):
        products = page.locator(f"select[name=lines-{n}-product]")
        products.select_option(index=n + 1)
        page.fill(f"input[name=lines-{n}-quantity]", str(quantity))
    _press(page, page.locator("main form button.button-main"))
    page.goto("/portal/deliveries")
    assert page.locator(".badge.waits").count() == before + 1


def _take_in(page: Page, intake: int) -> None:
    page.goto("/deliveries")
    page.locator(f"main a.button[href='/deliveries/{intake}']").click()
    page.click("form[action$='/arrival'] button")
    page.click("form[action$='/counts'] button")
    page.click("a[href*='/signature']")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 30 + 20 * step, box["y"] + 40 + 25 * (step % 2))
    page.mouse.up()
    page.fill("input[name=signer]", "فاطمة أيت لحسن")
    _press(page, page.locator("button[name=how][value=screen]"))
    assert re.search(r"/consignments/[^/]+$", page.url)
    assert str(sum(EACH)) in page.locator("main .price-large").inner_text()
    for paper in ("/labels.pdf", "slip.pdf"):
        link = page.locator(f"a[href*='{paper}']").first.get_attribute("href")
        answer = page.context.request.get(link or "")
        assert answer.ok
        assert answer.body().startswith(b"%PDF")


def _count(page: Page, seen: dict[str, int], maker: str) -> None:
    page.goto(f"/counts/new?maker={maker}")
    _press(page, page.locator("main form button.button-main"))
    for code, quantity in seen.items():
        page.fill("input[name=code]", code)
        page.fill("input[name=quantity]", str(quantity))
        page.press("input[name=code]", "Enter")
        page.locator("#seen .code", has_text=code).first.wait_for()
    page.click("a[href$='/review']")
    assert page.locator("input[name=written]").count() == 1
    _press(page, page.locator("form[action$='/closing'] button.button-main"))
    assert "/review" not in page.url


def _give_back(page: Page, maker: str, code: str, quantity: int) -> None:
    page.goto(f"/makers/{maker}/return")
    page.locator("tr", has_text=code).locator("input.goes").fill(str(quantity))
    page.fill("input[name=signer]", "فاطمة أيت لحسن")
    _press(page, page.locator("form[action$='/return'] button.button-main"))
    assert re.search(r"/returns/[^/]+$", page.url)


def _reads(page: Page, product: str) -> None:
    page.goto("/portal/deliveries")
    assert page.locator(".badge.done").count() >= 1
    assert page.locator("a[href*='/portal/returns/']").count() >= 1
    page.goto(f"/portal/pieces/{product}")
    assert page.get_attribute("html", "dir") == "rtl"
    told = page.locator("main").inner_text()
    for word in ("ضاعت عندنا", "أُرجعت إليكم", "توصلنا بها منكم"):
        assert word in told


def _press(page: Page, button: Locator) -> None:
    """Press a button that leads to another page, and wait for it."""
    with page.expect_navigation():
        button.first.click()


def _shelf(shop: Shop, maker: str) -> dict[str, int]:
    return dict(_ask(shop, _HERS, maker))


def _ask(shop: Shop, question: str, value: str) -> list[Any]:
    path = shop.settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as database:
        return database.execute(question, (value,)).fetchall()
