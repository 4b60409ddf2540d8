"""A button of the order desk that is pressed twice, or by two at once, does its work once."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.ledger.queries import balance
from almakane.shop.fulfilling import (
    Act,
    act_on,
    cancel,
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
from tests.factories import NOW, a_deed, mad, new_uid
from tests.sales.test_many_tills import at_once
from tests.shop.orders import BROUGHT, Counter, a_shop, a_wish, order

CLICKS = 4
Work = Callable[[Act], object]


def on(session: Session, shop: Counter, uid: str | None = None, seconds: int = 0) -> Act:
    later = NOW + timedelta(seconds=seconds)
    deed = a_deed(session, session.get_one(Hub, shop.hub.id), uid=uid)
    return act_on(session, deed._replace(happened_at=later, recorded_at=later), "W-000001")


def clicked(books: Flask, shop: Counter, work: Work) -> list[str]:
    """The button of one page, pressed several times at once; what each press was told."""
    uid = new_uid()

    def press() -> str:
        def once() -> None:
            with transaction() as session:
                work(on(session, shop, uid))

        try:
            retried(once, attempts=12)
        except Refusal as refusal:
            return refusal.message
        return "done"

    return at_once(books, [press] * CLICKS)


def ordered(*before: Work, **wished: object) -> Counter:
    """An order on which that much was done already."""
    with transaction() as session:
        shop = a_shop(session, 2)
        order(session, a_wish(session, shop, 2, **wished))
        for work in before:
            work(on(session, shop))
    return shop


def count(sql: str) -> int:
    db.session.rollback()
    return int(db.session.execute(text(f"SELECT COUNT(*) FROM {sql}")).scalar_one())


def steps(step: str) -> int:
    return count(f"web_order_step WHERE step = '{step}'")


def prove_books() -> None:
    db.session.rollback()
    assert prove(db.session.connection()) == []
    db.session.rollback()


def take(act: Act) -> None:
    pick(act, act.order.lines[0].code)


def dispatch(act: Act) -> None:
    ship(act, "amana", "X1")


def pay(act: Act) -> None:
    see_transfer(act, act.order.total, "VIR")


def come_back(act: Act) -> None:
    take_back(act, mad(45))


def call_off(act: Act) -> None:
    cancel(act, "no")


TO_BRING = {**BROUGHT}
SENT = [confirm, take, pack, dispatch]
PAID = {"payment": Payment.TRANSFER}


@pytest.mark.parametrize(
    ("work", "step", "before", "wished"),
    [
        (miss, "unreached", [], TO_BRING),
        (confirm, "confirmed", [], TO_BRING),
        (keep, "kept", [], {}),
        (take, "picked", [confirm], TO_BRING),
        (pack, "packed", [confirm, take], TO_BRING),
        (make_ready, "ready", [take], {}),
        (dispatch, "shipped", [confirm, take, pack], TO_BRING),
        (deliver, "delivered", SENT, TO_BRING),
        (
            lambda act: take_back(act, mad(45)),
            "returned",
            [confirm, take, pack, dispatch],
            TO_BRING,
        ),
        (call_off, "cancelled", [confirm], TO_BRING),
    ],
    ids=lambda value: getattr(value, "__name__", None) if callable(value) else None,
)
def test_a_step_is_taken_once_however_often_it_is_pressed(
    books: Flask, work: Work, step: str, before: list[Work], wished: dict[str, object]
) -> None:
    shop = ordered(*before, **wished)
    assert clicked(books, shop, work) == ["done"] * CLICKS
    assert steps(step) == 1
    assert count("outbox") == count("(SELECT DISTINCT uid FROM outbox) told")
    prove_books()


def test_a_courier_who_was_paid_pays_once(books: Flask) -> None:
    shop = ordered(confirm, take, pack, dispatch, **TO_BRING)
    assert clicked(books, shop, remit) == ["done"] * CLICKS
    assert count("sale") == 1
    assert balance(db.session(), shop.hub.id, "cod:amana") == mad(2020)
    prove_books()


def test_what_was_paid_is_handed_over_once(books: Flask) -> None:
    shop = ordered(pay, take, make_ready, **PAID)
    assert clicked(books, shop, hand_over) == ["done"] * CLICKS
    assert (count("sale"), steps("delivered")) == (1, 1)
    prove_books()


def test_money_that_was_seen_or_sent_back_is_booked_once(books: Flask) -> None:
    shop = ordered(**PAID)
    assert clicked(books, shop, pay) == ["done"] * CLICKS
    assert balance(db.session(), shop.hub.id, "bank") == mad(2000)
    with transaction() as session:
        cancel(on(session, shop), "changed their mind")
    half = partial(send_back, amount=mad(1000), evidence="VIR 2")
    assert clicked(books, shop, half) == ["done"] * CLICKS
    assert balance(db.session(), shop.hub.id, "bank") == mad(1000)
    assert clicked(books, shop, half) == ["done"] * CLICKS  # the other half, from a page drawn anew
    assert balance(db.session(), shop.hub.id, "bank") == 0
    assert count("outbox WHERE body LIKE '% refunded%'") == 2
    prove_books()


def test_one_piece_of_two_comes_back_once(books: Flask) -> None:
    shop = ordered(pay, take, make_ready, hand_over, **PAID)
    back = partial(refund, wanted={1: 1}, why="trop petit")
    assert clicked(books, shop, back) == ["done"] * CLICKS
    assert count("sale WHERE kind = 'refund'") == 1
    assert clicked(books, shop, back) == ["done"] * CLICKS  # the other one
    assert count("sale WHERE kind = 'refund'") == 2
    assert set(clicked(books, shop, back)) == {"There is not so much left of this line."}
    prove_books()


def test_nobody_answered_is_counted_by_calls_and_not_by_clicks(books: Flask) -> None:
    shop = ordered(miss, **TO_BRING)
    with transaction() as session:
        miss(on(session, shop, seconds=5))
        miss(on(session, shop, seconds=600))
        assert on(session, shop).standing.misses == 2


def test_two_of_the_house_who_want_different_things_are_not_both_heard(books: Flask) -> None:
    shop = ordered(confirm, take, pack, **TO_BRING)

    def press(work: Work) -> str:
        def once() -> None:
            with transaction() as session:
                work(on(session, shop))

        try:
            retried(once, attempts=12)
        except Refusal:
            return "refused"
        return "done"

    told = at_once(books, [partial(press, dispatch), partial(press, call_off)])
    assert sorted(told) == ["done", "refused"]
    assert steps("shipped") + steps("cancelled") == 1
    prove_books()
