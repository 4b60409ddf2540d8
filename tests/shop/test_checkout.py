"""From a piece to an order, through the pages and without a script."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from almakane.db import db, transaction
from almakane.inventory.models import Hold, HoldEnd, Product, ProductText
from almakane.sales.services import record_sale
from almakane.shop.delivery import Tariff, set_tariff
from almakane.shop.models import OrderContact, Payment, Step, Way, WebOrder, WebOrderStep
from tests.door import browser
from tests.factories import Sold, a_line, a_ticket, mad, sell
from tests.shop.buyer import NADIA, Buyer
from tests.shop.orders import Counter, a_shop, another_lot

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def shop(books: Flask) -> Counter:
    with transaction() as session:
        return a_shop(session)


@pytest.fixture
def buyer(books: Flask, shop: Counter) -> Buyer:
    return Buyer(browser(books))


def orders() -> list[WebOrder]:
    db.session.rollback()
    return list(db.session.scalars(select(WebOrder).order_by(WebOrder.id)))


def restock(books: Flask, shop: Counter, **values: object) -> None:
    with transaction() as session:
        session.execute(update(Product).where(Product.id == shop.product.id).values(**values))


def test_a_guest_orders_on_one_page_without_a_script(shop: Counter, buyer: Buyer) -> None:
    assert buyer.put(shop.product).location == "/basket"
    page = buyer.open().get_data(as_text=True)
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', page))
    assert names - {"next", "checkout", "shown"} == set(NADIA)
    assert len(NADIA) == 7
    answer = buyer.send(buyer.look())
    assert answer.status_code == 303
    [order] = orders()
    assert (order.way, order.payment, order.city) == (Way.DELIVERY, Payment.COD, "Rabat")
    assert (order.goods, order.delivery_fee, order.total) == (mad(1000), mad(35), mad(1035))
    shown = buyer.client.get(answer.location)
    assert "W-000001" in shown.get_data(as_text=True)
    assert buyer.client.get("/basket").get_data(as_text=True).count("basket-line") < 3


def test_what_stood_above_the_button_is_what_is_ordered_or_it_is_asked_again(
    shop: Counter, buyer: Buyer
) -> None:
    buyer.put(shop.product)
    buyer.open()
    untold = buyer.fill(city="Rabat")  # the page was drawn for another city, and no script ran
    answer = buyer.send(untold)
    assert answer.status_code == 422
    assert orders() == []
    page = answer.get_data(as_text=True)
    assert "Nadia Berrada" in page
    assert buyer.send(buyer.fill(page)).status_code == 303


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shown", "1"),
        ("shown", "-100"),
        ("shown", "٣"),
        ("checkout", "019a0000-0000-7000-8000-000000000001"),
        ("checkout", ""),
        ("way", "drone"),
        ("payment", "card"),
        ("city", "Atlantis"),
        ("city", SCRIPT),
        ("phone", "12 34"),
        ("name", ""),
        ("name", "a" * 5_000),
        ("name", "Nadia\u202eadareB"),
        ("email", "a@b.ma\nBcc: x@y.ma"),
        ("address", " "),
    ],
)
def test_a_field_that_was_meddled_with_orders_nothing_and_keeps_the_rest(
    shop: Counter, buyer: Buyer, name: str, value: str
) -> None:
    buyer.put(shop.product)
    buyer.open()
    answer = buyer.send({**buyer.look(), name: value})
    assert answer.status_code == 422
    assert orders() == []
    page = answer.get_data(as_text=True)
    kept = "Agdal, rue Oued" if name == "name" else "Nadia Berrada"
    assert kept in page
    assert 'class="error"' in page or 'role="alert"' in page


def test_all_that_is_missing_is_told_at_once(shop: Counter, buyer: Buyer) -> None:
    buyer.put(shop.product)
    buyer.open()
    nothing = {"name": "", "phone": "", "address": " "}
    page = buyer.send({**buyer.look(), **nothing}).get_data(as_text=True)
    assert set(re.findall(r'<p class="error" id="(\w+)-error"', page)) == set(nothing)
    fetched = buyer.send({**buyer.look(), **nothing, "way": "pickup"}).get_data(as_text=True)
    assert 'id="address-error"' not in fetched


def test_fields_of_our_own_that_somebody_adds_are_not_believed(shop: Counter, buyer: Buyer) -> None:
    buyer.client.post(
        "/basket/lines",
        data={"product": shop.product.id, "quantity": 1, "price": 1, "lot": 9, "currency": "JPY"},
    )
    buyer.open(price="1", total="1")
    more = {"price": 1, "total": 1, "unit": 1, "lot_id": 99, "currency": "EUR", "hub_id": 2}
    more |= {"delivery_fee": 0, "quantity": 0, "maker_id": 7, "number": "W-000099"}
    assert buyer.send(buyer.look() | more).status_code == 303
    [order] = orders()
    assert (order.number, order.total) == ("W-000001", mad(1035))
    assert [(line.lot_id, line.unit) for line in order.lines] == [(shop.lot.id, mad(1000))]


@pytest.mark.parametrize("quantity", ["0", "-3", "1e9", "99999999999999999999", "x", "٣", ""])
def test_a_quantity_that_is_none_is_one(shop: Counter, buyer: Buyer, quantity: str) -> None:
    told = {"product": str(shop.product.id), "quantity": quantity}
    assert buyer.client.post("/basket/lines", data=told).status_code == 303
    buyer.open()
    assert buyer.send(buyer.look()).status_code == 303
    assert orders()[0].lines[0].quantity == 1


@pytest.mark.parametrize("product", ["", "x", "0", "-1", "999999", "9" * 40])
def test_a_piece_that_there_is_not_is_told(shop: Counter, buyer: Buyer, product: str) -> None:
    buyer.client.post("/basket/lines", data={"product": product})
    assert "notice stops" in buyer.basket()


def test_a_cookie_that_was_written_by_hand_is_an_empty_basket(shop: Counter, buyer: Buyer) -> None:
    for text_ in ("[[1,1,1]]", "W1sxLDEsMV1d.abc", "\x00", "a" * 4_000):
        buyer.client.set_cookie("basket", text_)
        buyer.client.set_cookie("checkout", text_)
        assert buyer.client.get("/basket").status_code == 200
        assert buyer.client.get("/checkout").location == "/basket"
        assert buyer.client.post("/checkout", data=NADIA).location == "/basket"


def test_fifty_submits_of_one_checkout_are_one_order(
    books: Flask, shop: Counter, buyer: Buyer
) -> None:
    buyer.put(shop.product)
    buyer.open()
    data = buyer.look()
    cookies = {
        name: cookie.value
        for name in ("basket", "checkout")
        if (cookie := buyer.client.get_cookie(name))
    }

    def send(_n: int) -> tuple[int, str | None]:
        again = browser(books)
        for name, value in cookies.items():
            again.set_cookie(name, value)
        answer = again.post("/checkout", data=data)
        return answer.status_code, answer.location

    db.session.remove()
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(50)))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 303
    assert len(orders()) == 1
    assert db.session.scalar(text("SELECT COUNT(*) FROM hold")) == 1
    assert db.session.scalar(text("SELECT COUNT(*) FROM outbox WHERE kind = 'mail'")) == 1


def test_a_basket_tells_what_became_of_its_pieces(books: Flask, shop: Counter) -> None:
    with transaction() as session:
        more = another_lot(session, shop, 3)
    buyer = Buyer(browser(books))
    buyer.put(shop.product)
    buyer.put(more.product, 3)
    restock(books, more, price=mad(280))
    with transaction() as session:
        sell(session, shop.hub, a_line(1, Sold(shop.lot, mad(1000), mad(1000))))
        sell(session, shop.hub, a_line(1, Sold(more.lot, mad(280), mad(280))))
    page = buyer.basket()
    assert page.count("notice stops") == 1
    assert page.count("notice waits") == 2
    assert page.count('class="basket-line is-gone"') == 1
    assert "notice waits" not in buyer.basket()  # told once
    assert buyer.open().request.path == "/checkout"
    buyer.send(buyer.look())
    [order] = orders()
    assert (order.goods, [line.quantity for line in order.lines]) == (mad(560), [2])


def test_a_price_that_changes_between_basket_and_button_is_told(
    books: Flask, shop: Counter, buyer: Buyer
) -> None:
    buyer.put(shop.product)
    buyer.open()
    data = buyer.look()
    restock(books, shop, price=mad(1200))
    answer = buyer.send(data)
    assert answer.location == "/basket"
    assert orders() == []
    assert "notice" in buyer.basket()
    assert buyer.open().request.path == "/checkout"
    assert buyer.send(buyer.look()).status_code == 303
    assert orders()[0].goods == mad(1200)


def test_a_checkout_keeps_the_piece_from_others_until_it_is_left(
    books: Flask, shop: Counter, buyer: Buyer
) -> None:
    other = Buyer(browser(books))
    other.put(shop.product)
    buyer.put(shop.product)
    assert buyer.open().request.path == "/checkout"
    assert buyer.open().request.path == "/checkout"  # one's own claim is in nobody's way
    assert "is-gone" not in buyer.basket()
    assert other.open().request.path == "/basket"
    assert "is-gone" in other.basket()
    assert db.session.scalar(text("SELECT COUNT(*) FROM hold")) == 1


def test_a_buyer_is_told_before_they_confirm_that_the_till_had_the_piece(
    shop: Counter, buyer: Buyer
) -> None:
    buyer.put(shop.product)
    buyer.open()
    data = buyer.look()
    with transaction() as session:
        sell(session, shop.hub, a_line(1, Sold(shop.lot, mad(1000), mad(1000))))
    assert 'role="alert"' in buyer.client.get("/checkout").get_data(as_text=True)
    assert buyer.send(data).status_code in (303, 422)
    assert orders() == []


def test_what_was_lost_is_told_once_on_each_page(books: Flask, shop: Counter, buyer: Buyer) -> None:
    buyer.put(shop.product)
    buyer.open()
    data = buyer.look()
    with transaction() as session:
        sell(session, shop.hub, a_line(1, Sold(shop.lot, mad(1000), mad(1000))))
    for page in (buyer.client.get("/checkout").get_data(as_text=True), look_again(buyer, data)):
        assert page.count("Quelqu’un d’autre") == 1
        assert 'role="alert"' in page
        assert "button-main" not in page
    assert buyer.send(data).location == "/basket"
    page = buyer.basket()
    assert page.count("Quelqu’un d’autre") == 1
    assert "Rien n’a été commandé" in page


def look_again(buyer: Buyer, data: dict[str, str]) -> str:
    return buyer.client.post("/checkout/recap", data=data).get_data(as_text=True)


def test_a_city_that_nobody_goes_to_is_not_offered_and_a_parcel_too_heavy_says_why(
    books: Flask, shop: Counter
) -> None:
    with transaction() as session:
        heavy = another_lot(session, shop, 30)
        near = Tariff(500, {"Casablanca": [(10_000, mad(20))]})
        later = datetime.now(UTC).date()
        set_tariff(session, shop.hub.id, later, near, now=datetime.now(UTC), actor="hind")
    buyer = Buyer(browser(books))
    buyer.put(heavy.product, 21)
    page = buyer.open().get_data(as_text=True)
    assert "Casablanca</option>" in page
    assert "Rabat</option>" not in page
    assert page.count("Un colis aussi lourd") == 1
    assert "button-main" not in page
    sent = buyer.send(buyer.fill(city="Casablanca"))
    assert sent.status_code == 422
    assert sent.get_data(as_text=True).count("Un colis aussi lourd") == 1
    assert buyer.send(buyer.fill(city="Rabat")).status_code == 422
    assert orders() == []
    assert buyer.send(buyer.look(way="pickup")).status_code == 303


def test_a_basket_that_has_the_last_one_already_is_not_emptied_by_asking_for_it_again(
    shop: Counter, buyer: Buyer
) -> None:
    buyer.put(shop.product)
    with transaction() as session:
        sell(session, shop.hub, a_line(1, Sold(shop.lot, mad(1000), mad(1000))))
    buyer.put(shop.product)
    page = buyer.basket()
    assert page.count("is-gone") == 1
    assert page.count("Quelqu’un") == 1


def test_the_order_page_is_for_who_holds_the_link_and_for_no_cache(
    shop: Counter, buyer: Buyer, books: Flask
) -> None:
    url = buyer.order(shop.product)
    answer = browser(books).get(url)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    key = url.rsplit("/", 1)[1]
    [order] = orders()
    for guess in (key[:-1], key + "A", key.swapcase(), order.key_hash, order.uid, "1", "W-000001"):
        assert buyer.client.get(f"/o/{guess}").status_code == 404
        assert buyer.client.post(f"/o/{guess}/cancellation").status_code == 404


def test_a_buyer_calls_off_what_is_not_packed_yet(shop: Counter, buyer: Buyer) -> None:
    url = buyer.order(shop.product)
    assert buyer.client.post(f"{url}/cancellation").status_code == 303
    buyer.client.post(f"{url}/cancellation")  # told twice, it is once
    steps = db.session.scalars(select(WebOrderStep.step)).all()
    assert steps == [Step.CANCELLED]
    assert db.session.scalars(select(Hold.ended_by)).all() == [HoldEnd.RELEASED]
    assert "calling-off" not in buyer.client.get(url).get_data(as_text=True)


def test_nothing_is_called_off_once_it_is_packed(shop: Counter, buyer: Buyer) -> None:
    url = buyer.order(shop.product)
    with transaction() as session:
        [order] = session.scalars(select(WebOrder))
        session.add(
            WebOrderStep(
                order_id=order.id, step=Step.PACKED, at=datetime.now(UTC), actor="hind", note=""
            )
        )
    assert "calling-off" not in buyer.client.get(url).get_data(as_text=True)
    buyer.client.post(f"{url}/cancellation")
    assert "notice stops" in buyer.client.get(url).get_data(as_text=True)
    assert db.session.scalars(select(WebOrderStep.step)).all() == [Step.PACKED]


def test_an_order_whose_piece_the_till_sold_says_so(shop: Counter, buyer: Buyer) -> None:
    url = buyer.order(shop.product, way="pickup")
    with transaction() as session:
        sell(session, shop.hub, a_line(1, Sold(shop.lot, mad(1000), mad(1000))))
    page = buyer.client.get(url).get_data(as_text=True)
    assert "Quelqu’un d’autre a votre pièce" in page
    assert 'class="road"' not in page


def test_an_order_that_was_paid_at_a_till_is_in_its_buyers_hands(
    shop: Counter, buyer: Buyer
) -> None:
    url = buyer.order(shop.product, way="pickup")
    [order] = orders()
    ticket = a_ticket(a_line(1, Sold(shop.lot, mad(1000), mad(1000))), customer=order.uid)
    with transaction() as session:
        record_sale(
            session, shop.hub.id, ticket, now=datetime.now(UTC), fulfils=(f"{order.uid}/1",)
        )
    page = buyer.client.get(url).get_data(as_text=True)
    assert page.count('<li class="past">') == 4


@pytest.mark.parametrize("name", ["name", "address"])
def test_a_script_that_somebody_writes_is_text_on_every_page(
    shop: Counter, buyer: Buyer, name: str
) -> None:
    with transaction() as session:
        session.execute(update(ProductText).values(title=SCRIPT))
    url = buyer.order(shop.product, 1, **{name: SCRIPT})
    page = buyer.client.get(url).get_data(as_text=True)
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


def test_who_ordered_is_kept_in_one_row(shop: Counter, buyer: Buyer) -> None:
    buyer.order(shop.product)
    contact = db.session.scalars(select(OrderContact)).one()
    assert (contact.name, contact.phone) == ("Nadia Berrada", "+212661234567")
    assert contact.address == NADIA["address"]


def test_another_site_cannot_order_for_somebody(shop: Counter, buyer: Buyer) -> None:
    buyer.put(shop.product)
    buyer.open()
    data = buyer.look()
    for site in ("cross-site", "same-site"):
        answer = buyer.client.post("/checkout", data=data, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    assert orders() == []


@pytest.mark.parametrize(
    "url",
    [
        *("/terms", "/terms/ar", "/terms/en", "/returns", "/returns/ar", "/returns/en"),
        *("/privacy", "/privacy/ar", "/privacy/en"),
    ],
)
def test_the_law_can_be_read_and_kept(shop: Counter, buyer: Buyer, url: str) -> None:
    page = buyer.client.get(url)
    assert page.status_code == 200
    kept = buyer.client.get(f"{url}?file=")
    assert "attachment" in kept.headers["Content-Disposition"]
    tongue = url.rpartition("/")[2] if url.count("/") > 1 else "fr"
    assert f'<html lang="{tongue}"' in kept.get_data(as_text=True)
    assert "{" not in kept.get_data(as_text=True)


@pytest.mark.parametrize("page", ["/terms", "/returns", "/privacy"])
def test_french_law_breaks_no_line_before_double_punctuation(
    shop: Counter, buyer: Buyer, page: str
) -> None:
    text_ = re.sub(r"<[^>]+>", "", buyer.client.get(page).get_data(as_text=True).split("<main")[1])
    assert re.findall(r"\w+ [;:?!»]", text_) == []


@pytest.mark.parametrize(
    ("url", "far"), [("/terms", "ailleurs"), ("/terms/ar", "باقي"), ("/terms/en", "else")]
)
def test_the_terms_say_what_delivery_costs(shop: Counter, buyer: Buyer, url: str, far: str) -> None:
    page = buyer.client.get(url).get_data(as_text=True)
    assert far in page
    assert "35" in page.split('id="delivery"')[1]
