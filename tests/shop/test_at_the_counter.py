"""A web order that is fetched: paid at a till, whose sale it is."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask

from almakane.db import transaction
from almakane.hubs.models import Hub, Site
from almakane.inventory.deed import Deed
from almakane.inventory.models import Lot, Product
from almakane.sales.models import Register
from almakane.shop.fulfilling import act_on, make_ready, pick
from almakane.shop.models import Payment, Way
from almakane.shop.ordering import Asked, Wish, place_order
from almakane.shop.standing import Hand, find_order, standing_of
from tests.factories import new_uid, the_site
from tests.journal.shop import Shop, ask, broken, open_shop
from tests.till.client import Till, line


def ordered(shop: Shop, quantity: int = 1, **changed: Any) -> tuple[str, str]:
    """Somebody wants pots, to fetch; number and uid of the order."""
    now = datetime.now(UTC)
    with transaction() as session:
        lot = session.query(Lot).filter_by(code=shop.pot).one()
        product = session.get_one(Product, lot.product_id)
        values: dict[str, Any] = {
            "hub_id": shop.hub_id,
            "site_id": the_site(session, session.get_one(Hub, shop.hub_id)).id,
            "uid": new_uid(),
            "language": "fr",
            "name": "Samira Alaoui",
            "phone": "0661234567",
            "way": Way.PICKUP,
            "payment": Payment.SHOP,
            "lines": (Asked(product.id, quantity, product.price),),
        }
        placed = place_order(session, Wish(**values | changed), secret="test", now=now)
        return placed.order.number, placed.order.uid


def pick_it(shop: Shop, number: str) -> None:
    now = datetime.now(UTC)
    with transaction() as session:
        deed = Deed(shop.hub_id, 0, new_uid(), now, now.date(), now, "hind")
        pick(act_on(session, deed, number), shop.pot)
        make_ready(act_on(session, deed, number))


def hand_of(shop: Shop, number: str) -> Hand:
    with transaction() as session:
        order = find_order(session, shop.hub_id, number)
        assert order is not None
        return standing_of(session, order, datetime.now(UTC)).hand


def pot(shop: Shop, till: Till, number: str, **changed: Any) -> dict[str, Any]:
    """The order's line as the till was told it."""
    status, told = till.ask("GET", f"/pos/orders/{number}")
    assert status == 200, told
    [one] = told["lines"]
    named = {name: one[name] for name in ("list", "qty", "title", "tax_bp", "tax_code")}
    return line(one["code"], one["unit"], **named | changed)


def places() -> dict[str, int]:
    return dict(
        ask(
            "SELECT place.kind, SUM(quantity) FROM stock_level JOIN place ON place.id = place_id "
            "WHERE place.kind IN ('shelf', 'web_pick', 'buyer') GROUP BY place.kind"
        )
    )


def test_an_order_that_was_picked_is_sold_at_the_till_from_where_it_waits(app: Flask) -> None:
    with app.app_context():
        shop = open_shop(app, quantity=5)
        number, uid = ordered(shop, 2)
        pick_it(shop, number)
        till = shop.till()
        till.open_shift()
        for words in ("", "samira", "SAMIRA alaoui", number.lower()):
            status, told = till.ask("GET", f"/pos/orders?q={words}")
            assert status == 200
            assert [one["number"] for one in told["orders"]] == [number]
        assert told["orders"][0]["uid"] == uid
        assert told["orders"][0]["paid"] == 0
        nothing: dict[str, Any] = {"orders": [], "elsewhere": None}
        assert till.ask("GET", "/pos/orders?q=nobody")[1] == nothing

        till.sell(pot(shop, till, number), customer=uid)
        [(status, answer)] = till.send()

        assert [one["outcome"] for one in answer["results"]] == ["recorded", "recorded"]
        assert {k: int(v) for k, v in places().items()} == {"shelf": 8, "web_pick": 0, "buyer": 2}
        assert ask("SELECT ended_by FROM hold") == [("taken",)]
        assert hand_of(shop, number) is Hand.NOTHING
        assert till.ask("GET", f"/pos/orders/{number}")[0] == 404
        assert broken() == []


def test_an_order_that_nobody_picked_is_sold_from_the_shelf(app: Flask) -> None:
    with app.app_context():
        shop = open_shop(app, quantity=5)
        number, uid = ordered(shop)
        till = shop.till()
        till.open_shift()
        till.sell(pot(shop, till, number), customer=uid)
        [(_status, answer)] = till.send()
        assert [one["outcome"] for one in answer["results"]] == ["recorded", "recorded"]
        assert ask("SELECT ended_by FROM hold") == [("taken",)]
        assert broken() == []


def test_what_is_sold_otherwise_than_ordered_is_recorded_and_flagged(app: Flask) -> None:
    with app.app_context():
        shop = open_shop(app, quantity=5)
        number, uid = ordered(shop, 2)
        till = shop.till()
        till.open_shift()
        till.sell(pot(shop, till, number, qty=1), customer=uid)
        [(_status, answer)] = till.send()
        assert answer["results"][-1]["flags"] == ["order_differs"]
        assert hand_of(shop, number) is Hand.NOTHING
        assert broken() == []


def test_two_tills_that_sell_one_order_are_both_booked_and_the_second_is_flagged(
    app: Flask,
) -> None:
    with app.app_context():
        shop = open_shop(app, quantity=5)
        number, uid = ordered(shop)
        tills = [shop.till("T1"), shop.till("T2")]
        for till in tills:
            till.open_shift()
            till.sell(pot(shop, till, number), customer=uid)
        answers = [till.send()[0][1] for till in tills]
        assert answers[0]["results"][-1]["outcome"] == "recorded"
        assert answers[1]["results"][-1]["flags"] == ["order_twice"]
        again = tills[1].ask("POST", "/pos/journal", {"events": tills[1].live.events[-1:]})
        assert again[1]["results"][-1]["outcome"] == "replayed"
        assert ask("SELECT COUNT(*) FROM sale") == [(2,)]
        assert broken() == []


def test_a_till_that_takes_the_last_piece_lets_its_buyer_know(app: Flask) -> None:
    with app.app_context():
        shop = open_shop(app, quantity=1)
        number, uid = ordered(shop)
        till = shop.till()
        till.open_shift()
        till.sell(line(shop.pot, 28_000))
        [(_status, answer)] = till.send()
        assert answer["results"][-1]["flags"] == ["hold_preempted"]
        assert hand_of(shop, number) is Hand.LOST
        told = ask("SELECT body FROM outbox WHERE uid LIKE ?", f"{uid}/mail/preempted/%")
        assert told == [(f"{uid} preempted",)]
        assert till.ask("GET", f"/pos/orders/{number}")[0] == 404
        assert broken() == []


def test_nobody_without_a_token_sees_who_ordered(app: Flask) -> None:
    with app.app_context():
        shop = open_shop(app)
        number, _uid = ordered(shop)
        client = app.test_client()
        for path in ("/pos/orders", f"/pos/orders/{number}"):
            assert client.get(path).status_code == 401
        till = shop.till()
        for wrong in ("W-999999", "x" * 300):
            assert till.ask("GET", f"/pos/orders/{wrong}")[0] in (400, 404)
        nothing: dict[str, Any] = {"orders": [], "elsewhere": None}
        assert till.ask("GET", "/pos/orders?q=" + "x" * 500)[1] == nothing


def test_a_till_is_told_where_an_order_waits_that_is_not_its_site_s(app: Flask) -> None:
    with app.app_context():
        shop = open_shop(app, quantity=5)
        number, _uid = ordered(shop)
        till = shop.till()
        with transaction() as session:
            other = Site(hub_id=shop.hub_id, code="gueliz", name="Guéliz")
            session.add(other)
            session.flush()
            session.query(Register).filter_by(code="T1").one().site_id = other.id
        home = ask("SELECT name FROM site WHERE code = 'medina'")[0][0]

        for words in ("", "samira"):
            told = till.ask("GET", f"/pos/orders?q={words}")[1]
            assert told == {"orders": [], "elsewhere": None}
        told = till.ask("GET", f"/pos/orders?q={number.lower()}")[1]
        assert told == {"orders": [], "elsewhere": home}
        status, told = till.ask("GET", f"/pos/orders/{number}")
        assert (status, told["reason"], told["site"]) == (404, "other_site", home)
        assert "lines" not in told
