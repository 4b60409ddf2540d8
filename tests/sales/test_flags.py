"""Flags wait for a person, and stay on record when they are settled."""

import pytest
from flask import Flask

from almakane.db import transaction
from almakane.errors import Refusal
from almakane.inventory.models import PlaceKind
from almakane.inventory.queries import levels_of, places_of
from almakane.inventory.services import settle_oversold
from almakane.ledger.queries import waiting
from almakane.ledger.services import release_earnings
from almakane.sales.flags import end_flag, open_flags
from almakane.sales.models import Flag
from almakane.sales.services import record_sale
from almakane.sales.ticket import Tender, TenderKind
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_deed,
    a_line,
    a_ticket,
    mad,
    make_hub,
    make_lot,
    make_maker,
    the_site,
)


def test_a_short_piece_is_settled_when_it_turns_up_and_no_further(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=2)
        ticket = a_ticket(a_line(1, Sold(lot, mad(100), mad(100), 3)))
        recorded = record_sale(session, hub.id, ticket, now=NOW)
        assert recorded.flags == ((Flag.STOCK_SHORT, 1),)
        found = make_lot(session, hub, make_maker(session, hub), mad(5), quantity=1)
    with transaction() as session:
        with pytest.raises(Refusal):  # the shelf of another lot does not settle this one
            settle_oversold(session, a_deed(session, hub), found.id, 1)
        with pytest.raises(Refusal):
            settle_oversold(session, a_deed(session, hub), lot.id, 2)
        places = places_of(session, the_site(session, hub).id)
        assert levels_of(session, [lot.id])[lot.id, places[PlaceKind.OVERSOLD]] == -1

    with transaction() as session:
        [flag] = open_flags(session, hub.id)
        with pytest.raises(Refusal):
            end_flag(session, flag.sale_id, flag.flag, 1, actor="hind", how=" ", now=NOW)
        end_flag(session, flag.sale_id, flag.flag, 1, actor="hind", how="found", now=NOW)
        again = end_flag(session, flag.sale_id, flag.flag, 1, actor="salma", how="no", now=NOW)
        assert (again.actor, again.how) == ("hind", "found")
        assert open_flags(session, hub.id) == []


def test_money_paid_by_cheque_waits_until_it_is_released(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000))
        ticket = a_ticket(
            a_line(1, Sold(lot, mad(1000), mad(1000))),
            tenders=(Tender(TenderKind.CHEQUE, mad(1000), "BMCE 4471"),),
        )
        record_sale(session, hub.id, ticket, now=NOW)
    far = TODAY.replace(year=2030)
    with transaction() as session:
        [wait] = waiting(session, maker.id, far)
        assert (wait.amount, wait.on) == (mad(700), None)
        line = f"{ticket.uid}/1"
        for _ in range(2):
            release_earnings(
                session, hub.id, [line], TODAY, because="cleared", actor="nadia", now=NOW
            )
    with transaction() as session:
        assert waiting(session, maker.id, TODAY) == []
