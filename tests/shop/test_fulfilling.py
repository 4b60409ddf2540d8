"""An order from its call to its sale, or to its end: proven in both books at every turn."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.db import db, rows, transaction
from almakane.errors import Refusal
from almakane.inventory.models import PlaceKind
from almakane.inventory.queries import places_of
from almakane.ledger.queries import balance
from almakane.sales.deposits import Brought, bank_courier, deposited
from almakane.sales.models import Sale
from almakane.shop.following import cancel_by_buyer
from almakane.shop.fulfilling import (
    Act,
    act_on,
    cancel,
    clear_away,
    confirm,
    deliver,
    hand_over,
    keep,
    make_ready,
    miss,
    pack,
    pick,
    refund,
    remit,
    see_transfer,
    send_back,
    ship,
    take_back,
)
from almakane.shop.models import Payment
from almakane.shop.standing import Hand, open_orders
from tests.factories import NOW, Sold, a_deed, a_line, mad, new_uid, sell, the_site
from tests.shop.orders import BROUGHT, Counter, a_shop, a_wish, order


def on(session: Session, shop: Counter, number: str = "W-000001", hours: int = 0) -> Act:
    """Somebody of the house acts on an order, so many hours after it was placed."""
    later = NOW + timedelta(hours=hours)
    deed = a_deed(session, shop.hub)._replace(happened_at=later, recorded_at=later)
    return act_on(session, deed, number)


def where(session: Session, shop: Counter) -> dict[str, int]:
    """Where the pieces of its lot stand."""
    names = {
        number: kind.value
        for kind, number in places_of(session, the_site(session, shop.hub).id).items()
    }
    found = rows(
        session, "SELECT place_id, quantity FROM stock_level WHERE lot_id = ?", (shop.lot.id,)
    )
    return {names[p]: q for p, q in found if q and names[p] != "maker"}


def prove_books() -> None:
    db.session.rollback()
    assert prove(db.session.connection()) == []


def to_be_sent(session: Session) -> Counter:
    """An order to pay at the door, confirmed, picked and packed."""
    shop = a_shop(session)
    order(session, a_wish(session, shop, **BROUGHT))
    confirm(on(session, shop))
    assert pick(on(session, shop), shop.lot.code)
    pack(on(session, shop))
    return shop


def test_an_order_to_pay_at_the_door_is_sold_when_the_courier_was_paid(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop, **BROUGHT))
        assert on(session, shop).standing.hand is Hand.CONFIRM
        miss(on(session, shop))
        assert on(session, shop).standing.misses == 1
        confirm(on(session, shop))
        assert on(session, shop, hours=100).standing.hand is Hand.PICK
        assert pick(on(session, shop), shop.lot.code)
        assert where(session, shop) == {"web_pick": 1}
        pack(on(session, shop))
        ship(on(session, shop), "amana", "CP 123 456 MA")
        assert where(session, shop) == {"transit": 1}
        assert session.query(Sale).count() == 0
        one = on(session, shop).standing
        assert (one.hand, one.courier, one.tracking) == (Hand.REMIT, "amana", "CP 123 456 MA")
        deliver(on(session, shop))
        recorded = remit(on(session, shop))
        assert recorded is not None
        assert (recorded.number, recorded.outcome) == ("WEB-1-000001", "recorded")
        assert where(session, shop) == {"buyer": 1}
        assert balance(session, shop.hub.id, "cod:amana") == mad(1020)
        assert on(session, shop).standing.hand is Hand.NOTHING
        brought = Brought((recorded.sale_id,), mad(975), mad(45))
        bank_courier(session, a_deed(session, shop.hub), "amana", brought)
        assert balance(session, shop.hub.id, "cod:amana") == 0
    prove_books()


def test_a_parcel_that_is_refused_is_on_the_shelf_again_and_costs_its_fee(books: Flask) -> None:
    with transaction() as session:
        shop = to_be_sent(session)
        ship(on(session, shop), "amana", "")
        take_back(on(session, shop), mad(45))
        take_back(on(session, shop), mad(45))  # a double click
        assert where(session, shop) == {"shelf": 1}
        assert session.query(Sale).count() == 0
        assert balance(session, shop.hub.id, "cod:amana") == mad(-45)
        assert on(session, shop).standing.hand is Hand.NOTHING
        with pytest.raises(Refusal):
            remit(on(session, shop))
        again = order(session, a_wish(session, shop, **BROUGHT)).order
        confirm(on(session, shop, again.number))
    prove_books()


def test_an_order_paid_ahead_is_sold_as_it_leaves_and_may_come_back(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop, **{**BROUGHT, "payment": Payment.TRANSFER}))
        assert on(session, shop).standing.hand is Hand.PAY
        with pytest.raises(Refusal):
            pick(on(session, shop), shop.lot.code)
        assert see_transfer(on(session, shop), mad(1020), "VIR 1")
        assert on(session, shop, hours=400).standing.hand is Hand.PICK
        pick(on(session, shop), shop.lot.code)
        pack(on(session, shop))
        ship(on(session, shop), "amana", "X1")
        assert where(session, shop) == {"buyer": 1}
        assert deposited(session, shop.hub.id, "W-000001") == 0
        assert on(session, shop).standing.hand is Hand.ROAD
        deliver(on(session, shop))
        for wanted in ({1: 2}, {3: 1}, {}):
            with pytest.raises(Refusal):
                refund(on(session, shop), wanted, "too small")
        refund(on(session, shop), {1: 1, 2: 1}, "too small")
        assert where(session, shop) == {"shelf": 1}
        one = on(session, shop).standing
        assert (one.hand, one.deposit) == (Hand.SEND_BACK, mad(1020))
        assert [o.order.number for o in open_orders(session, shop.hub.id, NOW)] == ["W-000001"]
        with pytest.raises(Refusal):
            refund(on(session, shop), {1: 1}, "again")
        send_back(on(session, shop), mad(1020), "VIR 2")
        assert on(session, shop).standing.hand is Hand.NOTHING
        assert balance(session, shop.hub.id, "bank") == 0
        assert balance(session, shop.hub.id, "income:shipping") == 0
    prove_books()


def test_what_was_paid_is_handed_over_in_the_shop(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop, payment=Payment.TRANSFER))
        with pytest.raises(Refusal):
            hand_over(on(session, shop))
        see_transfer(on(session, shop), mad(1000), "VIR 1")
        pick(on(session, shop), shop.lot.code)
        make_ready(on(session, shop))
        assert on(session, shop, hours=99).standing.hand is Hand.FETCH
        first = hand_over(on(session, shop))
        assert first is not None
        assert hand_over(on(session, shop)) is None  # a double click
        assert session.query(Sale).count() == 1
        assert where(session, shop) == {"buyer": 1}
    prove_books()


def test_a_cancelled_order_frees_its_piece_and_its_money_waits_to_go_back(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop, payment=Payment.TRANSFER))
        see_transfer(on(session, shop), mad(1000), "VIR 1")
        pick(on(session, shop), shop.lot.code)
        with pytest.raises(Refusal):
            send_back(on(session, shop), mad(1000), "")
        with pytest.raises(Refusal):
            cancel(on(session, shop), "  ")
        cancel(on(session, shop), "changed their mind")
        cancel(on(session, shop), "changed their mind")
        assert where(session, shop) == {"shelf": 1}
        assert on(session, shop).standing.hand is Hand.SEND_BACK
        assert on(session, shop, hours=24 * 16).standing.is_late
        send_back(on(session, shop), mad(1000), "VIR 2")
        assert balance(session, shop.hub.id, "bank") == 0
        order(session, a_wish(session, shop))
    prove_books()


def test_a_transfer_that_comes_too_late_is_a_deposit_that_goes_back(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop, payment=Payment.TRANSFER))
        done = sell(session, shop.hub, a_line(1, Sold(shop.lot, mad(1000), mad(1000))))
        assert done.flags == ["hold_preempted"]
        assert on(session, shop).standing.hand is Hand.LOST
        assert not see_transfer(on(session, shop), mad(1000), "VIR 1")
        assert on(session, shop).standing.hand is Hand.SEND_BACK
        assert session.query(Sale).count() == 1
        send_back(on(session, shop), mad(1000), "VIR 2")
        assert deposited(session, shop.hub.id, "W-000001") == 0
    prove_books()


def test_nobody_came_and_it_goes_back_to_the_shelf(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop))
        pick(on(session, shop), shop.lot.code)
        make_ready(on(session, shop, hours=1))
        with pytest.raises(Refusal):
            clear_away(on(session, shop, hours=48))
        late = on(session, shop, hours=50).standing
        assert (late.hand, late.is_over) == (Hand.PUT_BACK, True)
        keep(on(session, shop, hours=50))
        assert on(session, shop, hours=60).standing.hand is Hand.FETCH
        clear_away(on(session, shop, hours=110))
        assert where(session, shop) == {"shelf": 1}
        assert on(session, shop, hours=111).standing.hand is Hand.NOTHING
    prove_books()


@pytest.mark.parametrize(
    "act",
    [miss, confirm, keep, pack, make_ready, hand_over, lambda act: ship(act, "amana", "")],
)
def test_a_page_that_is_stale_is_told_so(books: Flask, act: object) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop, **BROUGHT))
        cancel(on(session, shop), "no")
        with pytest.raises(Refusal):
            act(on(session, shop))  # type: ignore[operator]
        for early in (deliver, remit, lambda a: take_back(a, 0)):
            with pytest.raises(Refusal):
                early(on(session, shop))
    prove_books()


def test_what_is_not_of_the_order_is_not_picked(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop))
        for code in ("", "2999999999994", shop.lot.code + "1", "x" * 64):
            with pytest.raises(Refusal):
                pick(on(session, shop), code)
        with pytest.raises(Refusal):
            pack(on(session, shop))
        with pytest.raises(Refusal):
            act_on(session, a_deed(session, shop.hub), "W-000009")


def test_each_picked_piece_moves_once(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session, quantity=5)
        order(session, a_wish(session, shop, 2))
        assert pick(on(session, shop), shop.lot.code)
        assert pick(on(session, shop), shop.lot.code)
        assert where(session, shop) == {"shelf": 3, "web_pick": 2}
        assert PlaceKind.WEB_PICK in {
            kind for _l, kind, _c in on(session, shop).standing.aside.values()
        }
    prove_books()


def test_another_hubs_order_is_nobodys(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop))
        stranger = a_deed(session, shop.hub)._replace(hub_id=shop.hub.id + 1, uid=new_uid())
        with pytest.raises(Refusal):
            act_on(session, stranger, "W-000001")


def test_a_buyer_does_not_call_off_what_lies_in_a_basket_already(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        placed = order(session, a_wish(session, shop))
        keep(on(session, shop))
        pick(on(session, shop), shop.lot.code)
    with pytest.raises(Refusal, match="on its way"), transaction() as session:
        cancel_by_buyer(session, session.merge(placed.order), now=NOW)
    with transaction() as session:
        cancel(on(session, shop), "The buyer called")
        assert where(session, shop) == {"shelf": 1}
    prove_books()
