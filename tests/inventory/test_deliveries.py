"""Pieces come in under the terms of the day, with labels of their own, and go back signed for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import sleep
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime, Terms
from almakane.cooperatives.amending import By
from almakane.cooperatives.models import Maker
from almakane.cooperatives.services import agree
from almakane.db import db, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.deliveries import (
    MOST,
    Delivered,
    buy_out,
    receive_consignment,
    return_to_maker,
)
from almakane.inventory.ean13 import is_ean13
from almakane.inventory.holds import place_hold
from almakane.inventory.losses import record_loss
from almakane.inventory.models import (
    Consignment,
    HoldKind,
    LossKind,
    Lot,
    LotKind,
    PlaceKind,
    Product,
    ReturnSlip,
    TaxClass,
)
from almakane.inventory.products import set_price
from almakane.inventory.queries import levels_of, lock_lots, on_hand, places_of
from almakane.inventory.services import add_product
from almakane.ledger.queries import balance, balances
from almakane.money import LARGEST
from tests.accounts import assert_sound, count_rows
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
    new_uid,
    sell,
    the_site,
)


def a_product(
    session: Session,
    maker: Maker,
    code: str = "BOL",
    tax_class: TaxClass | None = TaxClass.STANDARD,
    category: str = "pottery",
) -> Product:
    return add_product(
        session, maker, code, category=category, price=mad(1000), tax_class=tax_class
    )


def a_shop(session: Session, **terms: Any) -> tuple[Hub, Maker, Product]:
    hub = make_hub(session)
    maker = make_maker(session, hub, **terms)
    return hub, maker, a_product(session, maker)


def stands(session: Session, hub: Hub, lot: Lot, kind: PlaceKind) -> int:
    place = places_of(session, the_site(session, hub).id)[kind]
    return levels_of(session, [lot.id]).get((lot.id, place), 0)


def lots_of(session: Session, consignment: Consignment) -> list[Lot]:
    return session.query(Lot).filter_by(consignment_id=consignment.id).order_by(Lot.n).all()


# In


def test_a_delivery_is_a_numbered_paper_and_every_line_a_lot_with_a_label(books: Flask) -> None:
    with transaction() as session:
        hub, maker, product = a_shop(session)
        other = a_product(session, maker, "PLAT")
        lines = [
            Delivered(product.id, title="Grand bol"),
            Delivered(other.id, 12, LotKind.BATCH, floor=mad(900)),
        ]
        first = receive_consignment(session, a_deed(session, hub), maker, lines)
        second = receive_consignment(session, a_deed(session, hub), maker, lines[:1])

        piece, batch = lots_of(session, first)
        [third] = lots_of(session, second)
        assert (first.number, second.number) == ("BD-000001", "BD-000002")
        assert [lot.code[1:12] for lot in (piece, batch, third)] == [f"{n:011d}" for n in (1, 2, 3)]
        assert all(is_ean13(lot.code) for lot in (piece, batch, third))
        assert (piece.title, batch.title) == ("Grand bol", "PLAT")
        assert (piece.quantity, batch.quantity, batch.floor) == (1, 12, mad(900))
        assert stands(session, hub, batch, PlaceKind.SHELF) == 12
        assert stands(session, hub, batch, PlaceKind.MAKER) == -12
        assert batch.due_back_on == TODAY + timedelta(days=180)
        assert balances(session, hub.id) == {}  # nothing is owed for what is only lent
        assert_sound(session)


def test_a_delivery_told_twice_came_once(books: Flask) -> None:
    with transaction() as session:
        hub, maker, product = a_shop(session)
        deed = a_deed(session, hub)
        lines = [Delivered(product.id)]
        first = receive_consignment(session, deed, maker, lines)
        before = count_rows(session)
        assert receive_consignment(session, deed, maker, lines).id == first.id
        with pytest.raises(Refusal, match="already used"):
            receive_consignment(session, deed, maker, lines * 2)
        assert count_rows(session) == before


def test_a_lot_keeps_the_terms_of_the_day_it_came_in(books: Flask) -> None:
    with transaction() as session:
        hub, maker, product = a_shop(session)
        before = a_deed(session, hub, day=date(2026, 5, 31))
        after = a_deed(session, hub, day=date(2026, 6, 1))
        agree(
            session,
            maker,
            Terms(Regime.COMMISSIONNAIRE, 4_000),
            valid_from=date(2026, 6, 1),
            overrides={"pottery": 3_000},
            unsold_days=90,
        )
        [old] = lots_of(
            session, receive_consignment(session, before, maker, [Delivered(product.id)])
        )
        [new] = lots_of(
            session, receive_consignment(session, after, maker, [Delivered(product.id)])
        )

        assert (old.regime, old.commission_bp) == (Regime.MANDATE, 2_500)
        assert (new.regime, new.commission_bp) == (Regime.COMMISSIONNAIRE, 3_000)
        assert new.due_back_on == date(2026, 8, 30)
        line = a_line(1, Sold(old, mad(1000), mad(1000)))
        sell(session, hub, line)
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-700)


def test_own_goods_are_owed_for_with_their_vat_and_never_due_back(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, Terms(Regime.FIRM, 0, maker_vat_liable=True))
        product = a_product(session, maker)
        lines = [
            Delivered(product.id, 3, LotKind.BATCH, unit_cost=mad("33.35")),
            Delivered(product.id, 1, unit_cost=mad(50)),
        ]
        bought = receive_consignment(session, a_deed(session, hub), maker, lines)
        assert balance(session, hub.id, "stock:own") == mad("150.05")
        assert balance(session, hub.id, "vat:in") == mad("30.01")
        assert balance(session, hub.id, f"owed:m{maker.id}") == -mad("180.06")
        assert {lot.due_back_on for lot in lots_of(session, bought)} == {None}


BAD_LINES: dict[str, dict[str, Any]] = {
    "no such product": {"product_id": 999_999},
    "a product that no row can be": {"product_id": 2**63},
    "nothing": {"quantity": 0},
    "less than nothing": {"quantity": -1},
    "more than a lot has": {"quantity": MOST + 1, "kind": LotKind.BATCH},
    "more than a row can keep": {"quantity": 2**63, "kind": LotKind.BATCH},
    "two of one piece": {"quantity": 2},
    "a floor below zero": {"floor": -1},
    "a floor above the price": {"floor": mad(1000) + 1},
    "a cost below zero": {"unit_cost": -1},
    "a cost that is too large": {"unit_cost": LARGEST + 1},
    "a cost that is too large in all": {
        "unit_cost": LARGEST,
        "quantity": 2,
        "kind": LotKind.BATCH,
    },
    "a stranger": {"weights": {999_999: 1}},
    "a title of ten kilobytes": {"title": "x" * 10_000},
    "a title with a NUL": {"title": "a\x00b"},
    "half a character": {"title": "\ud800"},
}


@pytest.mark.parametrize("what", BAD_LINES)
def test_a_delivery_that_could_not_be_sold_paid_or_kept_is_refused(books: Flask, what: str) -> None:
    with transaction() as session:
        hub, maker, product = a_shop(session)
        before = count_rows(session)
        line = replace(Delivered(product.id), **BAD_LINES[what])
        with pytest.raises(Refusal, match="Line 2"):
            receive_consignment(session, a_deed(session, hub), maker, [Delivered(product.id), line])
        assert count_rows(session) == before


@pytest.mark.parametrize("weight", [0, -1, 1_000_001, 2**63])
def test_a_weight_that_divides_nothing_is_refused(books: Flask, weight: int) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, artisans=1)
        product = a_product(session, maker)
        line = Delivered(product.id, weights={maker.artisans[0].id: weight})
        with pytest.raises(Refusal, match="weight"):
            receive_consignment(session, a_deed(session, hub), maker, [line])


def test_another_makers_product_or_artisan_is_refused(books: Flask) -> None:
    with transaction() as session:
        hub, maker, product = a_shop(session)
        other = make_maker(session, hub, artisans=1)
        with pytest.raises(Refusal, match="no such product"):
            receive_consignment(session, a_deed(session, hub), other, [Delivered(product.id)])
        line = Delivered(product.id, weights={other.artisans[0].id: 1})
        with pytest.raises(Refusal, match="the maker's own"):
            receive_consignment(session, a_deed(session, hub), maker, [line])


def test_a_delivery_of_nothing_is_refused(books: Flask) -> None:
    with transaction() as session:
        hub, maker, _product = a_shop(session)
        with pytest.raises(Refusal, match="no lines"):
            receive_consignment(session, a_deed(session, hub), maker, [])


def test_a_product_without_a_tax_class_does_not_go_on_sale(books: Flask) -> None:
    with transaction() as session:
        hub, maker, _ = a_shop(session)
        product = a_product(session, maker, "TAPIS", tax_class=None)
        with pytest.raises(Refusal, match="TAPIS a tax class"):
            receive_consignment(session, a_deed(session, hub), maker, [Delivered(product.id)])


def test_where_members_are_paid_somebody_made_it(books: Flask) -> None:
    with transaction() as session:
        hub, maker, product = a_shop(session, paid_to=PaidTo.MEMBERS)
        with pytest.raises(Refusal, match="who made the piece"):
            receive_consignment(session, a_deed(session, hub), maker, [Delivered(product.id)])


def test_a_delivery_before_there_was_an_agreement_is_refused(books: Flask) -> None:
    with transaction() as session:
        hub, maker, product = a_shop(session)
        deed = a_deed(session, hub, day=date(2009, 12, 31))
        with pytest.raises(Refusal, match="no agreement"):
            receive_consignment(session, deed, maker, [Delivered(product.id)])


@pytest.mark.parametrize(
    "changed",
    [
        {"uid": ""},
        {"uid": "x" * 37},
        {"uid": "a\x00"},
        {"actor": ""},
        {"actor": "x" * 10_000},
        {"actor": "a\x00"},
        {"day": date.max},
        {"happened_at": datetime(2026, 11, 20, 10, 0)},  # noqa: DTZ001 - that is the mistake
        {"happened_at": datetime.max.replace(tzinfo=UTC)},
    ],
)
def test_a_deed_that_could_not_be_kept_is_refused(books: Flask, changed: dict[str, Any]) -> None:
    with transaction() as session:
        hub, maker, product = a_shop(session)
        deed = a_deed(session, hub)._replace(**changed)
        with pytest.raises(Refusal):
            receive_consignment(session, deed, maker, [Delivered(product.id)])


def test_a_delivery_at_the_limits_is_taken_in(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, artisans=1)
        product = a_product(session, maker)
        titles = ("\u202egnp.loB", "ⵣ" * 120, "%s ? 'bol'", "")
        lines = [
            Delivered(
                product.id,
                MOST,
                LotKind.BATCH,
                floor=mad(1000),
                unit_cost=LARGEST // MOST,
                title=title,
                weights={maker.artisans[0].id: 1_000_000},
            )
            for title in titles
        ] * 150
        taken = receive_consignment(session, a_deed(session, hub), maker, lines)
        lots = lots_of(session, taken)
        assert len(lots) == 600
        assert [lot.title for lot in lots[:4]] == [*titles[:3], "BOL"]
        assert_sound(session)


# Back


def test_pieces_go_back_against_a_signature_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000), quantity=3)
        deed = a_deed(session, hub)
        slip = return_to_maker(session, deed, maker, [(lot.id, 2)])
        assert slip.number == "BR-000001"
        assert on_hand(session, lot.id) == 1
        assert stands(session, hub, lot, PlaceKind.MAKER) == -1
        assert return_to_maker(session, deed, maker, [(lot.id, 2)]).id == slip.id
        with pytest.raises(Refusal, match="already used"):
            return_to_maker(session, deed, maker, [(lot.id, 1)])
        assert_sound(session)


def test_what_is_not_there_or_not_hers_does_not_go_back(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, other = make_maker(session, hub), make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000), quantity=3)
        own = make_lot(session, hub, make_maker(session, hub, Terms(Regime.FIRM, 0)), mad(10))
        before = count_rows(session)
        for who, number, quantity in (
            (maker, lot.id, 4),
            (maker, lot.id, 2**63),
            (maker, lot.id, 0),
            (maker, lot.id, -1),
            (other, lot.id, 1),
            (maker, 999_999, 1),
            (maker, 2**63, 1),
            (session.get_one(Maker, own.maker_id), own.id, 1),
        ):
            with pytest.raises(Refusal), session.begin_nested():
                return_to_maker(session, a_deed(session, hub), who, [(number, quantity)])
        with pytest.raises(Refusal), session.begin_nested():
            return_to_maker(session, a_deed(session, hub), maker, [])
        assert count_rows(session) == before


def test_damaged_pieces_go_back_from_where_they_stand(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000))
        for place in (PlaceKind.DAMAGED, PlaceKind.BUYER, PlaceKind.MAKER, PlaceKind.OVERSOLD):
            with pytest.raises(Refusal), session.begin_nested():
                return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 1)], place)
        return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 1)], PlaceKind.SHELF)
        assert on_hand(session, lot.id) == 0


# Bought out


def test_a_bought_out_piece_is_the_hubs_own_under_another_label(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, artisans=2)
        weights = dict.fromkeys(maker.artisans, 1)
        lot = make_lot(session, hub, maker, mad(1000), quantity=5, weights=weights)
        [facts] = lock_lots(session, hub.id, ids=[lot.id])
        deed = a_deed(session, hub)
        bought = buy_out(session, deed, facts, 2, mad(700))

        [own] = lots_of(session, bought)
        assert (own.regime, own.quantity, own.unit_cost) == (Regime.FIRM, 2, mad(700))
        assert own.code != lot.code
        assert (on_hand(session, lot.id), on_hand(session, own.id)) == (3, 2)
        assert session.query(ReturnSlip).one().uid == deed.uid
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-1400)

        assert buy_out(session, deed, facts, 2, mad(700)).id == bought.id
        with pytest.raises(Refusal, match="already used"):
            buy_out(session, deed, facts, 2, mad(600))
        tax = mad("166.67")
        done = sell(session, hub, a_line(1, Sold(own, mad(1000), mad(1000)), tax=tax))
        assert done.flags == []
        assert balance(session, hub.id, "stock:own") == mad(700)


def test_a_buy_out_that_makes_no_sense_is_refused(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000), quantity=5)
        [facts] = lock_lots(session, hub.id, ids=[lot.id])
        before = count_rows(session)
        for quantity, cost in ((0, 1), (-1, 1), (6, 1), (2**63, 1), (1, -1), (1, LARGEST + 1)):
            with pytest.raises(Refusal), session.begin_nested():
                buy_out(session, a_deed(session, hub), facts, quantity, cost)
        with pytest.raises(Refusal), session.begin_nested():
            buy_out(session, a_deed(session, hub), facts, 2, LARGEST)  # each, so twice that
        assert count_rows(session) == before

        bought = buy_out(session, a_deed(session, hub), facts, 1, 0)
        [own] = lock_lots(session, hub.id, ids=[lots_of(session, bought)[0].id])
        with pytest.raises(Refusal, match="own already"):
            buy_out(session, a_deed(session, hub), own, 1, mad(1))


def test_what_a_buyer_has_a_claim_on_does_not_leave_the_house(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000), quantity=3)
        site = the_site(session, hub)
        place_hold(session, hub.id, site.id, lot.id, 2, HoldKind.PAID, new_uid(), NOW)
        [facts] = lock_lots(session, hub.id, ids=[lot.id])
        with pytest.raises(Refusal, match="claim"), session.begin_nested():
            return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 2)])
        with pytest.raises(Refusal, match="claim"), session.begin_nested():
            buy_out(session, a_deed(session, hub), facts, 2, mad(700))
        return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 1)])


def test_a_claim_on_what_stands_on_the_shelf_keeps_no_broken_piece_here(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000), quantity=2)
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.DAMAGED, "Chute")
        site = the_site(session, hub)
        place_hold(session, hub.id, site.id, lot.id, 1, HoldKind.PAID, new_uid(), NOW)
        broken = [(lot.id, 1)]
        return_to_maker(session, a_deed(session, hub), maker, broken, PlaceKind.DAMAGED)
        assert on_hand(session, lot.id) == 1


# At one moment


def await_a_waiter(session: Session) -> None:
    """Until another connection waits for a lock of this one; SQLite lets nobody else begin."""
    if session.get_bind().dialect.name == "sqlite":
        return
    for _try in range(500):
        if rows(session, "SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1"):
            return
        sleep(0.01)
    raise AssertionError("Nobody waits.")


@pytest.mark.parametrize(("first", "field"), [("price", "lines[1]"), ("delivery", "price")])
def test_a_delivery_and_a_new_price_at_one_moment_leave_no_floor_above_the_price(
    books: Flask, first: str, field: str
) -> None:
    with transaction() as session:
        hub, maker, product = a_shop(session)  # at 1 000
        hub_id, maker_id, product_id = hub.id, maker.id, product.id

    def deliver(session: Session) -> None:
        line = Delivered(product_id, 1, LotKind.PIECE, floor=mad(800))
        deed = a_deed(session, session.get_one(Hub, hub_id))
        receive_consignment(session, deed, session.get_one(Maker, maker_id), [line])

    def lower(session: Session) -> None:
        product = session.get_one(Product, product_id)
        set_price(session, product, mad(500), day=TODAY, by=By("salma", NOW))

    works = {"delivery": deliver, "price": lower}
    now, later = works.pop(first), works.popitem()[1]

    def meanwhile() -> None:
        with books.app_context(), transaction() as session:
            later(session)

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            now(session)
            waits = pool.submit(meanwhile)
            await_a_waiter(session)
        with pytest.raises(Refusal) as refused:
            waits.result(timeout=60)
    assert refused.value.field == field
    session = db.session()
    [(price, least)] = rows(
        session,
        "SELECT p.price, COALESCE(MAX(lot.floor), 0) FROM product p "
        "LEFT JOIN lot ON lot.product_id = p.id WHERE p.id = ? GROUP BY p.id",
        (product_id,),
    )
    assert (price, least) == ((mad(500), 0) if first == "price" else (mad(1000), mad(800)))
