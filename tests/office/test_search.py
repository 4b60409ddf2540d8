"""One box for everything: what is found however it is spelt, by whom, and where it leads."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from almakane.cooperatives.models import Maker, MakerText
from almakane.cooperatives.services import add_artisan, take_in_maker
from almakane.db import db, rows, transaction
from almakane.hubs.models import Hub
from almakane.hubs.services import open_hub
from almakane.inventory.intake import Brought, add_line, start_intake
from almakane.inventory.models import Product, ProductText, TaxClass
from almakane.inventory.services import add_product
from almakane.inventory.taking_in import receive
from almakane.web.words import asked_words, distance, nearest, words_of
from tests.counting import counted
from tests.door import browser
from tests.factories import NOW, Sold, a_deed, a_line, mad, make_lot, make_maker, new_uid, sell
from tests.pos.conftest import Office
from tests.pos.test_office import page
from tests.shop.orders import Counter, a_wish, order


def found(client: FlaskClient, asked: str) -> list[str]:
    """The names of what was found, in their order."""
    answer = client.get("/search", query_string={"q": asked})
    assert answer.status_code == 200, asked
    html = answer.get_data(as_text=True)
    return re.findall(r'<a href="[^"]*"><bdi>(.*?)</bdi>', html.split("<main", 1)[1])


def hub_of(office: Office) -> Hub:
    return db.session.get_one(Hub, office.shop.hub_id)


@pytest.fixture
def stocked(office: Office) -> Office:
    """A shop with a rug that has three titles, of a maker with two."""
    with office.inside(), transaction() as session:
        maker = make_maker(session, hub_of(office))
        maker.name = "Coopérative Tifaouine"
        for language, name in (("fr", "Coopérative Tifaouine"), ("ar", "تعاونية تيفاوين")):
            session.add(
                MakerText(
                    maker_id=maker.id, language=language, name=name, story="s", place="Taznakht"
                )
            )
        add_artisan(session, maker, "Fadma Aït Bella", "فاطمة أيت بلا")
        add_product(
            session,
            maker,
            "TAZ-7",
            category="rug",
            price=mad(900),
            tax_class=TaxClass.EXEMPT,
            texts={
                "fr": ("Tapis à losanges rouges", "Une histoire."),
                "ar": ("الزربية الحمراء", "حكاية."),
                "en": ("Rug with red lozenges", "A story."),
            },
        )
    return office


# The rules


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [("tapis", "tapis", 0), ("tapsi", "tapis", 1), ("tapi", "tapis", 1), ("tzpsi", "tapis", 2)],
)
def test_letters_that_differ_are_counted(one: str, other: str, far: int) -> None:
    assert distance(one, other, 2) == distance(other, one, 2) == far


@given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.integers(0, 3))
def test_a_distance_is_the_same_both_ways_and_never_told_beyond_its_bound(
    one: str, other: str, most: int
) -> None:
    far = distance(one, other, most)
    assert far == distance(other, one, most) <= most + 1
    assert (far == 0) == (one == other) or most == 0


@given(st.text(max_size=60))
def test_whatever_is_written_is_found_by_itself(text: str) -> None:
    there = words_of([text])
    assert all(any(word.startswith(asked) for word in there) for asked in asked_words(text))


def test_short_words_forgive_nothing() -> None:
    assert nearest("rgu", ["rug"]) == []
    assert nearest("losagne", ["losanges", "rouges"]) == ["losanges"]


# What is found


@pytest.mark.parametrize(
    "asked",
    [
        *("tapis", "TAPIS", "losanges tapis", "tap los", "Tapis à losanges", "lozenges", "taz"),
        *("الزربية", "زربية", "زربيه", "الزَّرْبِيَّة", "زربيـــة", "الحمراء", "حمرا"),
        *("losagnes", "tapsi losanges", "lozanges"),
    ],
)
def test_a_product_is_found_in_any_language_however_it_is_spelt(
    stocked: Office, asked: str
) -> None:
    assert "Tapis à losanges rouges" in found(stocked.came_in(), asked)


def test_what_a_delivery_brings_is_found_at_once(office: Office) -> None:
    with office.inside(), transaction() as session:
        hub = hub_of(office)
        maker = make_maker(session, hub, artisans=1)
        intake = start_intake(session, maker, "amina", uid=new_uid(), now=NOW)
        bowl = Brought(
            "a",
            title="Soupière émaillée",
            category="pottery",
            tax_class=TaxClass.STANDARD,
            price=300,
        )
        add_line(session, intake, bowl)
        receive(session, intake, a_deed(session, hub), None)
    assert "Soupière émaillée" in found(office.came_in(), "soupiere")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("tifaouine", "Coopérative Tifaouine"),
        ("cooperative tifaouine", "Coopérative Tifaouine"),
        ("tifaouin taznakht", "Coopérative Tifaouine"),
        ("تيفاوين", "Coopérative Tifaouine"),
        ("ait bella", "Fadma Aït Bella"),
        ("فاطمه ايت", "Fadma Aït Bella"),
        ("T1", "T1"),
        ("relevés", "Relevés"),
        ("aujourd", "Aujourd’hui"),
    ],
)
def test_makers_artisans_registers_and_pages_are_found(
    stocked: Office, asked: str, name: str
) -> None:
    assert name in found(stocked.came_in(), asked)


def test_what_was_meant_is_said_where_it_was_spelt_otherwise(stocked: Office) -> None:
    said = page(stocked.came_in(), "/search?q=losagnes")
    assert "losanges" in said
    assert "Rien ne s’écrit tout à fait ainsi" in said


@pytest.mark.parametrize(
    "asked", ["xyzzy", "tapis xyzzy", "%", "_", "'; DROP TABLE", "\u202e", "()"]
)
def test_what_is_called_like_nothing_says_so(stocked: Office, asked: str) -> None:
    client = stocked.came_in()
    assert found(client, asked) == []
    assert "Rien ne s’appelle" in page(client, f"/search?q={asked}") or not asked.strip()


def test_an_empty_box_asks_what_is_looked_for(stocked: Office) -> None:
    client = stocked.came_in()
    for path in ("/search", "/search?q=", "/search?q=%20%20"):
        assert "Que cherchez-vous" in page(client, path)
    assert client.get("/search", query_string={"q": "tapis " * 5_000}).status_code == 200


def test_a_changed_title_is_found_by_its_new_words_only(stocked: Office) -> None:
    client = stocked.came_in()
    with stocked.inside(), transaction() as session:
        text = session.query(ProductText).filter_by(title="Tapis à losanges rouges").one()
        text.title = "Kilim à chevrons"
    assert "Kilim à chevrons" in found(client, "chevrons")
    assert found(client, "losanges rouges") == []
    with stocked.inside(), transaction() as session:
        session.query(Maker).filter_by(
            name="Coopérative Tifaouine"
        ).one().name = "Coopérative Assif"
    assert found(client, "assif")


# Codes and numbers


def test_a_scanned_code_goes_straight_to_its_page(stocked: Office) -> None:
    client = stocked.came_in()
    for code in (stocked.shop.pot, f" {stocked.shop.pot} "):
        answer = client.get("/search", query_string={"q": code})
        assert answer.status_code == 303, code
        assert client.get(answer.location).status_code == 200
    assert len(found(client, stocked.shop.pot[:6])) == 2  # two lots begin so


def test_a_number_goes_straight_to_its_document_and_may_be_told_short(stocked: Office) -> None:
    client = stocked.came_in()
    with stocked.inside(), transaction() as session:
        hub = hub_of(stocked)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100))
        done = sell(session, hub, a_line(1, Sold(lot, mad(100), mad(100))))
        number = done.recorded.number
    client.post("/statements")
    answer = client.get(f"/search?q={number.lower()}")
    assert answer.status_code == 303
    assert number in page(client, answer.location)
    for asked in ("REL-000001", "rel-1", "REL 1", "rel000001"):
        assert client.get("/search", query_string={"q": asked}).location == "/statements/REL-000001"
    assert {"REL-000001", "BD-000001"} <= set(found(client, "1"))


def test_an_order_is_found_by_its_number_and_by_the_telephone_that_rings(stocked: Office) -> None:
    with stocked.inside(), transaction() as session:
        hub = hub_of(stocked)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100))
        bought = Counter(hub, lot, session.get_one(Product, lot.product_id))
        number = order(session, a_wish(session, bought)).order.number
    client = stocked.came_in("salma")
    for asked in (number, number.lower(), "w-1", "W1", "W 000001"):
        answer = client.get("/search", query_string={"q": asked})
        assert answer.location == f"/orders/{number}", asked
    assert number in found(client, "1")
    for asked in ("06 61 23 45 67", "0661234567", "+212 661 234567"):
        assert found(client, asked) == [number], asked
    assert found(client, "06 61 23 45 68") == []


def test_each_page_of_the_side_is_found_by_its_name(stocked: Office) -> None:
    client = stocked.came_in()
    html = client.get("/today").get_data(as_text=True)
    side = html.split('class="office-ways"', 1)[1].split("</nav>", 1)[0]
    ways = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)', side)
    assert len(ways) > 10
    for url, name in ways:
        if url != "/":  # the shop: everybody's, and over every page
            answer = client.get("/search", query_string={"q": name})
            assert f'<a href="{url}"><bdi>{name}' in answer.get_data(as_text=True), name


# Who finds what


def test_a_cashier_and_a_stranger_stay_outside(stocked: Office) -> None:
    assert browser(stocked.app).get("/search?q=tapis").status_code == 303
    assert stocked.came_in("amina").get("/search?q=tapis").status_code == 403


def test_nobody_finds_what_they_may_not_open(stocked: Office) -> None:
    stocked.came_in().post("/statements")
    assert "BD-000001" in found(stocked.came_in("salma"), "1")
    assert "BD-000001" not in found(stocked.came_in("nadia"), "1")  # an accountant takes nothing in


def test_another_hubs_things_are_not_found(stocked: Office) -> None:
    with stocked.inside(), transaction() as session:
        other = open_hub(session, "fes", "Fès", sites={})
        maker = make_maker(session, other)
        maker.name = "Zellij Fassi"
        add_artisan(session, maker, "Idriss Lahlou", "إدريس لحلو")
        add_product(
            *(session, maker, "FES-1"),
            category="zellige",
            price=mad(900),
            tax_class=TaxClass.EXEMPT,
            texts={"fr": ("Fontaine murale", "Une histoire.")},
        )
    client = stocked.came_in()
    for asked in ("fassi", "lahlou", "fontaine", "FES-1", "fontaien"):
        assert found(client, asked) == [], asked


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_page_speaks_arabic_and_english(stocked: Office, language: str) -> None:
    client = stocked.came_in()
    client.post("/language", data={"language": language})
    title = {"ar": "الزربية الحمراء", "en": "Rug with red lozenges"}[language]
    assert title in found(client, "tapis")


def test_makers_beside_what_is_found_are_named_in_the_readers_language(stocked: Office) -> None:
    client = stocked.came_in()
    client.post("/language", data={"language": "ar"})
    for asked in ("tapis", "ait bella"):
        assert "تعاونية تيفاوين" in page(client, f"/search?q={asked}"), asked


# How long it takes


@pytest.mark.engines("sqlite")
def test_a_search_asks_no_more_for_more_that_is_found(stocked: Office) -> None:
    client, asked = stocked.came_in(), []
    for _ in range(2):
        with stocked.inside(), transaction() as session:
            for _lot in range(6):
                make_lot(session, hub_of(stocked), make_maker(session, hub_of(stocked)), mad(50))
        with stocked.inside():
            engine = db.engine
        with counted(engine) as sent:
            found(client, "coopérative")
        asked.append(len(sent))
    assert asked[0] == asked[1]
    assert asked[0] <= 20, asked


@pytest.mark.engines("sqlite")
def test_the_words_are_read_by_their_index(books: Flask) -> None:
    plan = rows(
        db.session(),
        "EXPLAIN QUERY PLAN SELECT DISTINCT s.thing_id FROM search_word s WHERE s.hub_id = ? "
        "AND (s.word >= ? AND s.word <= ?) AND s.kind = ? LIMIT ?",
        (1, "a", "b", "product", 9),
    )
    assert "SEARCH s USING PRIMARY KEY (hub_id=? AND kind=? AND word>? AND word<?)" in str(plan)


@pytest.fixture
def coded(stocked: Office) -> Office:
    """Brooches of three makers, under codes of their own, of their maker's and of another's."""
    with stocked.inside(), transaction() as session:
        hub = hub_of(stocked)
        for maker_code, product_codes in (
            ("M07", ("M07-001", "M07-002", "M07-012", "M07-120")),
            ("M01", ("XYZ-001", "XYZ-002", "XYZ-012", "ZEL5-001", "ZEL5-0012-B", "BRO21")),
            ("7A", ("7A-001", "7A-010", "7A-0101")),
        ):
            # Called by its number, as if it were one of what is asked for below.
            maker = take_in_maker(
                session, hub.id, maker_code, "Atelier 1 2 9 001", craft="jewellery"
            )
            for code in product_codes:
                add_product(
                    *(session, maker, code),
                    category="jewellery",
                    price=mad(90),
                    tax_class=TaxClass.STANDARD,
                    texts={"fr": (f"Broche {code}", "")},
                )
    return stocked


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ("M07-0", ["M07-001", "M07-002", "M07-012"]),
        ("m07-01", ["M07-012"]),
        ("M07-1", ["M07-001", "M07-120"]),
        ("m07 - 12", ["M07-012", "M07-120"]),
        ("XYZ-", ["XYZ-001", "XYZ-002", "XYZ-012"]),
        ("xyz-0", ["XYZ-001", "XYZ-002", "XYZ-012"]),
        ("XYZ-01", ["XYZ-012"]),
        ("XYZ-1", ["XYZ-001"]),
        ("XYZ-12", ["XYZ-012"]),
        ("ZEL5-1", ["ZEL5-001"]),
        ("ZEL5-0012-", ["ZEL5-0012-B"]),
        ("7a-", ["7A-001", "7A-010", "7A-0101"]),
        ("7a-1", ["7A-001"]),
    ],
)
def test_the_beginning_of_a_product_s_code_finds_it(
    coded: Office, asked: str, codes: list[str]
) -> None:
    assert found(coded.came_in(), asked) == [f"Broche {code}" for code in codes]


@pytest.mark.parametrize(
    "code", ["M07-012", "xyz-001", " XYZ-012 ", "ZEL5-0012-b", "bro21", "7A-001", "7a-010"]
)
def test_a_product_s_whole_code_goes_straight_to_its_page(coded: Office, code: str) -> None:
    client = coded.came_in()
    answer = client.get("/search", query_string={"q": code})
    assert answer.status_code == 303
    assert f"Broche {code.strip().upper()}" in page(client, answer.location)


@pytest.mark.parametrize("asked", ["XYZ-9", "ZEL5-9", "BRO-21", "--", "XYZ--1"])
def test_a_code_that_nothing_has_finds_nothing(coded: Office, asked: str) -> None:
    assert found(coded.came_in(), asked) == []


def test_words_with_a_hyphen_are_no_code(coded: Office) -> None:
    assert found(coded.came_in(), "tapis-losanges") == ["Tapis à losanges rouges"]
