"""A robot that begins orders by the thousand, and the honest buyers behind the same address."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from almakane.db import db, transaction
from almakane.inventory.models import Hold, HoldEnd
from almakane.shop.crowding import MOST_BEGUN, MOST_OPEN, MOST_WAITING
from almakane.shop.models import OpenedCheckout, Step, WebOrder, WebOrderStep
from tests.door import browser
from tests.shop.buyer import Buyer
from tests.shop.orders import Counter, a_shop

ROBOT, HONEST = "41.140.20.7", "105.66.3.9"


@pytest.fixture
def shop(books: Flask) -> Counter:
    with transaction() as session:
        return a_shop(session, quantity=60)


def a_buyer(app: Flask, address: str = ROBOT) -> Buyer:
    client = browser(app)
    client.environ_base["REMOTE_ADDR"] = address
    return Buyer(client)


def begin(app: Flask, shop: Counter, address: str = ROBOT) -> Buyer:
    buyer = a_buyer(app, address)
    buyer.put(shop.product)
    buyer.open()
    return buyer


def live() -> list[Hold]:
    db.session.rollback()
    return list(db.session.scalars(select(Hold).where(Hold.ended_at.is_(None))))


def test_an_address_keeps_a_few_checkouts_and_the_oldest_run_out(
    books: Flask, shop: Counter
) -> None:
    honest = begin(books, shop, HONEST)
    first = begin(books, shop)
    for _again in range(MOST_OPEN + 4):
        begin(books, shop)
    assert len(live()) == MOST_OPEN + 1  # and who is somewhere else keeps their own
    ended = db.session.scalars(select(Hold.ended_by).where(Hold.ended_at.is_not(None))).all()
    assert ended == [HoldEnd.EXPIRED] * 5
    assert honest.send(honest.look()).status_code == 303
    assert first.send(first.look()).status_code == 303  # late, but there was one left


def test_what_became_an_order_is_not_let_go_for_a_checkout(books: Flask, shop: Counter) -> None:
    buyer = begin(books, shop)
    assert buyer.send(buyer.look()).status_code == 303
    for _again in range(MOST_OPEN + 2):
        begin(books, shop)
    order = db.session.scalars(select(WebOrder)).one()
    assert f"{order.uid}/1" in {hold.uid for hold in live()}


def test_whoever_begins_very_many_is_told_to_wait_and_keeps_the_basket(
    books: Flask, shop: Counter
) -> None:
    begin(books, shop)
    with transaction() as session:
        one = session.scalars(select(OpenedCheckout)).one()
        session.add_all(
            OpenedCheckout(hub_id=one.hub_id, uid=f"x{n}", visitor=one.visitor, at=one.at)
            for n in range(MOST_BEGUN - 1)
        )
    buyer = a_buyer(books)
    buyer.put(shop.product)
    told = buyer.open().get_data(as_text=True)
    assert "dix minutes" in told
    assert "basket-line" in told
    assert len(live()) == 1
    with transaction() as session:
        early = datetime.now(UTC) - timedelta(minutes=11)
        session.execute(update(OpenedCheckout).values(at=early))
    buyer.open()
    assert len(live()) == 2


def test_orders_that_nobody_looked_at_are_so_many_and_no_more(books: Flask, shop: Counter) -> None:
    for _again in range(MOST_WAITING):
        buyer = begin(books, shop)
        assert buyer.send(buyer.look()).status_code == 303
    one_more = begin(books, shop)
    data = one_more.look()
    answer = one_more.send(data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "appelez-nous" in page
    assert "Nadia Berrada" in page
    elsewhere = begin(books, shop, HONEST)
    assert elsewhere.send(elsewhere.look()).status_code == 303
    with transaction() as session:  # the house has called one of them
        order = session.scalars(select(WebOrder).limit(1)).one()
        session.add(
            WebOrderStep(
                order_id=order.id,
                step=Step.CONFIRMED,
                at=datetime.now(UTC),
                actor="hind",
                note="",
            )
        )
    assert one_more.send(data).status_code == 303
    assert one_more.send(data).status_code == 303  # sent twice, it is the same order


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.3", "192.168.1.4", "::1", "fe80::1", ""])
def test_the_houses_own_network_is_nobody_in_particular(
    books: Flask, shop: Counter, address: str
) -> None:
    for _again in range(MOST_OPEN + 3):
        begin(books, shop, address)
    assert len(live()) == MOST_OPEN + 3
    assert db.session.scalars(select(OpenedCheckout)).all() == []


def test_no_address_is_kept_as_it_is_and_none_for_long(books: Flask, shop: Counter) -> None:
    begin(books, shop, "2a01:cb00:1::1")
    begin(books, shop, "2a01:cb00:1::ffff:2")  # of the same network
    begin(books, shop, "::ffff:41.140.20.7")
    begin(books, shop)
    db.session.rollback()
    kept = db.session.scalars(select(OpenedCheckout.visitor)).all()
    assert len(kept) == 4
    assert len(set(kept)) == 2
    assert all(len(one) == 64 for one in kept)
    with transaction() as session:
        early = datetime.now(UTC) - timedelta(days=3)
        session.execute(update(OpenedCheckout).values(at=early))
    begin(books, shop)
    db.session.rollback()
    assert len(db.session.scalars(select(OpenedCheckout)).all()) == 1
