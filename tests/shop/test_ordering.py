"""An order is placed once, of pieces that are there, at what the buyer was shown."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.db import transaction
from almakane.errors import Refusal
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.models import Hold, HoldEnd, HoldKind, Lot, LotKind
from almakane.shop.models import OrderContact, Payment, Way, WebOrder
from almakane.shop.ordering import (
    Asked,
    find_by_key,
    leave_checkout,
    link_of,
    open_checkout,
)
from almakane.users.tokens import token_hash
from tests.factories import NOW, a_deed, a_line, mad, sell, the_site
from tests.factories import Sold as Bought
from tests.shop.orders import BROUGHT, SECRET, Counter, a_shop, a_wish, another_lot, order


def holds(session: Session) -> list[Hold]:
    return session.query(Hold).order_by(Hold.id).populate_existing().all()


def test_an_order_freezes_what_was_confirmed_and_claims_its_piece(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        placed = order(session, a_wish(session, shop))
        assert placed.is_new
        made = session.get_one(WebOrder, placed.order.id)
        assert (made.number, made.goods, made.delivery_fee, made.total) == (
            *("W-000001", mad(1000)),
            *(0, mad(1000)),
        )
        [line] = made.lines
        assert (line.lot_id, line.code, line.unit, line.tax_code) == (
            *(shop.lot.id, shop.lot.code),
            *(mad(1000), "exempt_seller"),
        )
        [hold] = holds(session)
        assert (hold.uid, hold.kind) == (f"{made.uid}/1", HoldKind.PICKUP)
        assert hold.expires_at == NOW + timedelta(hours=48)
        assert made.contact.phone == "+212661234567"


def test_cash_on_delivery_costs_its_fee_by_city_and_weight(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session, 30)
        near = order(session, a_wish(session, shop, **BROUGHT)).order
        assert (near.delivery_fee, near.total) == (mad(20), mad(1020))
        far = order(session, a_wish(session, shop, **{**BROUGHT, "city": "Fès"})).order
        assert far.delivery_fee == mad(35)
        heavy = order(session, a_wish(session, shop, 5, **BROUGHT)).order
        assert (heavy.weight_grams, heavy.delivery_fee) == (2_500, mad(35))
        with pytest.raises(Refusal, match="heavy"):
            order(session, a_wish(session, shop, 21, **BROUGHT))
        assert [hold.kind for hold in holds(session)][:3] == [HoldKind.DELIVERY] * 3


def test_the_same_wish_is_one_order_and_another_under_its_uid_is_refused(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session, 5)
        wish = a_wish(session, shop, shown=mad(1000))
        first = order(session, wish)
        again = order(session, wish, now=NOW + timedelta(days=30))
        assert (again.order.id, again.key, again.is_new) == (first.order.id, first.key, False)
        with pytest.raises(Refusal, match="already used"):
            order(session, a_wish(session, shop, uid=wish.uid, name="Quelqu'un d'autre"))
        assert session.query(WebOrder).count() == 1
        assert len(holds(session)) == 1


def test_numbers_have_no_gap_where_an_order_was_refused(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session, 3)
        assert order(session, a_wish(session, shop)).order.number == "W-000001"
    with pytest.raises(Refusal), transaction() as session:
        order(session, a_wish(session, shop, 9))
    with transaction() as session:
        assert order(session, a_wish(session, shop)).order.number == "W-000002"


def test_the_link_opens_the_order_and_the_database_does_not_know_it(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session, 2)
        placed = order(session, a_wish(session, shop))
        assert len(placed.key) == 22  # 128 bits
        found = find_by_key(session, placed.key)
        assert found
        assert found.id == placed.order.id
        assert link_of(found, SECRET) == placed.key
        assert find_by_key(session, placed.order.key_hash) is None
        assert find_by_key(session, "") is None
        told = str(session.execute(text("SELECT * FROM order_contact")).all())
        assert placed.key not in told
        assert placed.order.key_hash == token_hash(placed.key)


def test_the_checkout_holds_the_piece_and_its_claim_becomes_the_orders(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        wish = a_wish(session, shop)
        site = the_site(session, shop.hub).id
        open_checkout(session, shop.hub.id, site, wish.uid, wish.lines, now=NOW)
        with pytest.raises(Refusal, match="just taken"):
            order(session, a_wish(session, shop))
        late = NOW + timedelta(minutes=35)
        order(session, wish, now=late)
        [hold] = holds(session)
        assert (hold.kind, hold.expires_at) == (HoldKind.PICKUP, late + timedelta(hours=48))


def test_a_checkout_that_took_too_long_still_orders_what_is_still_free(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        slow, quick = a_wish(session, shop), a_wish(session, shop)
        site = the_site(session, shop.hub).id
        open_checkout(session, shop.hub.id, site, slow.uid, slow.lines, now=NOW)
        open_checkout(
            session, shop.hub.id, site, quick.uid, quick.lines, now=NOW + timedelta(minutes=37)
        )
        with pytest.raises(Refusal, match="just taken"):
            order(session, slow, now=NOW + timedelta(minutes=38))
        leave_checkout(session, quick.uid, now=NOW + timedelta(minutes=39))
        assert order(session, slow, now=NOW + timedelta(minutes=40)).is_new


def test_leaving_an_order_is_no_way_to_lose_its_pieces(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        wish = a_wish(session, shop)
        order(session, wish)
        leave_checkout(session, wish.uid, now=NOW)
        assert holds(session)[0].ended_at is None


def test_the_till_wins_over_a_checkout_and_the_buyer_is_told_before_they_confirm(
    books: Flask,
) -> None:
    with transaction() as session:
        shop = a_shop(session)
        wish = a_wish(session, shop)
        site = the_site(session, shop.hub).id
        open_checkout(session, shop.hub.id, site, wish.uid, wish.lines, now=NOW)
        sell(session, shop.hub, a_line(1, Bought(shop.lot, mad(1000), mad(1000))))
        assert holds(session)[0].ended_by is HoldEnd.PREEMPTED
        with pytest.raises(Refusal, match="just taken"):
            order(session, wish)
        assert session.query(WebOrder).count() == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "Samira\u202e alaouI"}, "name"),
        ({"phone": "12"}, "phone"),
        ({"phone": "9" * 5_000}, "phone"),
        ({"phone": "06 61 23 45 67\r\nBcc: x"}, "phone"),
        ({"email": "samira@"}, "email"),
        ({"email": "samira..alaoui@exemple.ma"}, "email"),
        ({"email": ".samira@exemple.ma"}, "email"),
        ({"email": "samira.@exemple.ma"}, "email"),
        ({"email": "a@b.ma\r\nBcc: c@d.ma"}, "email"),
        ({"way": Way.DELIVERY}, "payment"),
        ({"payment": Payment.COD}, "payment"),
        ({"payment": Payment.CARD}, "payment"),
        ({**BROUGHT, "city": ""}, "city"),
        ({**BROUGHT, "address": " \n "}, "address"),
        ({"shown": mad(1)}, "shown"),
        ({"uid": "x/1"}, "uid"),
        ({"lines": ()}, "lines"),
        ({"lines": (Asked(10**12, 1, mad(1000)),)}, "lines"),
    ],
)
def test_what_cannot_be_an_order_is_refused_at_its_field(
    books: Flask, changed: dict[str, Any], field: str
) -> None:
    with transaction() as session:
        shop = a_shop(session)
        with pytest.raises(Refusal) as refused:
            order(session, a_wish(session, shop, **changed))
        assert refused.value.field == field
        assert session.query(WebOrder).count() == 0


def test_a_price_or_a_quantity_that_is_not_ours_is_refused(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session, 3)
        for asked in (Asked(shop.product.id, 1, mad(1)), Asked(shop.product.id, 1, 0)):
            with pytest.raises(Refusal, match="price"):
                order(session, a_wish(session, shop, lines=(asked,)))
        for quantity in (0, -1, 100, 10**15):
            with pytest.raises(Refusal, match="quantity"):
                order(session, a_wish(session, shop, quantity))
        with pytest.raises(Refusal, match="only 3"):
            order(session, a_wish(session, shop, 4))
        shop.product.off_web_at = NOW
        session.flush()
        with pytest.raises(Refusal, match="no longer on sale"):
            order(session, a_wish(session, shop))


def test_the_oldest_lot_that_has_enough_is_taken_and_else_several(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session, 2)
        first, second, third = shop.lot.id, add_lot(session, shop, 5), add_lot(session, shop, 4)
        taken = [
            [(line.lot_id, line.quantity) for line in order(session, wish).order.lines]
            for wish in (a_wish(session, shop, n) for n in (3, 4, 4))
        ]
        assert taken == [[(second, 3)], [(third, 4)], [(first, 2), (second, 2)]]


def add_lot(session: Session, shop: Counter, quantity: int) -> int:
    """One more lot of the same product."""
    consignment = receive_consignment(
        session,
        a_deed(session, shop.hub),
        session.get_one(Maker, shop.product.maker_id),
        [Delivered(shop.product.id, quantity, LotKind.BATCH, 0, 0, "Encore", {})],
    )
    return session.query(Lot).filter_by(consignment_id=consignment.id).one().id


def test_who_ordered_can_be_forgotten_and_the_order_stays(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        placed = order(session, a_wish(session, shop, email="samira@exemple.ma"))
        facts = session.execute(text("SELECT * FROM web_order")).all()
        lines = session.execute(text("SELECT * FROM web_order_line")).all()
        outbox = session.execute(text("SELECT uid, kind, body FROM outbox")).all()
        for said in ("Samira", "661234567", "exemple"):
            assert said not in str((facts, lines, outbox))
        contact = session.get_one(OrderContact, placed.order.id)
        assert contact.name == "Samira Alaoui"


def test_the_mail_of_an_order_waits_once(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        wish = a_wish(session, shop)
        order(session, wish)
        order(session, wish)
        waiting = session.execute(text("SELECT uid, body FROM outbox WHERE kind = 'mail'")).all()
        assert waiting == [(f"{wish.uid}/mail/placed/1", f"{wish.uid} placed")]


def test_an_order_of_two_pieces_is_all_or_nothing(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        other = another_lot(session, shop)
        order(session, a_wish(session, other))
        before = len(holds(session))
    both = (Asked(shop.product.id, 1, mad(1000)), Asked(other.product.id, 1, mad(300)))
    with pytest.raises(Refusal, match="just taken"), transaction() as session:
        order(session, a_wish(session, shop, lines=both))
    with transaction() as session:
        assert len(holds(session)) == before
