"""The last piece: 64 buyers and two tills want it, one has it, and nobody pays for nothing."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.cooperatives.models import Maker
from almakane.db import db, retried, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.models import Product
from almakane.sales.deposits import deposited
from almakane.sales.models import Flag
from almakane.sales.services import Recorded, record_sale
from almakane.sales.ticket import Ticket
from almakane.shop.fulfilling import act_on, cancel, see_transfer, send_back
from almakane.shop.models import Payment, Way
from almakane.shop.ordering import Asked, Wish, place_order
from almakane.shop.standing import Hand, find_order, open_orders, standing_of
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
    new_uid,
    the_site,
)
from tests.sales.test_many_tills import at_once
from tests.scale import count

BUYERS, ROUNDS = 64, count(20, 1_000)
HANDS = 12  # of one moment: a connection each, and the app has fifteen


def buying(wish: Wish) -> str:
    """Place an order, as the checkout does; what it was told instead where it is gone."""

    def once() -> str:
        with transaction() as session:
            return place_order(session, wish, secret="test", now=NOW).order.number

    try:
        return retried(once, attempts=12)
    except Refusal:
        return "refused"


def selling(hub_id: int, ticket: Ticket) -> Recorded:
    """Record a till's ticket, as its door does."""

    def once() -> Recorded:
        with transaction() as session:
            return record_sale(session, hub_id, ticket, now=NOW)

    return retried(once, attempts=12)


def paying(hub_id: int, site_id: int, number: str) -> bool:
    """The bank shows a transfer; says whether the pieces are still there."""
    uid = new_uid()

    def once() -> bool:
        with transaction() as session:
            hub = session.get_one(Hub, hub_id)
            deed = a_deed(session, hub, uid=uid)._replace(site_id=site_id)
            return see_transfer(act_on(session, deed, number), mad(1000), "VIR")

    return retried(once, attempts=12)


def a_piece(session: Session, hub: Hub, maker_id: int) -> tuple[Sold, Product]:
    lot = make_lot(session, hub, session.get_one(Maker, maker_id), mad(1000))
    return Sold(lot, mad(1000), mad(1000)), session.get_one(Product, lot.product_id)


def wishes(hub_id: int, site_id: int, product_id: int, buyers: int) -> list[Wish]:
    return [
        Wish(
            hub_id=hub_id,
            site_id=site_id,
            uid=new_uid(),
            language="fr",
            name=f"Client {n}",
            phone="0661234567",
            way=Way.PICKUP,
            payment=Payment.TRANSFER,
            lines=(Asked(product_id, 1, mad(1000)),),
        )
        for n in range(buyers)
    ]


def prove_books() -> None:
    db.session.rollback()
    assert prove(db.session.connection()) == []
    db.session.rollback()


def open_house(session: Session) -> tuple[int, int, int]:
    hub = make_hub(session)
    return hub.id, the_site(session, hub).id, make_maker(session, hub).id


def test_one_of_sixty_four_buyers_and_two_tills_has_the_last_piece(books: Flask) -> None:
    with transaction() as session:
        hub_id, site_id, maker_id = open_house(session)
    for _ in range(ROUNDS):
        with transaction() as session:
            sold, product = a_piece(session, session.get_one(Hub, hub_id), maker_id)
            tickets = [a_ticket(a_line(1, sold), register=till) for till in ("T1", "T2")]
            lot_id = sold.lot.id
            buyers = wishes(hub_id, site_id, product.id, BUYERS)
        works: list[Callable[[], object]] = [partial(buying, wish) for wish in buyers]
        works[10:10] = [partial(selling, hub_id, tickets[0])]
        works[40:40] = [partial(selling, hub_id, tickets[1])]

        told = at_once(books, works, HANDS)

        recorded = [one for one in told if isinstance(one, Recorded)]
        ordered = [one for one in told if isinstance(one, str) and one != "refused"]
        # One till had it in hand. The other's ticket is a fact too: flagged, out of `oversold`.
        short = [(Flag.STOCK_SHORT, 1) in one.flags for one in recorded]
        assert sorted(short) == [False, True]
        assert len(ordered) <= 1
        with transaction() as session:
            live = "SELECT 1 FROM hold WHERE lot_id = ? AND ended_at IS NULL"
            assert rows(session, live, (lot_id,)) == []
            for number in ordered:
                order = find_order(session, hub_id, number)
                assert order is not None
                one = standing_of(session, order, NOW)
                assert (one.hand, one.deposit) == (Hand.LOST, 0)
    prove_books()


def test_one_buyer_has_it_where_no_till_sells_it(books: Flask) -> None:
    with transaction() as session:
        hub_id, site_id, maker_id = open_house(session)
        _sold, product = a_piece(session, session.get_one(Hub, hub_id), maker_id)
        buyers = wishes(hub_id, site_id, product.id, BUYERS)

    told = at_once(books, [partial(buying, wish) for wish in buyers], HANDS)

    assert sorted(told).count("refused") == BUYERS - 1
    prove_books()


@pytest.mark.parametrize("seed", range(count(3, 100)))
def test_a_transfer_and_a_till_at_once_leave_money_for_a_piece_or_money_back(
    books: Flask, seed: int
) -> None:
    with transaction() as session:
        hub_id, site_id, maker_id = open_house(session)
        sold, product = a_piece(session, session.get_one(Hub, hub_id), maker_id)
        ticket = a_ticket(a_line(1, sold))
        [wish] = wishes(hub_id, site_id, product.id, 1)
    number = buying(wish)
    works: list[Callable[[], object]] = [
        partial(paying, hub_id, site_id, number),
        partial(selling, hub_id, ticket),
    ]
    if seed % 2:
        works.reverse()

    told = at_once(books, works)

    [recorded] = [one for one in told if isinstance(one, Recorded)]
    [kept] = [one for one in told if isinstance(one, bool)]
    flags = {flag for flag, _line in recorded.flags}
    assert flags == ({Flag.HOLD_PAID} if kept else {Flag.HOLD_PREEMPTED})
    with transaction() as session:
        [one] = open_orders(session, hub_id, NOW)
        assert (one.hand, one.deposit) == (Hand.SEND_BACK, mad(1000))
        hub = session.get_one(Hub, hub_id)
        cancel(act_on(session, a_deed(session, hub), number), "sold at a till")
        send_back(act_on(session, a_deed(session, hub), number), mad(1000), "VIR back")
        assert deposited(session, hub_id, number) == 0
    prove_books()
