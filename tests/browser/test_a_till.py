"""
The till's page in Chromium, in French and in Arabic, under a finger, a keyboard and a scanner: a
day from the enrolment to the Z, and what goes wrong at a counter.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect
from sqlalchemy import select

from almakane.app import create_app
from almakane.db import transaction
from almakane.inventory.deed import Deed
from almakane.journal.server import new_uid
from almakane.money import rate, to_step
from almakane.sales.deposits import take_deposit
from almakane.shop.models import WebOrder
from almakane.web.formats import figure
from tests.browser.at_the_till import (
    allow,
    ask_books,
    come_to_till,
    count_pieces,
    enrol,
    find_ticket,
    is_proven,
    is_sent,
    open_till,
    press,
    says,
    says_above,
    scan,
    screen,
    shows,
    ticket_number,
    until,
)
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


_ON_CARDS = """
SELECT substr(code, 1, instr(code, ':') - 1) AS kind,
    (SELECT COALESCE(SUM(amount), 0) FROM posting WHERE credit_id = account.id)
    - (SELECT COALESCE(SUM(amount), 0) FROM posting WHERE debit_id = account.id)
FROM account WHERE code LIKE 'giftcard:%' OR code LIKE 'credit:%' ORDER BY kind
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
    open_till(shop, page, language)
    _tells_the_hour(page)
    sold = _sell_three(page, lots)
    _give_one_back(page, sold, lots)
    _exchange(page, sold, lots)
    _close(page, 50_000 + IN_CASH + lots[2].price - lots[1].price)
    is_proven(shop)
    told = ask_books(shop, _OUTCOMES)
    assert [kind for kind, _outcome, _flags in told] == [
        *("shift_opened", "sale", "refund", "sale", "shift_closed")
    ]
    assert {(outcome, flags) for _kind, outcome, flags in told} == {("recorded", "")}


def _tells_the_hour(page: Page) -> None:
    """As the house's clock has it, which may have changed since the browser was made."""
    now = datetime.now(ZoneInfo("Africa/Casablanca"))
    page.wait_for_function("document.querySelector('[data-lots]').dataset.lots > 0")
    told = page.inner_text("[data-clock]").replace("\u00a0h\u00a0", ":")
    assert any(f"{at:%H:%M}" in told for at in (now - timedelta(minutes=1), now)), told


def _sell_three(page: Page, lots: list[Lot]) -> str:
    """Two that are scanned, one that is searched and reduced; by card, the rest in cash."""
    cheap, other, dear = lots
    sell, pay, done = (screen(page, name) for name in ("sell", "pay", "done"))
    scan(page, cheap.code)
    scan(page, other.code)
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
    shows(sell.locator("[data-due]"), to_step(total, 10))

    page.keyboard.press("F9")
    pay.locator("[data-lang]").select_option("en")  # a tourist reads the ticket
    page.keyboard.press("F4")
    for digit in str(total - IN_CASH):
        pay.locator(f"[data-key='{digit}']").click()
    page.fill("#pay-slip", "004512")
    page.keyboard.press("Enter")
    pay.locator("[data-note='10000']").click()
    shows(pay.locator("[data-change]"), 10_000 - IN_CASH)
    page.keyboard.press("Enter")
    until(page, "done")
    shows(done.locator("[data-change]"), 10_000 - IN_CASH)
    number = ticket_number(page)
    expect(done.locator("[data-receipt]")).to_contain_text(f"Ticket {number}")
    assert done.locator("[data-receipt]").get_attribute("lang") == "en"
    page.keyboard.press("Enter")
    is_sent(page)
    return number


def _give_one_back(page: Page, sold: str, lots: list[Lot]) -> None:
    """Money goes back as it came: to the card."""
    find_ticket(page, sold)
    screen(page, "refund").locator("[data-backs] [data-step='1']").first.click()
    press(page, "return")
    allow(page)
    until(page, "sell")
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    until(page, "done")
    shows(screen(page, "done").locator("[data-change]"), lots[0].price)
    page.keyboard.press("Enter")
    is_sent(page)


def _exchange(page: Page, sold: str, lots: list[Lot]) -> None:
    """For a dearer one: the difference is paid; what has come back cannot come again."""
    _cheap, other, dear = lots
    find_ticket(page, sold)
    backs = screen(page, "refund").locator("[data-backs] li")
    assert backs.nth(0).locator("[data-step='1']").is_disabled()
    backs.nth(1).locator("[data-step='1']").click()
    press(page, "return")
    allow(page)
    scan(page, dear.code)
    page.keyboard.press("F9")
    shows(screen(page, "pay").locator("[data-due]"), dear.price - other.price)
    page.keyboard.press("Enter")
    until(page, "done")
    page.keyboard.press("Enter")


def _close(page: Page, drawer: int) -> None:
    """Counted blind, with a coin too few, then right."""
    form = page.locator("[data-form=closing]")
    until(page, "sell")
    page.keyboard.press("F8")
    page.click("[data-act=closing]")
    count_pieces(page, "closing", {10: drawer // 10 - 10})
    assert not form.locator("[data-step=differs]").is_visible()
    press(page, "closing")
    shows(form.locator("[data-expected]"), drawer)
    shows(form.locator("[data-difference]"), 100)
    page.click("[data-act=count-again]")
    count_pieces(page, "closing", {10: drawer // 10})
    press(page, "closing")
    shows(form.locator("[data-difference]"), 0)
    press(page, "closing")
    until(page, "report")
    z = screen(page, "report").locator("[data-receipt]")
    expect(z).to_contain_text(figure(drawer, "fr"))
    is_sent(page)


def test_who_does_not_know_the_code_or_the_pin_stays_out(shop: Shop, opened: Opens) -> None:
    page = opened(shop, language="fr", width=TILL)
    page.goto("/pos/?lang=fr")
    page.fill("[name=code]", "abcd")
    page.keyboard.press("Enter")
    says(page, "enrol", "huit caractères")
    page.fill("[name=code]", "ABCD2345")
    page.keyboard.press("Enter")
    says(page, "enrol", "Le code est faux")
    enrol(shop, page, "fr")
    for _try in range(5):
        come_to_till(page, "amina", "9999", waits=False)
        says(page, "pin", "faux")
        page.click("[data-screen=pin] [data-act=people]")
    come_to_till(page, "amina", waits=False)
    says(page, "pin", "Trop de codes PIN faux")


def test_what_goes_wrong_at_the_counter_is_told_and_costs_nothing(
    shop: Shop, opened: Opens
) -> None:
    page = opened(shop, language="fr", width=TILL)
    open_till(shop, page, "fr")
    lines = screen(page, "sell").locator(".line")
    scan(page, "9999999999999")
    says_above(page, "Aucune pièce n’a le code 9999999999999")
    scan(page, ask_books(shop, _GONE)[0][0])
    says_above(page, "est vendue")
    assert lines.count() == 0

    page.focus("#till-search")
    scan(page, _lots(shop)[0].code)  # never through the search box
    assert page.input_value("#till-search") == ""
    expect(lines).to_have_count(1)
    page.reload()  # nothing is lost, and who was there says so again
    come_to_till(page, "amina")
    expect(lines).to_have_count(1)

    page.keyboard.press("F9")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    says(page, "pay", "Rien n’est encore encaissé")
    page.keyboard.press("Escape")

    # A network that wants a click of its own first: no answer of ours comes.
    page.route("**/pos/**", lambda route: route.fulfill(status=404, body="<p>Acceptez</p>"))
    scan(page, "8888888888888")
    says_above(page, "le serveur ne répond pas")
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    until(page, "done")
    expect(page.locator("[data-net]")).to_contain_text("Non envoyés\u00a0: 1")
    page.keyboard.press("Enter")
    page.unroute_all()
    page.click("[data-net]")
    page.click("[data-act=send]")
    page.keyboard.press("Escape")
    is_sent(page)
    is_proven(shop)
    assert [kind for kind, _outcome, _flags in ask_books(shop, _OUTCOMES)] == [
        "shift_opened",
        "sale",
    ]


def test_a_second_window_says_that_the_till_is_open_elsewhere(shop: Shop, opened: Opens) -> None:
    page = opened(shop, language="ar", width=TILL)
    page.goto("/pos/?lang=ar")
    until(page, "enrol")
    other = page.context.new_page()
    other.goto("/pos/?lang=ar")
    until(other, "elsewhere")
    assert other.evaluate("document.documentElement.dir") == "rtl"
    assert other.evaluate("getComputedStyle(document.querySelector('.pad')).direction") == "ltr"


def test_training_sells_nothing(shop: Shop, opened: Opens) -> None:
    page = opened(shop, language="fr", width=TILL)
    open_till(shop, page, "fr")
    until(page, "sell")
    page.keyboard.press("F8")
    page.click("[data-act=train]")
    page.click("[data-act=train-go]")
    until(page, "opening")
    assert page.locator("[data-training]").is_visible()
    count_pieces(page, "opening", {10_000: 5})
    press(page, "opening")
    scan(page, _lots(shop)[0].code)
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    until(page, "done")
    assert "-X000001" in ticket_number(page)
    is_sent(page)
    is_proven(shop)
    assert ask_books(shop, "SELECT COUNT(*) FROM sale WHERE number LIKE 'T2-%'") == [(0,)]


def test_a_gift_card_is_sold_spent_with_cash_and_given_back(shop: Shop, opened: Opens) -> None:
    page = opened(shop, language="fr", width=TILL)
    open_till(shop, page, "fr")
    dear = _lots(shop)[2]
    code = _sell_card(page)
    number = _pay_a_part_by_card(page, code, dear)
    _give_it_back(page, number)
    is_proven(shop)
    told = ask_books(shop, _OUTCOMES)
    assert {(outcome, flags) for _kind, outcome, flags in told} == {("recorded", "")}
    assert ask_books(shop, _ON_CARDS) == [("credit", dear.price - 10_000), ("giftcard", 10_000)]


def _sell_card(page: Page) -> str:
    """One of 100.00, under a code that the till makes."""
    sell, done = screen(page, "sell"), screen(page, "done")
    until(page, "sell")
    page.keyboard.press("F8")
    page.click("#menu [data-act=card]")
    page.fill("#card-amount", "100")
    page.keyboard.press("Enter")
    shows(sell.locator("[data-due]"), 10_000)
    page.keyboard.press("F2")
    says_above(page, "sans remise")
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    until(page, "done")
    code = done.locator("[data-codes] bdi.code").inner_text()
    expect(done.locator("[data-receipt]")).to_contain_text(code)
    page.keyboard.press("Enter")
    is_sent(page)
    return code


def _pay_a_part_by_card(page: Page, code: str, dear: Lot) -> str:
    """The first time the buyer thinks better of it: the card has its money again."""
    pay = screen(page, "pay")
    noted = pay.locator("[data-tenders] li")
    scan(page, dear.code)
    for written in (code.lower(), code):
        page.keyboard.press("F9")
        expect(noted).to_have_count(0)
        page.keyboard.press("F6")
        page.fill("#pay-slip", written)
        page.keyboard.press("Enter")
        says(page, "pay", "Il y reste 100,00")
        page.keyboard.press("Enter")
        expect(noted).to_have_count(1)
        shows(pay.locator("[data-left]"), to_step(dear.price - 10_000, 10))
        if written != code:
            page.keyboard.press("Escape")
            until(page, "sell")
    page.keyboard.press("Enter")
    until(page, "done")
    number = ticket_number(page)
    page.keyboard.press("Enter")
    is_sent(page)
    return number


def _give_it_back(page: Page, number: str) -> None:
    """The card's part to the card, by itself; the rest as credit and not in cash."""
    done = screen(page, "done")
    find_ticket(page, number)
    press(page, "return")
    allow(page)
    until(page, "sell")
    page.keyboard.press("F9")
    shows(screen(page, "pay").locator("[data-tenders] .price"), -10_000)
    page.keyboard.press("F6")
    page.keyboard.press("Enter")
    until(page, "done")
    expect(done.locator("[data-codes] li")).to_have_count(1)
    assert "aucun argent" in done.locator("[data-change-word]").inner_text().lower()
    page.keyboard.press("Enter")
    is_sent(page)


def test_a_double_click_pays_once_and_never_unseen(shop: Shop, opened: Opens) -> None:
    page = opened(shop, language="fr", width=TILL)
    open_till(shop, page, "fr")
    scan(page, _lots(shop)[0].code)
    screen(page, "sell").locator("[data-pay]").dblclick()
    until(page, "pay")
    page.wait_for_timeout(500)
    screen(page, "pay").locator("[data-take]").dblclick()
    until(page, "done")
    page.wait_for_timeout(300)
    until(page, "done")  # the change is still to be read
    is_sent(page)
    assert [kind for kind, _outcome, _flags in ask_books(shop, _OUTCOMES)] == [
        *("shift_opened", "sale")
    ]


def test_a_page_that_goes_between_the_sale_and_its_screen_says_what_it_was_sold_as(
    shop: Shop, opened: Opens
) -> None:
    page = opened(shop, language="fr", width=TILL)
    open_till(shop, page, "fr")
    scan(page, _lots(shop)[0].code)
    expect(screen(page, "sell").locator(".line")).to_have_count(1)
    kept = page.evaluate("sessionStorage.getItem('almakane.basket')")
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    until(page, "done")
    number = ticket_number(page)
    page.evaluate("kept => sessionStorage.setItem('almakane.basket', kept)", kept)  # as it was then
    page.reload()
    come_to_till(page, "amina", waits=False)
    until(page, "done")
    assert ticket_number(page) == number
    page.keyboard.press("Enter")
    until(page, "sell")
    expect(screen(page, "sell").locator(".line")).to_have_count(0)
    is_sent(page)
    assert [kind for kind, _outcome, _flags in ask_books(shop, _OUTCOMES)] == [
        *("shift_opened", "sale")
    ]


def test_a_web_order_is_fetched_and_paid_at_the_till(shop: Shop, opened: Opens) -> None:
    _order_to_fetch(opened(shop, language="fr"))
    [(number, total)] = ask_books(shop, "SELECT number, total FROM web_order")
    _make_ready(shop, opened(shop, "salma", language="fr"), number)

    page = opened(shop, language="fr", width=TILL)
    open_till(shop, page, "fr")
    until(page, "sell")
    page.keyboard.press("F8")
    page.click("[data-act=orders]")
    card = screen(page, "orders").locator(".till-order")
    expect(card).to_contain_text(number)
    assert not card.locator("[data-advance]").is_visible()
    _pay_in_advance(shop, number, 5_000)
    page.click("[data-form=orders] button")
    expect(card.locator("[data-advance]")).to_contain_text("50,00")
    card.locator("button").click()
    until(page, "sell")
    page.keyboard.press("F9")
    expect(screen(page, "pay").locator("[data-advance]")).to_contain_text("50,00")
    shows(screen(page, "pay").locator("[data-due]"), to_step(total, 10))
    page.keyboard.press("Enter")
    until(page, "done")
    page.keyboard.press("Enter")
    is_sent(page)

    is_proven(shop)
    assert [row[:2] for row in ask_books(shop, _OUTCOMES)] == [
        *(("shift_opened", "recorded"), ("sale", "recorded"))
    ]
    assert ask_books(shop, _FETCHED) == [(number, total, "taken")]
    page.keyboard.press("F8")
    page.click("[data-act=orders]")
    expect(screen(page, "orders").locator("[data-error]")).to_contain_text("Aucune commande")


def _pay_in_advance(shop: Shop, number: str, amount: int) -> None:
    """A transfer of a part comes in."""
    with create_app(shop.settings).app_context(), transaction() as session:
        order = session.scalars(select(WebOrder).where(WebOrder.number == number)).one()
        now = datetime.now(UTC)
        who = (order.hub_id, order.site_id, new_uid(now))
        take_deposit(session, Deed(*who, now, now.date(), now, "salma"), number, amount)


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
    for (code,) in ask_books(shop, "SELECT code FROM web_order_line"):
        page.fill("#code", code)
        page.keyboard.press("Enter")
    page.click("form[action$='/readiness'] button")
    expect(page.locator("form[action$='/keeping']")).to_be_visible()


def test_a_till_that_nobody_touches_is_locked_and_keeps_its_basket(
    shop: Shop, opened: Opens
) -> None:
    page = opened(shop, language="fr", width=TILL)
    page.clock.install()
    open_till(shop, page, "fr")
    scan(page, _lots(shop)[0].code)
    expect(screen(page, "sell").locator(".line")).to_have_count(1)
    page.clock.fast_forward("08:00")
    page.keyboard.press("ArrowUp")
    page.clock.fast_forward("08:00")
    until(page, "sell")
    page.keyboard.press("F8")
    page.clock.fast_forward("10:30")
    until(page, "people")
    expect(screen(page, "people").locator("[data-why]")).to_contain_text("Le panier est gardé")
    come_to_till(page, "amina")
    expect(screen(page, "sell").locator(".line")).to_have_count(1)


def _lots(shop: Shop) -> list[Lot]:
    cheap, other, *_between, dear = [Lot(*row) for row in ask_books(shop, _LOTS)]
    return [cheap, other, dear]
