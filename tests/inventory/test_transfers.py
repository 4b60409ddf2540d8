"""Pieces move within the house, from site to site, and never out of nothing."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from almakane.db import transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.services import open_hub
from almakane.inventory.deed import Deed
from almakane.inventory.models import ON_HAND, Lot, PlaceKind, StockLevel
from almakane.inventory.queries import levels_of, on_hand, places_of
from almakane.inventory.services import add_product, set_up_places, settle_oversold, transfer
from almakane.money import LARGEST
from tests.accounts import assert_sound, count_rows
from tests.factories import (
    Sold,
    a_deed,
    a_line,
    a_return,
    mad,
    make_hub,
    make_lot,
    make_maker,
    refund,
    sell,
    the_site,
)

SHELF, RESERVE, WORKSHOP = PlaceKind.SHELF, PlaceKind.RESERVE, PlaceKind.WORKSHOP


def a_shop(session: Session, quantity: int = 5) -> tuple[Hub, Lot]:
    hub = make_hub(session, sites=("medina", "port"))
    return hub, make_lot(session, hub, make_maker(session, hub), mad(1000), quantity=quantity)


def standing(session: Session, hub: Hub, lot: Lot, site: str = "medina") -> dict[PlaceKind, int]:
    levels = levels_of(session, [lot.id])
    places = places_of(session, the_site(session, hub, site).id)
    return {
        kind: levels[lot.id, place] for kind, place in places.items() if levels.get((lot.id, place))
    }


def test_pieces_move_from_the_shelf_to_the_reserve_and_back(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        assert transfer(session, a_deed(session, hub), lot.id, 3, SHELF, RESERVE) == "TR-000001"
        assert standing(session, hub, lot) == {PlaceKind.MAKER: -5, SHELF: 2, RESERVE: 3}
        assert transfer(session, a_deed(session, hub), lot.id, 3, RESERVE, SHELF) == "TR-000002"
        assert standing(session, hub, lot) == {PlaceKind.MAKER: -5, SHELF: 5}
        assert_sound(session)


def test_pieces_travel_to_another_site_and_are_on_hand_all_the_way(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        port = the_site(session, hub, "port")
        transfer(
            session, a_deed(session, hub), lot.id, 2, SHELF, PlaceKind.TRANSIT, to_site_id=port.id
        )
        assert standing(session, hub, lot, "port") == {PlaceKind.TRANSIT: 2}
        assert on_hand(session, lot.id) == 5
        there = a_deed(session, hub)._replace(site_id=port.id)
        transfer(session, there, lot.id, 2, PlaceKind.TRANSIT, SHELF)
        assert standing(session, hub, lot, "port") == {SHELF: 2}
        assert_sound(session)


def test_a_transfer_told_twice_happened_once(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        deed = a_deed(session, hub)
        number = transfer(session, deed, lot.id, 2, SHELF, RESERVE)
        before = count_rows(session)
        assert transfer(session, deed, lot.id, 2, SHELF, RESERVE) == number
        for quantity, target in ((3, RESERVE), (2, WORKSHOP)):
            with pytest.raises(Refusal, match="already used"):
                transfer(session, deed, lot.id, quantity, SHELF, target)
        assert count_rows(session) == before


def test_moves_never_cross_hubs(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        fes = open_hub(session, "fes", "Fès", sites={"fes": "Fès"})
        site = the_site(session, fes, "fes")
        set_up_places(session, site.id)
        for number in (site.id, 999_999, 2**63):
            with pytest.raises(Refusal, match="cross hubs"):
                transfer(session, a_deed(session, hub), lot.id, 1, SHELF, SHELF, to_site_id=number)
        elsewhere = Deed(*a_deed(session, hub))._replace(hub_id=fes.id, site_id=site.id)
        with pytest.raises(Refusal, match="no such lot"):
            transfer(session, elsewhere, lot.id, 1, SHELF, RESERVE)


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 6},
        {"quantity": 2**63},
        {"lot_id": 999_999},
        {"lot_id": 2**63},
        {"target": SHELF},
        *({"source": place} for place in PlaceKind if place is not SHELF),
        *({"target": place} for place in PlaceKind if place not in ON_HAND),
    ],
)
def test_what_is_not_there_does_not_move(books: Flask, changed: dict[str, Any]) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        before = count_rows(session)
        told: dict[str, Any] = {
            "lot_id": lot.id,
            "quantity": 1,
            "source": SHELF,
            "target": RESERVE,
        } | changed
        with pytest.raises(Refusal), session.begin_nested():
            transfer(session, a_deed(session, hub), **told)
        assert count_rows(session) == before


def test_a_number_that_was_not_used_is_given_to_the_next_transfer(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        with pytest.raises(Refusal), session.begin_nested():
            transfer(session, a_deed(session, hub), lot.id, 6, SHELF, RESERVE)
        assert transfer(session, a_deed(session, hub), lot.id, 1, SHELF, RESERVE) == "TR-000001"


def test_the_database_itself_keeps_a_real_place_above_zero(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        shelf = places_of(session, the_site(session, hub).id)[SHELF]
        level = session.get_one(StockLevel, (lot.id, shelf))
        level.quantity = -1
        with pytest.raises(IntegrityError, match="never_below_zero"):
            session.flush()
        session.rollback()


def test_found_pieces_are_set_against_what_was_oversold_and_come_from_the_house(
    books: Flask,
) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, 2)
        sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(1000), 5)))
        more = a_line(1, Sold(lot, mad(1000), mad(1000), 2))
        sold = sell(session, hub, more).ticket
        refund(session, hub, a_return(1, sold, 1, mad(2000), 2))
        assert standing(session, hub, lot)[PlaceKind.OVERSOLD] == -5
        for place in PlaceKind:
            if place not in ON_HAND:
                with pytest.raises(Refusal), session.begin_nested():
                    settle_oversold(session, a_deed(session, hub), lot.id, 1, place)
        for quantity in (0, -1, 3, 6, 2**63):
            with pytest.raises(Refusal), session.begin_nested():
                settle_oversold(session, a_deed(session, hub), lot.id, quantity)
        deed = a_deed(session, hub)
        number = settle_oversold(session, deed, lot.id, 2)
        assert settle_oversold(session, deed, lot.id, 2) == number
        assert standing(session, hub, lot)[PlaceKind.OVERSOLD] == -3
        assert on_hand(session, lot.id) == 0
        assert_sound(session)


@pytest.mark.parametrize("price", [-1, LARGEST + 1, 2**63])
def test_a_product_has_a_price_that_the_books_take(books: Flask, price: int) -> None:
    with transaction() as session:
        hub = make_hub(session)
        with pytest.raises(Refusal, match="out of range"):
            add_product(
                session, make_maker(session, hub), "X", category="rugs", price=price, tax_class=None
            )


def test_two_products_of_a_hub_have_two_codes(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        first, second = make_maker(session, hub), make_maker(session, hub)
        add_product(session, first, "TAPIS", category="rugs", price=mad(10), tax_class=None)
        with pytest.raises(Refusal, match="code TAPIS"):
            add_product(session, second, "TAPIS", category="rugs", price=mad(10), tax_class=None)
