"""The last piece goes to one: a claim that ends by itself."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from almakane.db import transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.holds import LIVES, end_hold, place_hold
from almakane.inventory.models import Hold, HoldEnd, HoldKind, Lot, PlaceKind
from almakane.inventory.services import transfer
from tests.factories import (
    NOW,
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


def test_a_claim_that_has_ended_or_was_another_is_not_answered_as_if_it_lived(
    books: Flask,
) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=3)
        first = claim(session, hub, lot, uid="order/1")
        assert claim(session, hub, lot, uid="order/1").id == first.id
        with pytest.raises(Refusal, match="something else"):
            claim(session, hub, lot, 2, uid="order/1")
        end_hold(session, first.id, HoldEnd.RELEASED, NOW)
        session.expire_all()
        with pytest.raises(Refusal, match="has ended"):
            claim(session, hub, lot, uid="order/1")


def a_shop(session: Session, quantity: int = 1) -> tuple[Hub, Lot]:
    hub = make_hub(session)
    return hub, make_lot(session, hub, make_maker(session, hub), mad(1000), quantity=quantity)


def claim(session: Session, hub: Hub, lot: Lot, quantity: int = 1, **changed: Any) -> Hold:
    told: dict[str, Any] = {
        **{"site_id": the_site(session, hub).id, "lot_id": lot.id, "quantity": quantity},
        **{"kind": HoldKind.CHECKOUT, "uid": new_uid(), "now": NOW},
    }
    return place_hold(session, hub.id, **(told | changed))


@pytest.mark.parametrize(
    ("kind", "minutes"),
    [(HoldKind.CHECKOUT, 36), (HoldKind.PICKUP, 48 * 60), (HoldKind.DELIVERY, 24 * 60)],
)
def test_a_claim_ends_by_itself_and_the_next_one_takes_the_piece(
    books: Flask, kind: HoldKind, minutes: int
) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        first = claim(session, hub, lot, kind=kind)
        end = NOW + timedelta(minutes=minutes)
        assert first.expires_at == end

        with pytest.raises(Refusal, match="just taken"):
            claim(session, hub, lot, now=end - timedelta(microseconds=1))
        second = claim(session, hub, lot, now=end)
        session.refresh(first)
        assert (first.ended_by, first.ended_at) == (HoldEnd.EXPIRED, end)
        assert second.ended_by is None


def test_a_paid_claim_has_no_end(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        paid = claim(session, hub, lot, kind=HoldKind.PAID)
        assert paid.expires_at is None
        with pytest.raises(Refusal):
            claim(session, hub, lot, now=NOW + timedelta(days=3_650))


def test_every_kind_of_claim_has_its_life() -> None:
    assert set(LIVES) == set(HoldKind)


def test_claims_on_a_batch_are_never_more_than_is_there(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, 5)
        claim(session, hub, lot, 2)
        claim(session, hub, lot, 2)
        with pytest.raises(Refusal):
            claim(session, hub, lot, 2)
        last = claim(session, hub, lot, 1)
        end_hold(session, last.id, HoldEnd.RELEASED, NOW)
        claim(session, hub, lot, 1)


def test_a_claim_told_twice_is_one_claim(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, 5)
        uid = new_uid()
        first = claim(session, hub, lot, 2, uid=uid)
        assert claim(session, hub, lot, 2, uid=uid, now=NOW + timedelta(minutes=1)).id == first.id
        assert session.query(Hold).count() == 1


def test_a_claim_that_has_ended_stays_as_it_ended(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        one = claim(session, hub, lot)
        end_hold(session, one.id, HoldEnd.TAKEN, NOW)
        end_hold(session, one.id, HoldEnd.RELEASED, NOW + timedelta(hours=1))
        session.refresh(one)
        assert (one.ended_by, one.ended_at) == (HoldEnd.TAKEN, NOW)


def test_what_the_workshop_has_or_a_buyer_took_is_not_to_be_claimed(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, 3)
        deed = a_deed(session, hub)
        transfer(session, deed, lot.id, 1, PlaceKind.SHELF, PlaceKind.WORKSHOP)
        sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(1000))))
        with pytest.raises(Refusal):
            claim(session, hub, lot, 2)
        claim(session, hub, lot, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"lot_id": 999_999},
        {"lot_id": 2**63},
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 2},
        {"quantity": 2**63},
        {"uid": ""},
        {"uid": "x" * 61},
        {"uid": "a\x00"},
    ],
)
def test_a_claim_on_what_is_not_there_is_refused(books: Flask, changed: dict[str, Any]) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        with pytest.raises(Refusal):
            claim(session, hub, lot, **changed)


def test_the_database_itself_lets_a_piece_be_claimed_once(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        claim(session, hub, lot)
        second = Hold(
            hub_id=hub.id,
            lot_id=lot.id,
            quantity=1,
            piece=True,
            kind=HoldKind.PAID,
            uid=new_uid(),
            placed_at=NOW,
        )
        session.add(second)
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()
