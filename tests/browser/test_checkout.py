"""Two people buy: one whose browser runs no script, one in Arabic on a phone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text

from tests.browser.conftest import DESKTOP, PHONE, Opens, Shop

_AXE = Axe()


def put_two_in(page: Page) -> None:
    """The first two pieces of the list that can be bought."""
    page.goto("/pieces")
    urls = page.eval_on_selector_all("a.piece", "links => links.map(link => link.href)")
    taken = 0
    for url in urls:
        page.goto(url)
        if page.locator("form.buy").count():
            page.click("form.buy button[type=submit]")
            page.wait_for_url("**/basket")
            taken += 1
        if taken == 2:
            return
    raise AssertionError("There are not two pieces to buy.")


def fill_in(page: Page, name: str) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=phone]", "06 61 23 45 67")
    page.select_option("[name=city]", "Rabat")
    page.fill("[name=address]", "Agdal, rue Oued Fès")


def orders(shop: Shop) -> list[tuple[str, str, int, int]]:
    """Number and language of each, what does not add up in it, and whether delivery is paid."""
    engine = create_engine(shop.settings.database_url)
    try:
        with engine.connect() as connection:
            sql = (
                "SELECT number, language, total - delivery_fee - goods, delivery_fee > 0 "
                "FROM web_order"
            )
            return [tuple(row) for row in connection.execute(text(sql))]
    finally:
        engine.dispose()


def test_somebody_buys_without_a_script(browser: Browser, shop: Shop) -> None:
    context = browser.new_context(
        base_url=shop.url,
        java_script_enabled=False,
        locale="fr",
        viewport={"width": DESKTOP, "height": 900},
    )
    page = context.new_page()
    put_two_in(page)
    page.click("form[action='/basket/checkout'] button")
    fill_in(page, "Nadia Berrada")
    page.click("#recap button[type=submit]")
    # The page was drawn for another city: nothing is ordered before its fee was read.
    expect(page.locator("[name=name]")).to_have_value("Nadia Berrada")
    assert orders(shop) == []
    page.click("#recap button[type=submit]")
    page.wait_for_url("**/o/*")
    assert orders(shop) == [("W-000001", "fr", 0, 1)]
    context.close()


def test_somebody_buys_in_arabic_on_a_phone(opened: Opens, shop: Shop) -> None:
    page = opened(shop, language="ar", width=PHONE)
    put_two_in(page)
    assert _AXE.run(page).response["violations"] == []
    page.click("form[action='/basket/checkout'] button")
    before = page.locator("#recap .price-large").inner_text()
    fill_in(page, "نادية برادة")
    expect(page.locator("#recap .price-large")).not_to_have_text(before)
    assert _AXE.run(page).response["violations"] == []
    page.click("#recap button[type=submit]")
    page.wait_for_url("**/o/*")
    assert _AXE.run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert orders(shop) == [("W-000001", "ar", 0, 1)]
