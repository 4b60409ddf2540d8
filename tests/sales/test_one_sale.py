"""The thread that all hangs on: one sale of a regime B line, in both books at once."""

from flask import Flask

from almakane.db import transaction
from almakane.inventory.queries import on_hand
from almakane.ledger.queries import balances
from almakane.sales.services import record_sale
from tests.factories import NOW, Sold, a_line, a_ticket, mad, make_hub, make_lot, make_maker


def test_a_sale_moves_the_piece_owes_the_maker_and_credits_the_house(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000))
    ticket = a_ticket(a_line(1, Sold(lot, mad(1000), mad(1000))))

    with transaction() as session:
        recorded = record_sale(session, hub.id, ticket, now=NOW)

    with transaction() as session:
        assert recorded.outcome == "recorded"
        assert recorded.number == "T1-000001"
        assert on_hand(session, lot.id) == 0
        assert balances(session, hub.id) == {
            "cash:T1": mad(1000),
            "clearing": 0,
            "income:commission": mad(-250),
            f"owed:m{maker.id}": mad(-700),
            "vat:out": mad(-50),
        }
