"""A sale of the web takes the packed piece, a sale at the till the one on the shelf."""

import pytest
from flask import Flask

from almakane.db import transaction
from almakane.inventory.models import PlaceKind
from almakane.inventory.queries import levels_of, places_of
from almakane.inventory.services import transfer
from almakane.sales.services import record_sale
from tests.factories import (
    NOW,
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


@pytest.mark.parametrize(
    ("register", "taken_from"), [("WEB", PlaceKind.WEB_PICK), ("T1", PlaceKind.SHELF)]
)
def test_each_door_takes_its_own_pieces_first(
    books: Flask, register: str, taken_from: PlaceKind
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=2)
        transfer(session, a_deed(session, hub), lot.id, 1, PlaceKind.SHELF, PlaceKind.WEB_PICK)
        ticket = a_ticket(a_line(1, Sold(lot, mad(100), mad(100))), register=register)

        assert record_sale(session, hub.id, ticket, now=NOW).outcome == "recorded"

        place = places_of(session, the_site(session, hub).id)[taken_from]
        assert levels_of(session, [lot.id])[lot.id, place] == 0
