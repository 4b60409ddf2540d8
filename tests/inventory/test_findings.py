"""What was written off as lost and turns up again: on hand once more, and nobody is owed for it."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.cooperatives.agreement import Bearer, PaidTo, Regime, Terms
from almakane.db import transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.services import open_hub
from almakane.inventory.deed import Deed
from almakane.inventory.losses import left_of_loss, record_finding, record_loss
from almakane.inventory.models import Loss, LossKind, Lot, PlaceKind
from almakane.inventory.queries import levels_of, on_hand, places_of
from almakane.ledger.queries import balance, balances
from almakane.payouts.queries import statement_rows
from almakane.payouts.services import draw_statements
from tests.accounts import assert_sound, count_rows, document_rows
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


def lose(session: Session, hub: Hub, lot: Lot, quantity: int = 1, **told: Any) -> Loss:
    return record_loss(session, a_deed(session, hub), lot.id, quantity, LossKind.LOST, "?", **told)


def test_a_piece_that_turns_up_is_on_hand_and_no_longer_owed_for(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000))
        loss = lose(session, hub, lot)
        found = record_finding(session, a_deed(session, hub), loss.id, 1, " Derrière l'étagère ")

        assert (found.number, found.how) == ("RT-000001", "Derrière l'étagère")
        assert on_hand(session, lot.id) == 1
        assert document_rows(session, found.number) == [
            (f"owed:m{maker.id}", "expense:loss", mad(700))
        ]
        assert set(balances(session, hub.id).values()) == {0}
        assert_sound(session)
        assert prove(session.connection()) == []
    with transaction() as session:
        sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(1000))))
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-700)


def test_what_is_found_in_parts_gives_back_the_whole_to_the_last_centime(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, artisans=2, paid_to=PaidTo.MEMBERS)
        weights = {maker.artisans[0]: 2, maker.artisans[1]: 1}
        lot = make_lot(session, hub, maker, mad("33.33"), quantity=3, weights=weights)
        loss = lose(session, hub, lot, 3)
        owed = left_of_loss(session, loss).net
        taken = []
        for _ in range(3):
            before = left_of_loss(session, loss)
            record_finding(session, a_deed(session, hub), loss.id, 1, "au fond du tiroir")
            taken.append(before.net - left_of_loss(session, loss).net)
            assert taken[-1] == before.taken_back(1)
        assert sum(taken) == owed
        assert left_of_loss(session, loss)[:2] == (0, 0)
        assert set(balances(session, hub.id).values()) == {0}
        assert prove(session.connection()) == []


def test_own_goods_found_are_worth_what_they_cost(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, Terms(Regime.FIRM, 0))
        lot = make_lot(session, hub, maker, mad(1000), quantity=3, unit_cost=mad(400))
        loss = lose(session, hub, lot, 2)
        record_finding(session, a_deed(session, hub), loss.id, 1, "au marché")
        assert balance(session, hub.id, "stock:own") == mad(800)
        assert balance(session, hub.id, "expense:loss") == mad(400)
        assert prove(session.connection()) == []


def test_where_nobody_was_owed_nothing_is_taken_back(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        loss = lose(session, hub, lot, bearer=Bearer.MAKER, stolen=True)
        assert loss.stolen
        found = record_finding(
            session, a_deed(session, hub), loss.id, 1, "rendue", PlaceKind.RESERVE
        )
        assert found.entry_id is None
        places = places_of(session, the_site(session, hub).id)
        assert levels_of(session, [lot.id])[lot.id, places[PlaceKind.RESERVE]] == 1
        assert prove(session.connection()) == []


def test_a_finding_told_twice_happened_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000), quantity=2)
        loss, deed = lose(session, hub, lot, 2), a_deed(session, hub)
        first = record_finding(session, deed, loss.id, 1, "là")
        before = count_rows(session)
        assert record_finding(session, deed, loss.id, 1, "là").id == first.id
        with pytest.raises(Refusal, match="already used"):
            record_finding(session, deed, loss.id, 2, "là")
        assert count_rows(session) == before


def test_the_makers_statement_says_that_it_was_found(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        loss = lose(session, hub, lot)
        [first] = draw_statements(session, hub.id, TODAY, now=NOW, actor="nadia")
        assert first.closing == mad(700)
        record_finding(session, a_deed(session, hub), loss.id, 1, "là")
        [second] = draw_statements(session, hub.id, TODAY, now=NOW, actor="nadia")
        told = [(row.kind, row.quantity, row.amount) for row in statement_rows(session, second)]
        assert told == [("finding", -1, mad(-700))]
        assert prove(session.connection()) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": 0},
        {"quantity": 3},
        {"quantity": 2**63},
        {"loss_id": 999_999},
        {"loss_id": 2**63},
        {"loss_id": -1},
        {"how": " "},
        {"how": "x" * 201},
        {"how": "a\x00"},
        *(
            {"place": place}
            for place in PlaceKind
            if place.value not in {"shelf", "reserve", "workshop"}
        ),
    ],
)
def test_what_was_not_lost_or_cannot_be_told_is_not_found(
    books: Flask, changed: dict[str, Any]
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000), quantity=2)
        loss = lose(session, hub, lot, 2)
        before = count_rows(session)
        told: dict[str, Any] = {"loss_id": loss.id, "quantity": 1, "how": "là", **changed}
        with pytest.raises(Refusal), session.begin_nested():
            record_finding(session, a_deed(session, hub), **told)
        assert count_rows(session) == before


def test_what_lies_damaged_or_was_lost_elsewhere_is_not_found_here(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session, sites=("medina", "port"))
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000), quantity=2)
        broken = record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.DAMAGED, "Chute")
        gone = lose(session, hub, lot)
        deed = a_deed(session, hub)
        with pytest.raises(Refusal, match="no such loss"):
            record_finding(session, deed, broken.id, 1, "réparée")
        port = deed._replace(site_id=the_site(session, hub, "port").id)
        with pytest.raises(Refusal, match="where it was lost"):
            record_finding(session, port, gone.id, 1, "là")
        other = open_hub(session, "fes", "Fès", sites={"medina": "Médina"})
        stranger = Deed(other.id, the_site(session, other).id, new_uid(), NOW, TODAY, NOW, "x")
        with pytest.raises(Refusal, match="no such loss"):
            record_finding(session, stranger, gone.id, 1, "là")


def test_what_was_stolen_does_not_lie_damaged(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        with pytest.raises(Refusal, match="stolen"):
            record_loss(
                session, a_deed(session, hub), lot.id, 1, LossKind.DAMAGED, "Vol", stolen=True
            )
