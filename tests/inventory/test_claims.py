"""A piece that a buyer has claimed: nobody lets it go, and no claim is left on what is gone."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.db import transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.deliveries import buy_out, return_to_maker
from almakane.inventory.holds import place_hold
from almakane.inventory.losses import record_loss
from almakane.inventory.models import Hold, HoldEnd, HoldKind, LossKind, Lot
from almakane.inventory.queries import lock_lots, on_hand
from tests.factories import NOW, a_deed, mad, make_hub, make_lot, make_maker, new_uid, the_site


def claim(session: Session, hub: Hub, lot: Lot, kind: HoldKind = HoldKind.PICKUP) -> Hold:
    return place_hold(session, hub.id, the_site(session, hub).id, lot.id, 1, kind, new_uid(), NOW)


def test_a_claimed_piece_does_not_go_back_to_its_maker(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(100), quantity=2)
        claim(session, hub, lot)

    with pytest.raises(Refusal, match="claimed"), transaction() as session:
        return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 1), (lot.id, 1)])

    with transaction() as session:
        return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 1)])
        assert on_hand(session, lot.id) == 1


def test_a_claimed_piece_is_not_bought_out(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100))
        claim(session, hub, lot)
        [facts] = lock_lots(session, hub.id, ids=[lot.id])

    with pytest.raises(Refusal, match="claimed"), transaction() as session:
        buy_out(session, a_deed(session, hub), facts, 1, mad(50))


@pytest.mark.parametrize(
    ("kind", "end"), [(HoldKind.CHECKOUT, HoldEnd.PREEMPTED), (HoldKind.PAID, HoldEnd.BROKEN)]
)
def test_a_loss_ends_the_claim_on_what_is_lost(books: Flask, kind: HoldKind, end: HoldEnd) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100))
        hold = claim(session, hub, lot, kind)

    with transaction() as session:
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "introuvable")

    with transaction() as session:
        session.refresh(hold)
        assert hold.ended_by is end


def test_a_loss_leaves_the_claim_on_what_is_there(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=2)
        hold = claim(session, hub, lot)

    with transaction() as session:
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.DAMAGED, "tombée")

    with transaction() as session:
        session.refresh(hold)
        assert hold.ended_by is None
