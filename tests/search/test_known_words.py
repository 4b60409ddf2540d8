"""Words that things are found by: which begin so, which are rare, which may be meant."""

import pytest
from flask import Flask

from almakane.db import db, rows, transaction
from almakane.inventory.models import Product
from almakane.search.queries import begins, bounds, other_spellings, rarest_first
from tests.factories import mad, make_hub, make_lot, make_maker

KINDS = ("product", "maker")
HELD = 100


@pytest.fixture
def hub_id(books: Flask) -> int:
    """A hub with three things of a maker, and another hub with words of its own."""
    with transaction() as session:
        hub, other = make_hub(session), make_hub(session, code="fes")
        for of_hub, name, titles in (
            (hub, "Coopérative Tifaouine", ("Tapis losanges", "Tapis chevrons", "Tapisserie")),
            (other, "Zellij Fassi", ("Fontaine",)),
        ):
            maker = make_maker(session, of_hub)
            maker.name = name
            for title in titles:
                lot = make_lot(session, of_hub, maker, mad(100))
                session.get_one(Product, lot.product_id).technique = title
        session.flush()
        return hub.id


def having(hub_id: int, words: list[str]) -> list[str]:
    """The words of products that begin so."""
    sql = "SELECT word FROM search_word s WHERE hub_id = ? AND kind = 'product'"
    sql += f" AND ({begins('s', words)})"
    return sorted({word for (word,) in rows(db.session(), sql, (hub_id, *bounds(words)))})


def test_a_word_is_found_by_its_beginning_and_nothing_else(hub_id: int) -> None:
    assert having(hub_id, ["tapis"]) == ["tapis", "tapisserie"]
    assert having(hub_id, ["tapisse", "chev"]) == ["chevrons", "tapisserie"]
    assert having(hub_id, ["apis"]) == having(hub_id, ["fontaine"]) == []


def test_what_the_fewest_have_is_read_first(hub_id: int) -> None:
    asked = [["tapis"], ["losanges", "chevrons"], ["chevrons"], ["xyz"]]
    ordered = [["xyz"], ["chevrons"], ["losanges", "chevrons"], ["tapis"]]
    assert rarest_first(db.session(), hub_id, asked) == ordered
    assert rarest_first(db.session(), hub_id, asked[:1]) == asked[:1]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["losagnes"], [["losanges"]]),
        (["losagnes", "tapis"], [["losanges"], ["tapis"]]),
        (["tifaouien"], [["tifaouine"]]),
        (["tapis"], []),  # it is there as it was typed
        (["tap", "losanges"], []),
        (["losagnes", "xyzzyx"], []),  # one of them means nothing
        (["fontaien"], []),  # another hub has it
        (["12345"], []),  # a figure is never another one
    ],
)
def test_what_is_spelt_otherwise_is_told_and_what_is_not_is_not(
    hub_id: int, words: list[str], meant: list[list[str]]
) -> None:
    assert other_spellings(db.session(), hub_id, words, KINDS, HELD) == meant


def test_a_spelling_is_held_against_the_kinds_that_were_asked_for(hub_id: int) -> None:
    assert other_spellings(db.session(), hub_id, ["tifaouien"], ("product",), HELD) == []
