"""A gift card given back: what was spent of it is gone, and is not given back a second time."""

from flask import Flask

from almakane.db import transaction
from almakane.ledger.queries import balance
from tests.factories import (
    Sold,
    a_line,
    a_return,
    gift_card,
    gift_card_line,
    mad,
    make_hub,
    make_lot,
    make_maker,
    refund,
    sell,
)


def test_a_spent_gift_card_is_given_back_for_what_it_holds(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(300))
        bought = sell(session, hub, gift_card_line(1, "g1", mad(500)))
        line = a_line(1, Sold(lot, mad(300), mad(300)))
        sell(session, hub, line, tenders=(gift_card("g1", mad(300)),))

        back = refund(session, hub, a_return(1, bought.ticket, 1, mad(500)))

        assert back.flags == ["over_refund"]
        assert balance(session, hub.id, "giftcard:g1") == 0
        assert balance(session, hub.id, "differences") == mad(300)


def test_a_gift_card_that_is_spent_and_given_back_at_once_is_not_overspent(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(300))
        bought = sell(session, hub, gift_card_line(1, "g1", mad(300)))

        line = a_line(1, Sold(lot, mad(300), mad(300)))
        both = sell(
            session,
            hub,
            line,
            returns=(a_return(1, bought.ticket, 1, mad(200)),),
            tenders=(gift_card("g1", mad(300)), gift_card("g2", mad(-200))),
        )

        assert both.flags == ["over_refund"]
        assert balance(session, hub.id, "giftcard:g1") == 0
        assert balance(session, hub.id, "differences") == mad(200)
