"""The street: what is in the catalogue, what a page says, and what nobody may make it say."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from almakane.cooperatives.agreement import PaidTo, Regime, Terms
from almakane.db import db, rows, transaction
from almakane.hubs.models import Hub
from almakane.inventory.holds import place_hold
from almakane.inventory.models import HoldKind, Lot, PlaceKind, Product
from almakane.inventory.products import offer, set_price
from almakane.inventory.services import transfer
from almakane.shop.piece import lot_to_sell, split_of, web_lots
from tests.counting import counted
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_deed,
    a_line,
    mad,
    make_hub,
    make_maker,
    sell,
    the_site,
)
from tests.shop.street import a_maker, a_piece, by, code_of, read, tell_of


class Walk(NamedTuple):
    """A shop of three makers: what its products are called in addresses."""

    hub_id: int
    rug: str
    bowl: str
    vase: str
    lots: dict[str, int]


@pytest.fixture
def walk(app: Flask) -> Iterator[Walk]:
    with app.app_context():
        with transaction() as session:
            hub = make_hub(session)
            weavers = a_maker(
                session,
                hub,
                "Coopérative Tifawin",
                craft="rug",
                region="Drâa-Tafilalet",
                place="Taznakht",
                artisans=2,
                terms=Terms(Regime.MANDATE, 2_500, paid_to=PaidTo.MEMBERS),
            )
            tell_of(
                session,
                weavers,
                fr=("Coopérative Tifawin", "Six femmes tissent à Taznakht. Et plus.", "Taznakht"),
                ar=("تعاونية تيفاوين", "ست نساء ينسجن في تازناخت.", "تازناخت"),
            )
            potter = a_maker(session, hub, "Atelier Ben Naceur", region="Marrakech-Safi")
            rug = a_piece(
                session,
                hub,
                weavers,
                "Tapis noué aux losanges",
                mad(3_400),
                ar="الزربية المعقودة",
                en="Knotted rug",
                story="Sept semaines.",
                category="rug",
                weights=dict.fromkeys(weavers.artisans, 1),
            )
            bowl = a_piece(session, hub, potter, "Bol à harira", mad(60), quantity=5)
            vase = a_piece(session, hub, potter, "Grand vase vert", mad(620))
            made = Walk(
                hub.id,
                code_of(session, rug),
                code_of(session, bowl),
                code_of(session, vase),
                {"rug": rug.id, "bowl": bowl.id, "vase": vase.id},
            )
        yield made


def plain(words: str) -> str:
    """Without what keeps figures together and in their direction."""
    return words.replace("\u00a0", " ").replace("\u2066", "").replace("\u2069", "")


def titles(client: FlaskClient, query: str = "", language: str = "fr") -> list[str]:
    page = read(client, f"/{language}/pieces{query}")
    assert page.status == 200
    return [href.rpartition("/")[2] for href in page.hrefs if f"/{language}/pieces/" in href]


def sell_all(walk: Walk, what: str, price: int, quantity: int = 1) -> None:
    with transaction() as session:
        hub = session.get_one(Hub, walk.hub_id)
        sold = Sold(session.get_one(Lot, walk.lots[what]), price, price, quantity)
        sell(session, hub, a_line(1, sold))


# What a page says


def test_a_piece_shows_its_maker_its_price_and_where_the_money_goes(
    client: FlaskClient, walk: Walk
) -> None:
    page = read(client, f"/fr/pieces/{walk.rug}")
    assert page.status == 200
    for words in ("Tapis noué aux losanges", "Coopérative Tifawin", "Taznakht", "Sept semaines."):
        assert words in page.words
    for amount in ("3 400,00", "2 380,00", "1 190,00", "850,00", "170,00"):
        assert amount.replace(" ", "\u00a0") in page.html
    first = page.images[0]
    assert first["fetchpriority"] == "high"
    assert "loading" not in first
    assert first["width"]
    assert first["height"]


def test_the_split_is_what_the_sale_pays_its_maker(app: Flask, walk: Walk) -> None:
    with transaction() as session:
        product = session.query(Product).filter_by(code=walk.rug).one()
        lot = lot_to_sell(web_lots(session, product.id, NOW))
        assert lot is not None
        split = split_of(session, product, lot, TODAY, "fr")
    assert split is not None
    sell_all(walk, "rug", mad(3_400))
    with transaction() as session:
        [(net,)] = rows(session, "SELECT net FROM earning")
        shares = rows(session, "SELECT amount FROM earning_share ORDER BY artisan_id")
    parts = split.tried.parts
    assert parts.maker == net
    assert [amount for _name, amount in split.members] == [amount for (amount,) in shares]
    assert parts.maker + parts.house + parts.tax + parts.fee - parts.added == mad(3_400)


def test_the_web_sells_the_oldest_lot_of_which_something_is_free(app: Flask, walk: Walk) -> None:
    with transaction() as session:
        hub = session.get_one(Hub, walk.hub_id)
        product = session.query(Product).filter_by(code=walk.bowl).one()
        lots = web_lots(session, product.id, NOW)
        assert [lot.id for lot in lots] == [walk.lots["bowl"]]
        site = the_site(session, hub)
        claim = (walk.lots["bowl"], 5, HoldKind.PICKUP, "order/1", NOW)
        place_hold(session, hub.id, site.id, *claim)
    with transaction() as session:
        [lot] = web_lots(session, product.id, NOW)
        assert lot.free == 0
        assert lot_to_sell([lot]) is None
        [later] = web_lots(session, product.id, NOW + timedelta(hours=49))
        assert later.free == 5  # a claim that ran out claims nothing, whoever looks


def test_a_sold_piece_keeps_its_page_and_leaves_the_lists(client: FlaskClient, walk: Walk) -> None:
    assert titles(client) == [walk.vase, walk.rug, walk.bowl]  # makers of one day take turns
    sell_all(walk, "rug", mad(3_400))
    assert titles(client) == [walk.vase, walk.bowl]
    assert titles(client, "?sold=1") == [walk.rug]
    page = read(client, f"/fr/pieces/{walk.rug}")
    assert page.status == 200
    assert "Vendu" in page.words
    assert page.thing("Product")["offers"]["availability"] == "https://schema.org/OutOfStock"
    for path in ("/fr/", "/fr/artisans"):
        assert walk.rug not in read(client, path).html


def test_a_piece_that_somebody_claims_says_so(client: FlaskClient, walk: Walk) -> None:
    assert "Réservée" not in read(client, f"/fr/pieces/{walk.vase}").words
    with transaction() as session:
        hub = session.get_one(Hub, walk.hub_id)
        claim = (walk.lots["vase"], 1, HoldKind.PAID, "order/2", NOW)
        place_hold(session, hub.id, the_site(session, hub).id, *claim)
    page = read(client, f"/fr/pieces/{walk.vase}")
    assert "Réservée" in page.words
    assert page.thing("Product")["offers"]["availability"] == "https://schema.org/SoldOut"


def test_what_is_off_the_web_or_was_never_here_has_no_page(client: FlaskClient, walk: Walk) -> None:
    with transaction() as session:
        offer(
            session,
            session.query(Product).filter_by(code=walk.vase).one(),
            "web",
            by(),
            is_open=False,
        )
        hub = session.get_one(Hub, walk.hub_id)
        announced = a_piece(session, hub, make_maker(session, hub), "Là-bas", mad(5))
        nowhere = code_of(session, announced)
        session.get_one(Product, announced.product_id).disabled_at = NOW
    for code in (walk.vase, nowhere, "NOBODY", "x" * 300):
        assert client.get(f"/fr/pieces/{code}").status_code == 404
    assert walk.vase not in titles(client)


def test_a_price_and_a_stock_that_change_are_shown_at_once(client: FlaskClient, walk: Walk) -> None:
    assert "620,00" in read(client, f"/fr/pieces/{walk.vase}").html
    with transaction() as session:
        product = session.query(Product).filter_by(code=walk.vase).one()
        set_price(session, product, mad(640), day=TODAY, by=by())
    assert "640,00" in read(client, f"/fr/pieces/{walk.vase}").html
    assert "640,00" in read(client, "/fr/pieces").html
    sell_all(walk, "bowl", mad(60), 2)
    assert "En boutique : 3" in plain(read(client, f"/fr/pieces/{walk.bowl}").words)


# Finding


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?craft=rug", ["rug"]),
        ("?region=marrakech-safi", ["vase", "bowl"]),
        ("?price=0-200", ["bowl"]),
        ("?price=500-1000&region=marrakech-safi", ["vase"]),
        ("?price=3000&craft=pottery", []),
        ("?sort=cheapest", ["bowl", "vase", "rug"]),
        ("?sort=dearest", ["rug", "vase", "bowl"]),
        ("?q=TAPIS", ["rug"]),
        ("?q=tapi", ["rug"]),
        ("?q=tapsi+noue", ["rug"]),
        ("?q=zerbia", []),
        ("?q=زربية", ["rug"]),
        ("?q=الزربيه", ["rug"]),
        ("?q=taznakt", ["rug"]),
        ("?q=harirra", ["bowl"]),
        ("?q=naceur+vert", ["vase"]),
        ("?q=Poterie", ["vase", "bowl"]),
        ("?craft=nothing", []),
        ("?maker=NOBODY", []),
        ("?here=1&craft=rug", ["rug"]),
        ("?colour=red&lang=fr", ["vase", "rug", "bowl"]),
    ],
)
def test_pieces_are_found(client: FlaskClient, walk: Walk, query: str, found: list[str]) -> None:
    assert titles(client, query) == [getattr(walk, name) for name in found]


def test_what_is_in_reserve_is_for_sale_and_not_on_the_shelf(
    client: FlaskClient, walk: Walk
) -> None:
    with transaction() as session:
        deed = a_deed(session, session.get_one(Hub, walk.hub_id))
        transfer(session, deed, walk.lots["vase"], 1, PlaceKind.SHELF, PlaceKind.RESERVE)
    assert walk.vase in titles(client)
    assert walk.vase not in titles(client, "?here=1")


def test_pages_keep_the_filters_and_end(client: FlaskClient, walk: Walk) -> None:
    with transaction() as session:
        hub = session.get_one(Hub, walk.hub_id)
        maker = a_maker(session, hub, "Atelier d'osier", craft="basket")
        for n in range(30):
            a_piece(session, hub, maker, f"Panier {n}", mad(100 + n), category="basket")
        code = maker.code
    page = read(client, "/fr/pieces?craft=basket&sort=cheapest")
    [following] = [href for href in page.hrefs if "page=2" in href]
    assert "craft=basket" in following
    assert "sort=cheapest" in following
    assert len(titles(client, "?craft=basket")) == 24
    assert len(titles(client, "?craft=basket&page=2")) == 6
    assert len(titles(client, f"?maker={code}&page=2")) == 6
    for page_number in ("3", "0", "-1", "1e9", "x", "٢", "99999999"):
        asked = client.get("/fr/pieces", query_string={"craft": "basket", "page": page_number})
        assert asked.status_code == 404


HOSTILE = (
    "'; DROP TABLE product; --",
    '" onmouseover="alert(1)',
    "<script>alert(1)</script>",
    "%",
    "_" * 500,
    "\u202e\u2066txt",
    "a" * 5_000,
    "*" * 80,
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "\u0301\u0301",
    "ﷺ" * 200,
    "0" * 90,
    "tapis " * 100,
    "{{7*7}}",
)


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_nobody_makes_a_search_do_more_than_search(
    client: FlaskClient, walk: Walk, words: str
) -> None:
    for name in ("q", "craft", "technique", "region", "maker", "price", "sort", "here"):
        answer = client.get("/ar/pieces", query_string={name: words})
        assert answer.status_code == 200
        html = answer.get_data(as_text=True)
        assert "<script>alert" not in html
        assert ' onmouseover="alert' not in html
    for path in (f"/fr/pieces/{words[:60]}", f"/fr/artisans/{words[:60]}"):
        assert client.get(path).status_code in (200, 404)


def test_what_is_written_in_a_text_is_read_as_text(client: FlaskClient, app: Flask) -> None:
    evil = '</script><script>alert("x")</script><img src=x onerror=alert(1)> & \u2028'
    title = evil[:110]
    with app.app_context():
        with transaction() as session:
            hub = make_hub(session)
            maker = a_maker(session, hub, evil[:100])
            tell_of(session, maker, fr=(evil[:100], evil, evil[:70]))
            piece = a_piece(session, hub, maker, title, mad(10), story=evil)
            kept = session.get_one(Product, piece.product_id)
            code, said = kept.code, kept.texts
            story = next(text.story for text in said if text.language == "fr")
        for path in ("/fr/", "/fr/pieces", f"/fr/pieces/{code}", "/fr/artisans"):
            page = read(client, path)
            assert page.status == 200
            assert page.scripts == [], path
            assert "<script>alert" not in page.html
            assert "onerror=alert" in page.words or path == "/fr/artisans"
        told = read(client, f"/fr/pieces/{code}").thing("Product")
        assert told["description"] == story
        assert told["brand"]["name"] == evil[:100]


# Kept pages


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "path", ["/fr/", "/fr/pieces?craft=rug", "/fr/pieces/{rug}", "/fr/artisans"]
)
def test_a_kept_page_costs_one_look(client: FlaskClient, walk: Walk, path: str) -> None:
    address = path.format(rug=walk.rug)
    first = client.get(address)
    db.session.remove()
    with counted(db.engine) as sent:
        again = client.get(address)
    assert again.data == first.data
    assert len([sql for sql in sent if "SELECT" in sql]) == 1, sent
    tag = again.headers["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("first", "then"),
    [("/fr/?from=x", "/fr/"), ("/ar/artisans?from=x", "/artisans")],
)
def test_a_kept_page_leads_back_to_the_address_that_it_was_asked_under(
    client: FlaskClient, walk: Walk, first: str, then: str
) -> None:
    for path in (first, then, first, then):
        page = client.get(path, headers={"Accept-Language": "ar"}).get_data(as_text=True)
        here = re.sub("^/(fr|ar)/", "/", path)  # in whichever language it is read
        assert f'name="next" value="{here}"' in page


@pytest.mark.parametrize("path", ["/", "/artisans", "/pieces"])
def test_a_page_is_the_same_under_the_address_of_its_language(
    client: FlaskClient, walk: Walk, path: str
) -> None:
    plain = client.get(path, headers={"Accept-Language": "ar"})
    assert client.get(f"/ar{path}").data == plain.data


@pytest.mark.engines("sqlite")
def test_a_page_of_many_pieces_costs_few_looks(client: FlaskClient, walk: Walk) -> None:
    client.get("/fr/pieces")
    db.session.remove()
    with counted(db.engine) as sent:
        assert client.get("/fr/pieces?sort=cheapest").status_code == 200
    assert len([sql for sql in sent if "SELECT" in sql]) <= 3, sent


def test_a_shop_that_was_never_opened_has_a_front_all_the_same(client: FlaskClient) -> None:
    for path in ("/", "/ar/", "/fr/pieces", "/en/artisans", "/sitemap.xml", "/robots.txt"):
        assert client.get(path).status_code == 200
    assert client.get("/fr/pieces/X").status_code == 404
