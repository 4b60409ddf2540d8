"""Finding a piece at the till: by words, parts of words, wrong spellings, and its number."""

from typing import Any
from urllib.parse import quote

import pytest

from almakane.cooperatives.models import Maker
from almakane.db import db, rows, transaction
from almakane.hubs.models import Hub
from almakane.inventory.models import Lot, Product, ProductText
from almakane.pos.searching import ON_HAND
from tests.counting import counted
from tests.factories import mad, make_hub, make_lot, make_maker
from tests.journal.shop import Shop
from tests.till.client import Till, line

PIECES = (
    ("Théière de Fès ciselée", "إبريق شاي فاسي"),
    ("Tapis Aït Ouzguite", "زربية آيت وزكيت"),
    ("Tapis Azilal", "زربية أزيلال"),
    ("Lanterne étoilée", "فانوس منجم"),
)


@pytest.fixture
def found(shop: Shop, till: Till) -> Any:
    """What a search finds, as French titles."""
    with transaction() as session:
        hub = session.get_one(Hub, shop.hub_id)
        weavers = make_maker(session, hub)
        weavers.name = "Coopérative Tifawin"
        for french, arabic in PIECES:
            name_it(session, make_lot(session, hub, weavers, mad(100)), french, arabic)

    def find(asked: str) -> list[str]:
        status, told = till.ask("GET", f"/pos/search?q={quote(asked)}")
        assert status == 200
        return [lot["title"]["fr"] for lot in told["lots"]]

    return find


def name_it(session: Any, lot: Lot, french: str, arabic: str) -> None:
    session.query(ProductText).filter_by(product_id=lot.product_id).delete()
    for language, title in (("fr", french), ("ar", arabic)):
        session.add(
            ProductText(product_id=lot.product_id, language=language, title=title, story="")
        )
    session.flush()


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ("theiere", 1),
        ("THÉIÈRE fes", 1),
        ("tapis", 2),
        ("tap", 2),
        ("ouzguite tapis", 1),
        ("زربية", 2),
        ("الزربيه", 2),
        ("ازيلال", 1),
        ("lanterme", 1),
        ("theirre", 1),
        ("tifawin", 4),
        ("tifawin tapis", 2),
        ("coopérative lanterne", 1),
        ("babouche", 0),
        ("tapis lanterne", 0),
        ("", 0),
        ("a", 0),
        ("%", 0),
        ("' OR 1=1", 0),
        ("\u202e", 0),
        ("x" * 300, 0),
    ],
)
def test_a_piece_is_found_by_what_is_said_of_it(found: Any, asked: str, codes: int) -> None:
    assert len(found(asked)) == codes


def test_the_piece_that_has_the_whole_word_comes_first(shop: Shop, till: Till, found: Any) -> None:
    with transaction() as session:
        hub = session.get_one(Hub, shop.hub_id)
        maker = session.query(Maker).first()
        assert maker is not None
        name_it(session, make_lot(session, hub, maker, mad(10)), "Tapisserie", "نسيج")

    status, told = till.ask("GET", "/pos/search?q=tapis")

    names = [_french(lot["id"]) for lot in told["lots"]]
    assert status == 200
    assert names == ["Tapis Azilal", "Tapis Aït Ouzguite", "Tapisserie"]


def _french(lot_id: int) -> str:
    session = db.session()
    try:
        [(title,)] = (
            session.query(ProductText.title)
            .join(Lot, Lot.product_id == ProductText.product_id)
            .filter(Lot.id == lot_id, ProductText.language == "fr")
            .all()
        )
        return str(title)
    finally:
        session.rollback()


def test_a_piece_is_found_by_its_number(shop: Shop, till: Till) -> None:
    for asked in (shop.bowl, shop.bowl[:12], "2", shop.bowl[-2:]):
        told = till.ask("GET", f"/pos/search?q={asked}")[1]
        assert shop.bowl in [lot["code"] for lot in told["lots"]], asked


def test_what_is_sold_is_not_found_by_words(shop: Shop, till: Till, found: Any) -> None:
    with transaction() as session:
        [(code,)] = (
            session.query(Lot.code)
            .join(Product)
            .join(ProductText, ProductText.product_id == Product.id)
            .filter(ProductText.title == "Lanterne étoilée")
            .all()
        )
    till.sell(line(code, mad(100)))
    till.send()

    assert found("lanterne") == []


def test_another_hub_s_pieces_are_not_found(shop: Shop, till: Till, found: Any) -> None:
    with transaction() as session:
        rabat = make_hub(session, code="rabat")
        lot = make_lot(session, rabat, make_maker(session, rabat), mad(50))
        name_it(session, lot, "Poterie de Salé", "فخار سلا")

    assert found("poterie") == []


@pytest.mark.engines("sqlite")
def test_a_search_asks_the_books_as_often_whatever_there_is(
    shop: Shop, till: Till, found: Any
) -> None:
    with counted(db.engine) as sent:
        found("tapis")
    one = len(sent)
    with counted(db.engine) as sent:
        found("tifawin tapis")

    assert one <= 20
    assert len(sent) <= one + 5


@pytest.mark.engines("sqlite")
def test_pieces_are_looked_up_by_their_products_and_not_among_all_that_the_hub_has(
    shop: Shop,
) -> None:
    values = ([1, 2, 3], shop.hub_id, [1, 2], 80)

    steps = [row[3] for row in rows(db.session(), f"EXPLAIN QUERY PLAN {ON_HAND}", values)]

    assert "SEARCH lot USING INDEX ix_lot_product_id (product_id=?)" in steps
