"""What is lost or broken in our hands is owed for at once, unless the maker agreed to bear it."""

from typing import Any

import pytest
from flask import Flask

from almakane.cooperatives.agreement import Bearer, PaidTo, Regime, Terms
from almakane.db import transaction
from almakane.errors import Refusal
from almakane.inventory.losses import record_loss
from almakane.inventory.models import LossKind, PlaceKind, TaxClass
from almakane.inventory.queries import levels_of, on_hand, places_of
from almakane.ledger.models import Earning
from almakane.ledger.queries import balance, balances
from tests.accounts import assert_sound, count_rows, document_rows
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


@pytest.mark.parametrize(
    ("kind", "place"), [(LossKind.LOST, PlaceKind.LOST), (LossKind.DAMAGED, PlaceKind.DAMAGED)]
)
def test_a_piece_is_written_off_and_its_maker_owed_in_one_breath(
    books: Flask, kind: LossKind, place: PlaceKind
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000), quantity=3)
        loss = record_loss(session, a_deed(session, hub), lot.id, 2, kind, " Inondation ")

        where = places_of(session, the_site(session, hub).id)[place]
        assert levels_of(session, [lot.id])[lot.id, where] == 2
        assert on_hand(session, lot.id) == 1
        assert (loss.number, loss.cause, loss.bearer) == ("PV-000001", "Inondation", Bearer.HUB)
        assert document_rows(session, loss.number) == [
            ("expense:loss", f"owed:m{maker.id}", mad(1400))
        ]
        earning = session.query(Earning).one()
        assert (earning.kind, earning.net, earning.commission) == ("loss", mad(1400), 0)
        assert_sound(session)


def test_a_loss_told_twice_happened_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000), quantity=3)
        deed = a_deed(session, hub)
        first = record_loss(session, deed, lot.id, 1, LossKind.LOST, "Vol")
        before = count_rows(session)
        assert record_loss(session, deed, lot.id, 1, LossKind.LOST, "Vol").id == first.id
        with pytest.raises(Refusal, match="already used"):
            record_loss(session, deed, lot.id, 2, LossKind.LOST, "Vol")
        assert count_rows(session) == before


def test_members_are_owed_their_parts_of_what_was_lost(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, artisans=3, paid_to=PaidTo.MEMBERS)
        weights = dict.fromkeys(maker.artisans, 1)
        lot = make_lot(session, hub, maker, mad(1000), weights=weights)
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "Vol")
        owed = [-balance(session, hub.id, f"owed:a{one.id}") for one in maker.artisans]
        assert owed == [mad("233.34"), mad("233.33"), mad("233.33")]
        assert balance(session, hub.id, f"owed:m{maker.id}") == 0
        assert_sound(session)


@pytest.mark.parametrize(
    ("agreed", "settled", "owed"),
    [
        (Bearer.HUB, None, 700),
        (Bearer.MAKER, None, 0),
        (Bearer.MAKER, Bearer.HUB, 700),
        (Bearer.HUB, Bearer.MAKER, 0),
    ],
)
def test_who_bears_it_is_what_was_agreed_unless_settled_otherwise(
    books: Flask, agreed: Bearer, settled: Bearer | None, owed: int
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, loss_bearer=agreed)
        lot = make_lot(session, hub, maker, mad(1000))
        loss = record_loss(
            session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "Vol", bearer=settled
        )
        assert loss.bearer is (settled or agreed)
        assert (loss.entry_id is not None) is bool(owed)
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-owed)
        assert on_hand(session, lot.id) == 0


@pytest.mark.parametrize(
    ("tax_class", "liable", "owed"),
    [
        (TaxClass.STANDARD, True, "625.00"),
        (TaxClass.REDUCED, True, "681.82"),
        (TaxClass.EXEMPT, True, "750.00"),
        (TaxClass.STANDARD, False, "750.00"),
    ],
)
def test_a_commissionnaires_loss_is_the_net_of_the_net_price(
    books: Flask, tax_class: TaxClass, liable: bool, owed: str
) -> None:
    with transaction() as session:
        hub = make_hub(session, vat_liable=liable)
        terms = Terms(Regime.COMMISSIONNAIRE, 2_500, maker_vat_liable=True)
        maker = make_maker(session, hub, terms)
        lot = make_lot(session, hub, maker, mad(1000), tax_class=tax_class)
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "Vol")
        assert balances(session, hub.id) == {
            "expense:loss": mad(owed),
            f"owed:m{maker.id}": -mad(owed),
        }


def test_own_goods_are_written_off_at_cost(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, Terms(Regime.FIRM, 0))
        lot = make_lot(session, hub, maker, mad(1000), quantity=3, unit_cost=mad(400))
        record_loss(session, a_deed(session, hub), lot.id, 2, LossKind.DAMAGED, "Chute")
        assert balances(session, hub.id) == {
            "expense:loss": mad(800),
            f"owed:m{maker.id}": mad(-1200),
            "stock:own": mad(400),
        }


def test_own_goods_that_cost_nothing_are_written_off_all_the_same(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub, Terms(Regime.FIRM, 0)), mad(10))
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "Vol")
        assert on_hand(session, lot.id) == 0


def test_what_was_made_good_as_damaged_is_not_made_good_again_as_lost(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000))
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.DAMAGED, "Chute")

        with pytest.raises(Refusal, match="made good already"):
            record_loss(
                session,
                a_deed(session, hub),
                lot.id,
                1,
                LossKind.LOST,
                "Jetée",
                place=PlaceKind.DAMAGED,
            )
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-700)


def test_a_piece_that_came_back_broken_may_be_lost_from_there(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        sold = sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(1000)))).ticket
        refund(session, hub, a_return(1, sold, 1, mad(1000), restock=False))
        deed = a_deed(session, hub)
        record_loss(session, deed, lot.id, 1, LossKind.LOST, "Jeté", place=PlaceKind.DAMAGED)
        where = places_of(session, the_site(session, hub).id)
        assert levels_of(session, [lot.id])[lot.id, where[PlaceKind.DAMAGED]] == 0
        assert_sound(session)


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 4},
        {"quantity": 2**63},
        {"lot_id": 999_999},
        {"lot_id": 2**63},
        {"lot_id": -1},
        {"cause": ""},
        {"cause": " \n "},
        {"cause": "x" * 10_000},
        {"cause": "a\x00b"},
        {"cause": "\ud800"},
        *({"place": place} for place in PlaceKind if place is not PlaceKind.SHELF),
    ],
)
@pytest.mark.parametrize("kind", list(LossKind))
def test_a_loss_of_what_is_not_there_or_cannot_be_told_is_refused(
    books: Flask, kind: LossKind, changed: dict[str, Any]
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000), quantity=3)
        before = count_rows(session)
        told: dict[str, Any] = {
            **{"lot_id": lot.id, "quantity": 1, "kind": kind, "cause": "Vol"},
            **{"place": PlaceKind.SHELF},
            **changed,
        }
        place = told.pop("place")
        with pytest.raises(Refusal), session.begin_nested():
            record_loss(session, a_deed(session, hub), **told, place=place)
        assert count_rows(session) == before


@pytest.mark.parametrize("cause", ["x" * 200, "\u202eloV", "%s ?", "سُرقت"])
def test_a_cause_at_the_limits_is_kept(books: Flask, cause: str) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        loss = record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, cause)
        session.expire(loss)
        assert loss.cause == cause
