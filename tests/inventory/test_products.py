"""The pages of products: the list, words, prices over every floor, photographs, who may what."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from werkzeug.test import TestResponse

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.amending import By
from almakane.db import db, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.deliveries import Delivered, receive_consignment, return_to_maker
from almakane.inventory.models import Lot, LotKind, Photo, Product, ProductPrice
from almakane.inventory.products import highest_floor, set_price
from almakane.users.models import Role
from tests.counting import counted
from tests.door import browser, come_in, make_person
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_deed,
    a_line,
    mad,
    make_hub,
    make_lot,
    make_maker,
    sell,
)

BY = By("salma", NOW)

Office = Callable[..., FlaskClient]


@pytest.fixture
def office(app: Flask) -> Office:
    """The office, opened by a person of a role, who reads French."""

    def open_it(role: Role = Role.HUB_STAFF) -> FlaskClient:
        make_person(app, "salma", role)
        client = browser(app)
        come_in(client, "salma")
        return client

    return open_it


def a_product(app: Flask, price: int = 250_00, **changed: Any) -> int:
    """A product of the hub with a lot on the shelf; gives its number."""
    with app.app_context(), transaction() as session:
        hub = session.scalars(select(Hub)).one()
        maker = make_maker(session, hub)
        return make_lot(session, hub, maker, price, **changed).product_id


def read(app: Flask, what: type[Any], **named: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.query(what).filter_by(**named).order_by(what.id))


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def a_file(colour: str = "teal", kind: str = "JPEG", size: int = 240) -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(buffer, kind)
    buffer.seek(0)
    return buffer


def send(client: FlaskClient, product: int, *files: tuple[io.BytesIO, str]) -> TestResponse:
    return client.post(
        f"/products/{product}/photos",
        data={"pictures": list(files)},
        content_type="multipart/form-data",
    )


def photos(app: Flask, product: int) -> list[Photo]:
    found: list[Photo] = read(app, Photo, product_id=product)
    return sorted(found, key=lambda photo: (photo.position, photo.id))


# The price


def test_a_new_price_is_a_row_with_who_and_from_which_day(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    answer = client.post(f"/products/{product}/prices", data={"price": "1 310,50"})
    assert answer.status_code == 303
    [row] = read(app, ProductPrice, product_id=product)
    assert (row.before, row.price, row.actor) == (250_00, 1_310_50, "salma")
    assert read(app, Product, id=product)[0].price == 1_310_50
    html = page(client, f"/products/{product}")
    assert "1\u00a0310,50" in html
    assert "salma" in html
    again = client.post(f"/products/{product}/prices", data={"price": "1310.50"})
    assert again.status_code == 303  # a second click changes nothing
    assert len(read(app, ProductPrice, product_id=product)) == 1


def test_a_price_under_a_floor_is_refused_by_name_and_stays_as_typed(
    app: Flask, office: Office
) -> None:
    client = office()
    product = a_product(app, floor=200_00)
    [lot] = read(app, Lot, product_id=product)
    answer = client.post(f"/products/{product}/prices", data={"price": "199,99"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert lot.code in html.split('id="price-error"')[1][:200]
    assert "200,00" in html.split('id="price-error"')[1][:200]
    assert 'value="199,99"' in html
    assert read(app, Product, id=product)[0].price == 250_00
    assert not read(app, ProductPrice)


def test_the_floor_of_what_has_left_the_house_binds_nobody(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        sold, back = (make_lot(session, hub, maker, mad(90), floor=mad(80)) for _ in range(2))
        sell(session, hub, a_line(1, Sold(sold, mad(90), mad(90))))
        return_to_maker(session, a_deed(session, hub), maker, [(back.id, 1)])
        for lot in (sold, back):
            assert highest_floor(session, lot.product_id) is None
            product = session.get_one(Product, lot.product_id)
            assert set_price(session, product, mad(1), day=TODAY, by=BY)


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    floors=st.lists(st.integers(0, 500_00), min_size=1, max_size=3),
    price=st.integers(-5, 700_00),
)
@pytest.mark.engines("sqlite")
def test_no_price_stands_under_a_floor_of_what_is_on_hand(
    books: Flask, floors: list[int], price: int
) -> None:
    with transaction() as session:
        hub = session.scalar(select(Hub)) or make_hub(session)
        maker = make_maker(session, hub)
        lots = [make_lot(session, hub, maker, 500_00, floor=floor) for floor in floors]
        product = session.get_one(Product, lots[0].product_id)
        for lot in lots[1:]:  # deliveries of one product
            again = make_again(session, hub, maker, product.id, lot.floor)
            assert again.floor == lot.floor
        highest = max(floors)
        if price < max(highest, 1):
            with pytest.raises(Refusal):
                set_price(session, product, price, day=TODAY, by=BY)
            assert product.price == 500_00
        else:
            assert set_price(session, product, price, day=TODAY, by=BY) is (price != 500_00)
            assert product.price == price


def make_again(session: Any, hub: Hub, maker: Any, product_id: int, floor: int) -> Lot:
    """Another piece of a product, delivered with a floor of its own."""
    line = Delivered(product_id, 1, LotKind.PIECE, floor, 0, "encore", {})
    consignment = receive_consignment(session, a_deed(session, hub), maker, [line])
    lot = session.query(Lot).filter_by(consignment_id=consignment.id).one()
    assert isinstance(lot, Lot)
    return lot


def test_the_history_of_prices_cannot_be_rewritten(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    client.post(f"/products/{product}/prices", data={"price": "300"})
    with app.app_context(), pytest.raises(DatabaseError, match="never changed"):
        db.session.execute(text("UPDATE product_price SET price = 1"))


def test_a_ticket_with_the_old_price_is_flagged_as_such(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    client.post(f"/products/{product}/prices", data={"price": "300"})
    with app.app_context(), transaction() as session:
        hub = session.scalars(select(Hub)).one()
        lot = session.query(Lot).filter_by(product_id=product).one()
        assert sell(session, hub, a_line(1, Sold(lot, mad(300), mad(300)))).flags == []


def test_what_is_no_price_is_refused_at_its_field(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    for price in ("", "0", "abc", "-5", "1e3", "10,999", "1" * 30, "٣٠٠"):
        answer = client.post(f"/products/{product}/prices", data={"price": price})
        assert answer.status_code == 422, price
        assert 'id="price-error"' in answer.get_data(as_text=True), price
    assert not read(app, ProductPrice)


# Where the money goes


def test_the_split_of_a_price_is_told_to_the_centime(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app, price=mad(1000))
    html = page(client, f"/products/{product}")
    split = html.split('id="split"')[1].split("</section>")[0]
    for amount in ("700,00", "250,00", "50,00"):
        assert amount in split
    part = client.get(f"/products/{product}/split?price=2000", headers={"HX-Request": "true"})
    text_of = part.get_data(as_text=True)
    assert "<html" not in text_of
    assert "1\u00a0400,00" in text_of
    assert "HX-Request" in part.headers["Vary"]
    whole = page(client, f"/products/{product}/split?price=2000")
    assert "<html" in whole
    assert "1\u00a0400,00" in whole


def test_half_of_a_price_shows_the_split_of_the_one_that_holds(app: Flask, office: Office) -> None:
    client = office()
    at = f"/products/{a_product(app, price=mad(1000))}/split?price="
    for price in ("", "x", "0", "1,", "-4", "99999999999999"):
        answer = client.get(at + price, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "700,00" in answer.get_data(as_text=True), price


def test_the_terms_are_those_of_the_lot_that_is_sold_next(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = session.scalars(select(Hub)).one()
        maker = make_maker(session, hub, Terms(Regime.MANDATE, 1_000), artisans=2)
        weights = dict.fromkeys(maker.artisans, 1)
        product = make_lot(session, hub, maker, mad(1000), weights=weights).product_id
        names = [artisan.name for artisan in maker.artisans]
    html = page(client, f"/products/{product}")
    split = html.split('id="split"')[1].split("</section>")[0]
    assert "880,00" in split
    assert all(name in split for name in names)
    assert split.count("440,00") == 2


# Words and facts


WORDS = {
    f"{name}_{code}": f"{name} {code}"
    for name in ("title", "story", "technique", "materials")
    for code in ("fr", "ar", "en")
}


def test_words_stand_in_three_languages_each_in_its_own_direction(
    app: Flask, office: Office
) -> None:
    client = office()
    product = a_product(app)
    html = page(client, f"/products/{product}")
    assert "العربية" in html
    assert html.count("titre ou récit manquant") == 3
    assert client.post(f"/products/{product}/texts", data=WORDS).status_code == 303
    html = page(client, f"/products/{product}")
    assert "titre ou récit manquant" not in html
    [arabic] = re.findall(r'<textarea[^>]*name="story_ar"[^>]*>', html)
    assert 'dir="rtl"' in arabic
    assert 'lang="ar"' in arabic
    assert "story ar" in html
    with app.app_context():
        found = rows(
            db.session(), "SELECT COUNT(*) FROM product_text WHERE product_id = ?", (product,)
        )
        assert found == [(3,)]
        assert db.session.get_one(Product, product).technique == "technique fr"
    assert page(client, f"/products/{product}?lang=ar").count("title ar") > 1


def test_a_page_without_a_french_title_is_refused_and_nothing_is_lost(
    app: Flask, office: Office
) -> None:
    client = office()
    product = a_product(app)
    answer = client.post(f"/products/{product}/texts", data=WORDS | {"title_fr": " "})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="title_fr-error"' in html
    assert "story ar" in html


def test_a_word_that_would_turn_the_line_is_refused(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    for bad in ("a\u202eb", "a\0b", "x" * 3_000):
        answer = client.post(f"/products/{product}/texts", data=WORDS | {"story_fr": bad})
        assert answer.status_code == 422
    script = "<script>alert(1)</script>"
    client.post(f"/products/{product}/texts", data=WORDS | {"title_fr": script})
    assert script not in page(client, f"/products/{product}")
    assert script not in page(client, "/products")


FACTS = {
    "category": "rug",
    "tax_class": "reduced",
    "weight_grams": "1250",
    "width_mm": "60",
    "height_mm": "12,5",
    "depth_mm": "",
}


def test_facts_are_kept_in_grams_and_millimetres(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    assert client.post(f"/products/{product}/facts", data=FACTS).status_code == 303
    [row] = read(app, Product, id=product)
    assert (row.category, row.tax_class, row.weight_grams) == ("rug", "reduced", 1_250)
    assert (row.width_mm, row.height_mm, row.depth_mm) == (600, 125, None)
    assert 'value="12,5"' in page(client, f"/products/{product}")


STRANGE_FACTS = (
    ("category", ""),
    ("category", "no such"),
    ("tax_class", "no such"),
    ("tax_class", ""),  # it had one
    ("weight_grams", "-1"),
    ("weight_grams", "1.5"),
    ("weight_grams", "99999999999"),
    ("width_mm", "0"),
    ("width_mm", "1,25"),
    ("width_mm", "wide"),
)


def test_what_is_no_fact_is_refused_at_its_field(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    for name, value in STRANGE_FACTS:
        answer = client.post(f"/products/{product}/facts", data=FACTS | {name: value})
        assert answer.status_code == 422, (name, value)
        assert f'id="{name}-error"' in answer.get_data(as_text=True), (name, value)
    assert read(app, Product, id=product)[0].weight_grams is None


# On sale and off


def test_a_product_goes_off_the_web_or_off_sale_and_comes_back(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    for door, column in (("web", "off_web_at"), ("all", "disabled_at")):
        for is_open, closed in (("0", True), ("0", True), ("1", False)):
            data = {"door": door, "is_open": is_open}
            assert client.post(f"/products/{product}/offers", data=data).status_code == 303
            [row] = read(app, Product, id=product)
            assert (getattr(row, column) is not None) is closed
    html = page(client, f"/products/{product}")
    for words in ("Retiré du site", "Remis sur le site", "Retiré de la vente", "Remis en vente"):
        assert html.count(words) >= 1
    assert client.post(f"/products/{product}/offers", data={"door": "x"}).status_code == 400


def test_the_till_flags_what_was_taken_off_sale(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    client.post(f"/products/{product}/offers", data={"door": "all", "is_open": "0"})
    with app.app_context(), transaction() as session:
        hub = session.scalars(select(Hub)).one()
        lot = session.query(Lot).filter_by(product_id=product).one()
        done = sell(session, hub, a_line(1, Sold(lot, mad(250), mad(250))))
        assert done.flags == ["product_disabled"]


# Photographs


def test_photographs_are_added_ordered_described_retired_and_brought_back(
    app: Flask, office: Office
) -> None:
    client = office()
    product = a_product(app)
    files = [(a_file(colour), f"{colour}.jpg") for colour in ("red", "green", "blue")]
    assert send(client, product, *files).status_code == 303
    one, two, three = (photo.id for photo in photos(app, product))
    at = f"/products/{product}/photos"

    client.post(f"{at}/{three}/place", data={"to": "first"})
    assert [photo.id for photo in photos(app, product)] == [three, one, two]
    client.post(f"{at}/{three}/place", data={"to": "later"})
    assert [photo.id for photo in photos(app, product)] == [one, three, two]
    client.post(f"{at}/{two}/place", data={"to": "earlier"})
    client.post(f"{at}/{one}/place", data={"to": "earlier"})  # it is the first already
    assert [photo.id for photo in photos(app, product)] == [one, two, three]

    said = {"alt_fr": "De face", "alt_ar": "من الأمام", "alt_en": ""}
    assert client.post(f"{at}/{two}/words", data=said).status_code == 303
    assert 'alt="من الأمام"' in page(client, f"/products/{product}?lang=ar")

    client.post(f"{at}/{one}/retirement")
    html = page(client, f"/products/{product}?lang=fr")
    assert f'action="{at}/{one}/return"' in html
    assert f'id="photo-{one}"' not in html
    [gone] = [photo for photo in photos(app, product) if photo.id == one]
    assert gone.retired_by == "salma"
    client.post(f"{at}/{one}/retirement")  # a second click
    client.post(f"{at}/{one}/return")
    assert [photo.id for photo in photos(app, product) if not photo.retired_at] == [one, two, three]


def test_the_same_photograph_is_on_a_page_once(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    send(client, product, (a_file(), "a.jpg"), (a_file(), "b.jpg"))
    send(client, product, (a_file(), "c.jpg"))
    [photo] = photos(app, product)
    at = f"/products/{product}/photos"
    client.post(f"{at}/{photo.id}/retirement")
    send(client, product, (a_file(), "d.jpg"))
    assert client.post(f"{at}/{photo.id}/return").status_code == 422
    assert len([one for one in photos(app, product) if not one.retired_at]) == 1


def test_a_file_that_is_no_photograph_is_refused_and_none_of_the_others_is_kept(
    app: Flask, office: Office
) -> None:
    client = office()
    product = a_product(app)
    broken = b"\xff\xd8\xff" + b"\0" * 400
    for content in (b"<script>alert(1)</script>", b"", b"<svg/>", b"GIF89a", broken):
        answer = send(client, product, (a_file(), "good.jpg"), (io.BytesIO(content), "photo.jpg"))
        assert answer.status_code == 422, content
        assert 'role="alert"' in answer.get_data(as_text=True)
    assert photos(app, product) == []


def test_a_form_without_a_photograph_says_so(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    for data in ({}, {"pictures": (io.BytesIO(b""), "")}, {"pictures": "text"}):
        answer = client.post(
            f"/products/{product}/photos", data=data, content_type="multipart/form-data"
        )
        assert answer.status_code == 422


def as_sent(content: bytes) -> dict[str, Any]:
    """A form with one file, as its bytes come over the wire."""
    head = 'Content-Disposition: form-data; name="pictures"; filename="a.jpg"'
    body = b"--x\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n--x--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=x"}


def test_only_this_form_takes_as_much_as_a_telephone_sends(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    at = f"/products/{product}/photos"
    large = a_file(size=300).getvalue() + b"\0" * 3_000_000
    assert client.post(at, **as_sent(large)).status_code == 303
    too_large = b"\xff\xd8\xff" + b"\0" * (12 * 1024 * 1024)
    assert client.post(at, **as_sent(too_large)).status_code == 422
    assert client.post(at, **as_sent(b"\0" * (73 * 1024 * 1024))).status_code == 413
    elsewhere = client.post(f"/products/{product}/texts", data={"story_fr": "x" * 2_000_000})
    assert elsewhere.status_code == 413


def test_more_photographs_than_a_page_shows_are_refused(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    for first in range(0, 24, 6):
        files = [
            (a_file(f"rgb({n * 9},{n},{n})", "PNG"), f"{n}.png") for n in range(first, first + 6)
        ]
        assert send(client, product, *files).status_code == 303
    assert send(client, product, (a_file("white"), "one-more.jpg")).status_code == 422
    assert len(photos(app, product)) == 24
    seven = [(a_file(), f"{n}.jpg") for n in range(7)]
    assert send(client, product, *seven).status_code == 422


def test_a_photograph_of_another_product_is_not_found(app: Flask, office: Office) -> None:
    client = office()
    product, other = a_product(app), a_product(app)
    send(client, product, (a_file(), "a.jpg"))
    [photo] = photos(app, product)
    for act, data in (
        ("place", {"to": "first"}),
        ("words", {"alt_fr": "x"}),
        ("retirement", {}),
        ("return", {}),
    ):
        path = f"/products/{other}/photos/{photo.id}/{act}"
        assert client.post(path, data=data).status_code == 404
    assert photos(app, product)[0].retired_at is None
    assert client.post(f"/products/{product}/photos/{photo.id}/place").status_code == 400


# The list, and a new one


def test_the_list_is_narrowed_by_words_however_they_are_spelt(app: Flask, office: Office) -> None:
    client = office()
    rug, pot = a_product(app, category="rug"), a_product(app, category="pottery")
    client.post(
        f"/products/{rug}/texts",
        data=WORDS | {"title_fr": "Tapis brodé", "title_ar": "زربية أمازيغية"},
    )
    client.post(f"/products/{pot}/texts", data={"title_fr": "Gargoulette"})
    send(client, rug, (a_file(), "a.jpg"))
    for query, found in (
        ("q=BRODE", {rug}),
        ("q=زربيه+امازيغيه", {rug}),
        ("q=tapis+gargoulette", set()),
        ("craft=pottery", {pot}),
        ("lacks=photo", {pot}),
        ("lacks=story", {pot}),
        ("lacks=tax_class", set()),
        ("state=on_sale", {rug, pot}),
        ("state=off_sale", set()),
        ("q=%25", set()),
        ("q='", set()),
    ):
        html = page(client, f"/products?{query}")
        shown = {one for one in (rug, pot) if f'href="/products/{one}"' in html}
        assert shown == found, query
    client.post(f"/products/{pot}/offers", data={"door": "web", "is_open": "0"})
    assert f'href="/products/{pot}"' in page(client, "/products?state=off_web")
    assert f'href="/products/{pot}"' not in page(client, "/products?state=on_sale")


def test_a_list_that_nobody_can_mean_is_not_found(app: Flask, office: Office) -> None:
    client = office()
    a_product(app)
    strange = ("maker=NOBODY", "state=x", "lacks=x", "page=0", "page=2", "page=x", "page=%D9%A1")
    for query in strange:
        assert client.get(f"/products?{query}").status_code == 404, query


@pytest.mark.engines("sqlite")
def test_a_list_asks_the_database_as_often_for_many_as_for_few(app: Flask, office: Office) -> None:
    client = office()
    asked = []
    for _ in range(2):
        for _n in range(4):
            a_product(app)
        with app.app_context():
            engine = db.engine
        with counted(engine) as sent:
            page(client, "/products")
        asked.append(len(sent))
    assert asked[0] == asked[1] <= 20


@pytest.mark.engines("sqlite")
def test_a_page_asks_the_database_a_bounded_number_of_times(app: Flask, office: Office) -> None:
    client = office()
    product = a_product(app)
    send(client, product, *((a_file(f"rgb({n},0,0)", "PNG"), f"{n}.png") for n in range(6)))
    with app.app_context():
        engine = db.engine
    with counted(engine) as sent:
        page(client, f"/products/{product}")
    assert len(sent) <= 24


def test_a_new_product_takes_the_makers_next_code_and_its_first_price(
    app: Flask, office: Office
) -> None:
    client = office()
    a_product(app)
    with app.app_context():
        maker = rows(db.session(), "SELECT code FROM maker")[0][0]
    data = {
        **{"maker": maker, "title_fr": "Vase", "category": "pottery", "price": "120"},
        **{"tax_class": "standard", "code": ""},
    }
    answer = client.post("/products", data=data)
    assert answer.status_code == 303
    assert client.get(answer.location).status_code == 200
    [made] = [one for one in read(app, Product) if one.code.startswith(maker)]
    assert (made.code, made.price) == (f"{maker}-001", 120_00)
    [first] = read(app, ProductPrice, product_id=made.id)
    assert (first.before, first.price) == (None, 120_00)
    client.post("/products", data=data)
    assert read(app, Product, code=f"{maker}-002")


STRANGE_PRODUCTS = (
    ("maker", ""),
    ("maker", "NOBODY"),
    ("title_fr", ""),
    ("category", "none such"),
    ("price", "0"),
    ("price", "free"),
    ("code", "a b"),
    ("code", "-A"),
    ("code", "../x"),
    ("code", "TAKEN"),
)


def test_a_new_product_that_lacks_something_is_refused_at_its_field(
    app: Flask, office: Office
) -> None:
    client = office()
    a_product(app)
    with app.app_context():
        maker = rows(db.session(), "SELECT code FROM maker")[0][0]
    data = {
        **{"maker": maker, "title_fr": "Vase", "category": "pottery", "price": "120"},
        **{"tax_class": "", "code": "TAKEN"},
    }
    client.post("/products", data=data)
    before = len(read(app, Product))
    for name, value in STRANGE_PRODUCTS:
        answer = client.post("/products", data=data | {"code": "FREE"} | {name: value})
        html = answer.get_data(as_text=True)
        assert answer.status_code == 422, (name, value)
        assert f'id="{name}-error"' in html, (name, value)
        assert 'value="Vase"' in html or name == "title_fr"
    assert len(read(app, Product)) == before


def test_an_accountant_reads_and_changes_nothing(app: Flask, office: Office) -> None:
    client = office(Role.ACCOUNTANT)
    product = a_product(app)
    html = page(client, f"/products/{product}")
    assert "<form" not in html.split('id="price"')[1].split("</section>")[0]
    for path in ("prices", "texts", "facts", "offers", "photos"):
        assert client.post(f"/products/{product}/{path}", data={"price": "1"}).status_code == 403
    assert client.post("/products").status_code == 403
