"""Staff bring orders through their desk, by the same pages that they click."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from almakane.check import prove
from almakane.db import db, transaction
from almakane.hubs.models import Hub
from almakane.inventory.models import Hold, HoldKind, Lot, Product, ProductText
from almakane.ledger.queries import balance
from almakane.sales.services import record_sale
from almakane.shop.delivery import set_tariff
from almakane.shop.fulfilling import act_on, confirm
from almakane.shop.models import Payment, Way, WebOrderLine
from almakane.shop.ordering import Asked, Wish, place_order
from almakane.shop.standing import Hand, find_order, open_orders
from almakane.users.models import Role
from tests.counting import counted
from tests.door import browser, come_in, make_colleague, make_person
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_deed,
    a_line,
    a_ticket,
    mad,
    make_lot,
    make_maker,
    new_uid,
    the_site,
)
from tests.shop.orders import BROUGHT, TARIFF, Counter, a_wish, order


class Desk(NamedTuple):
    """A shop with one order, and whoever works there."""

    app: Flask
    staff: FlaskClient
    cashier: FlaskClient
    hub_id: int
    code: str
    number: str

    def post(self, path: str, **data: Any) -> int:
        """Send one of the order's forms, as staff."""
        return self.staff.post(f"/orders/{self.number}/{path}", data=data).status_code

    def page(self, who: FlaskClient | None = None) -> str:
        answer = (who or self.staff).get(f"/orders/{self.number}")
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def balance(self, account: str) -> int:
        with self.app.app_context(), transaction() as session:
            return balance(session, self.hub_id, account)

    def is_proven(self) -> None:
        with self.app.app_context():
            assert prove(db.session.connection()) == []
            db.session.rollback()


def open_desk(app: Flask, **wanted: Any) -> Desk:
    salma = make_person(app)
    make_colleague(app, salma, "amina", Role.CASHIER)
    with app.app_context(), transaction() as session:
        hub = session.get_one(Hub, salma.hub_id)
        set_tariff(session, hub.id, TODAY, TARIFF, now=NOW, actor="hind")
        lot: Lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        product = session.get_one(Product, lot.product_id)
        values: dict[str, Any] = {
            "hub_id": hub.id,
            "site_id": the_site(session, hub).id,
            "uid": new_uid(),
            "language": "fr",
            "name": "Samira <script>Alaoui",
            "phone": "0661234567",
            "way": Way.PICKUP,
            "payment": Payment.SHOP,
            "lines": (Asked(product.id, 1, product.price),),
        }
        wish = Wish(**values | wanted)
        number = place_order(session, wish, secret="test", now=datetime.now(UTC)).order.number
        code, hub_id = lot.code, hub.id
    staff, cashier = browser(app), browser(app)
    come_in(staff)
    come_in(cashier, "amina")
    return Desk(app, staff, cashier, hub_id, code, number)


def uid_of(page: str) -> str:
    """The number that a form of the page was given."""
    found = re.search(r'name="uid"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def test_an_order_is_confirmed_picked_sent_and_remitted(app: Flask) -> None:
    desk = open_desk(app, **BROUGHT)
    assert "tel:+212661234567" in desk.page()
    assert "<script>Alaoui" not in desk.page()
    assert desk.post("acts/misses") == 303
    assert desk.post("acts/confirmation") == 303
    assert desk.post("acts/confirmation") == 303
    assert desk.post("picks", code="2999999999994") == 422
    assert desk.post("picks", code=desk.code) == 303
    assert desk.post("shipment", courier="amana", tracking="X1") == 422
    assert desk.post("acts/packing") == 303
    assert "1 020,00" in desk.staff.get(f"/orders/{desk.number}/note").get_data(
        as_text=True
    ).replace("\u00a0", " ").replace("\u202f", " ")
    assert desk.post("shipment", courier="nobody", tracking="X1") == 422
    assert desk.post("shipment", courier="amana", tracking="X1") == 303
    assert desk.post("shipment", courier="amana", tracking="X1") == 303
    assert desk.balance("cod:amana") == 0
    assert desk.post("acts/remittance") == 303
    assert desk.post("acts/remittance") == 303
    assert desk.balance("cod:amana") == mad(1020)
    assert "WEB-1-000001" in desk.page()
    couriers = desk.staff.get("/couriers").get_data(as_text=True)
    sale = re.search(r'name="sale" value="(\d+)"', couriers)
    assert sale
    told = {"uid": uid_of(couriers), "sale": sale[1], "banked": "975", "fee": "45"}
    for wrong in ({"banked": "976"}, {"sale": ""}, {"fee": "x"}):
        assert desk.staff.post("/couriers/amana/slips", data=told | wrong).status_code == 422
    for _ in range(2):
        assert desk.staff.post("/couriers/amana/slips", data=told).status_code == 303
    assert desk.balance("cod:amana") == 0
    desk.is_proven()


def test_a_piece_that_was_ordered_in_arabic_is_called_in_the_readers_language(app: Flask) -> None:
    desk = open_desk(app, language="ar")
    with app.app_context(), transaction() as session:
        lot = session.query(Lot).filter_by(code=desk.code).one()
        ordered = session.query(WebOrderLine).filter_by(code=desk.code).one().title
        for language, title in (("ar", ordered), ("fr", "Plat bleu de Safi")):
            told = {"product_id": lot.product_id, "language": language, "title": title}
            session.merge(ProductText(**told, story=""))
    assert "Plat bleu de Safi" in desk.page()


def test_each_courier_has_a_form_of_its_own(app: Flask) -> None:
    desk = open_desk(app, **BROUGHT)
    with app.app_context(), transaction() as session:
        hub = session.get_one(Hub, desk.hub_id)
        lot = make_lot(session, hub, make_maker(session, hub), mad(300))
        shop = Counter(hub, lot, session.get_one(Product, lot.product_id))
        wish = a_wish(session, shop, **BROUGHT)
        number = order(session, wish, now=datetime.now(UTC)).order.number
        code = lot.code
    other = desk._replace(number=number, code=code)
    for one, courier in ((desk, "amana"), (other, "poste")):
        for path, data in (
            ("acts/confirmation", {}),
            ("picks", {"code": one.code}),
            ("acts/packing", {}),
            ("shipment", {"courier": courier, "tracking": "X1"}),
            ("acts/remittance", {}),
        ):
            assert one.post(path, **data) == 303, path
    page = desk.staff.get("/couriers").get_data(as_text=True)
    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    assert set(re.findall(r'<label for="([^"]+)"', page)) <= set(ids)
    assert page.count("button-main") == 1
    told = {"uid": uid_of(page), "banked": "9", "fee": "0"}  # none of his parcels is ticked
    page = desk.staff.post("/couriers/amana/slips", data=told).get_data(as_text=True)
    ticks = re.findall(r'name="sale" value="\d+" (checked)?', page)
    assert ticks == ["", "checked"]


def test_an_order_is_refused_at_the_door(app: Flask) -> None:
    desk = open_desk(app, **BROUGHT)
    for path, data in (
        ("acts/confirmation", {}),
        ("picks", {"code": desk.code}),
        ("acts/packing", {}),
        ("shipment", {"courier": "amana", "tracking": ""}),
    ):
        assert desk.post(path, **data) == 303
    assert desk.post("refusal", fee="forty") == 422
    assert desk.post("refusal", fee="45") == 303
    assert desk.balance("cod:amana") == mad(-45)
    assert desk.balance("income:commission") == 0
    desk.is_proven()


def test_an_order_paid_by_transfer_is_cancelled_and_its_money_sent_back(app: Flask) -> None:
    desk = open_desk(app, payment=Payment.TRANSFER)
    uid = uid_of(desk.page())
    told = {"uid": uid, "amount": "1000", "evidence": "VIR 77"}
    assert desk.post("transfers", **told | {"amount": "x"}) == 422
    assert desk.post("transfers", **told) == 303
    assert desk.post("transfers", **told) == 303  # a double click
    assert desk.balance("bank") == mad(1000)
    assert desk.post("cancellation", why="  ") == 422
    assert desk.post("cancellation", why="plus envie") == 303
    back = {"uid": uid_of(desk.page()), "amount": "1000,01", "evidence": ""}
    assert desk.post("returned-money", **back) == 422
    assert desk.balance("bank") == mad(1000)
    assert desk.post("returned-money", **back | {"amount": "1000"}) == 303
    assert desk.balance("bank") == 0
    desk.is_proven()


def test_a_cashier_hands_over_what_is_paid_and_nothing_else(app: Flask) -> None:
    desk = open_desk(app, payment=Payment.TRANSFER)
    for path in ("acts/confirmation", "picks", "transfers", "cancellation", "refunds"):
        assert desk.cashier.post(f"/orders/{desk.number}/{path}").status_code == 403
    told = {"uid": uid_of(desk.page()), "amount": "1000", "evidence": ""}
    desk.post("transfers", **told)
    desk.post("picks", code=desk.code)
    desk.post("acts/readiness")
    assert f"/orders/{desk.number}/hand-over" in desk.page(desk.cashier)
    for _ in range(2):
        assert desk.cashier.post(f"/orders/{desk.number}/hand-over").status_code == 303
    assert desk.balance(f"deposit:{desk.number}") == 0
    assert desk.balance("income:commission") == mad(-250)
    desk.is_proven()


def test_what_comes_back_after_the_sale_is_money_to_send(app: Flask) -> None:
    desk = open_desk(app, payment=Payment.TRANSFER)
    desk.post("transfers", uid=uid_of(desk.page()), amount="1000", evidence="")
    desk.post("picks", code=desk.code)
    desk.post("acts/readiness")
    desk.post("hand-over")
    for typed in ({"back-1": "2"}, {"back-1": "²"}, {"back-99": "1"}, {}):
        assert desk.post("refunds", why="trop petit", **typed) == 422
    assert desk.post("refunds", why="trop petit", **{"back-1": "1"}) == 303
    assert desk.balance(f"deposit:{desk.number}") == mad(-1000)
    assert desk.number in desk.staff.get("/orders").get_data(as_text=True)
    assert desk.number in desk.staff.get("/today").get_data(as_text=True)
    desk.is_proven()


@pytest.mark.parametrize("path", ["acts/nothing", "acts/", "acts/../picks"])
def test_an_act_that_nobody_knows_is_not_found(app: Flask, path: str) -> None:
    desk = open_desk(app)
    assert desk.post(path) in (404, 405, 308)


def more_orders(desk: Desk, count: int) -> None:
    """So many more, each of a piece and a maker of its own."""
    with desk.app.app_context(), transaction() as session:
        hub = session.get_one(Hub, desk.hub_id)
        for n in range(count):
            lot = make_lot(session, hub, make_maker(session, hub), mad(300))
            product = session.get_one(Product, lot.product_id)
            way = BROUGHT if n % 2 else {"way": Way.PICKUP, "payment": Payment.SHOP}
            wish = Wish(
                **{
                    "hub_id": hub.id,
                    "site_id": the_site(session, hub).id,
                    "uid": new_uid(),
                    "language": "fr",
                    "name": f"Client {n}",
                    "phone": "0661234567",
                    "lines": (Asked(product.id, 1, product.price),),
                    **way,
                }
            )
            place_order(session, wish, secret="test", now=datetime.now(UTC))


def asked(desk: Desk, path: str) -> list[str]:
    """The statements that a page sends, the session's own included."""
    with desk.app.app_context():
        engine = db.engine
    with counted(engine) as sent:
        assert desk.staff.get(path).status_code == 200
    return sent


@pytest.mark.engines("sqlite")
def test_the_desk_asks_no_more_for_many_orders_than_for_one(app: Flask) -> None:
    desk = open_desk(app)
    asked(desk, "/orders")  # what is remembered from now on
    one = asked(desk, "/orders")
    more_orders(desk, 12)
    many = asked(desk, "/orders")
    assert len(many) == len(one), "\n".join(many)
    assert len(many) <= 14


@pytest.mark.engines("sqlite")
def test_an_orders_page_asks_as_much_with_many_lines_and_steps_as_with_one(app: Flask) -> None:
    desk = open_desk(app, **BROUGHT)
    asked(desk, f"/orders/{desk.number}")
    fresh = asked(desk, f"/orders/{desk.number}")
    for path, data in (
        ("acts/misses", {}),
        ("acts/confirmation", {}),
        ("picks", {"code": desk.code}),
        ("acts/packing", {}),
        ("shipment", {"courier": "amana", "tracking": ""}),
        ("acts/remittance", {}),
    ):
        assert desk.post(path, **data) == 303
    sold = asked(desk, f"/orders/{desk.number}")
    # A ticket may be given back: its lines are asked for, in one go.
    assert len(sold) <= len(fresh) + 2, "\n".join(sold)
    assert len(sold) <= 18
    assert len(asked(desk, f"/orders/{desk.number}/note")) <= 16


def test_what_was_paid_is_kept_for_good_whatever_button_is_pressed(app: Flask) -> None:
    desk = open_desk(app, payment=Payment.TRANSFER)
    desk.post("transfers", uid=uid_of(desk.page()), amount="1000", evidence="")
    for act in ("keeping", "confirmation"):
        assert desk.post(f"acts/{act}") == 303
        with desk.app.app_context():
            hold = db.session.query(Hold).one()
            assert (hold.kind, hold.expires_at) == (HoldKind.PAID, None)
            db.session.rollback()


def test_an_order_that_a_till_sold_leaves_the_desk(app: Flask) -> None:
    desk = open_desk(app)
    assert desk.number in desk.staff.get("/orders").get_data(as_text=True)
    with desk.app.app_context(), transaction() as session:
        hub = session.get_one(Hub, desk.hub_id)
        order = find_order(session, hub.id, desk.number)
        assert order is not None
        lot = session.get_one(Lot, order.lines[0].lot_id)
        ticket = a_ticket(a_line(1, Sold(lot, mad(1000), mad(1000))), customer=order.uid)
        now = datetime.now(UTC)
        record_sale(session, hub.id, ticket, now=now, fulfils=(order.lines[0].hold_uid,))
        assert open_orders(session, hub.id, now) == []


def test_a_call_that_nobody_made_in_time_is_still_to_be_made(app: Flask) -> None:
    desk = open_desk(app, **BROUGHT)
    with desk.app.app_context(), transaction() as session:
        late = datetime.now(UTC) + timedelta(hours=30)
        [one] = open_orders(session, desk.hub_id, late)
        assert (one.hand, one.is_late) == (Hand.CONFIRM, True)
        deed = a_deed(session, session.get_one(Hub, desk.hub_id))._replace(recorded_at=late)
        confirm(act_on(session, deed, desk.number))
        [one] = open_orders(session, desk.hub_id, late)
        assert one.hand is Hand.PICK


def test_what_nobody_fetched_and_nobody_picked_needs_no_hand(app: Flask) -> None:
    desk = open_desk(app)
    with desk.app.app_context(), transaction() as session:
        late = datetime.now(UTC) + timedelta(hours=50)
        assert open_orders(session, desk.hub_id, late) == []


def test_what_comes_back_is_taken_once_though_the_button_is_pressed_twice(app: Flask) -> None:
    desk = open_desk(app, payment=Payment.TRANSFER)
    desk.post("transfers", uid=uid_of(desk.page()), amount="1000", evidence="")
    desk.post("picks", code=desk.code)
    desk.post("acts/readiness")
    desk.post("hand-over")
    wrong = {"back-1": "7", "why": "trop grand"}
    answer = desk.staff.post(f"/orders/{desk.number}/refunds", data=wrong)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'value="7"' in page  # what was typed is there
    assert 'value="trop grand"' in page
    told = {"uid": uid_of(desk.page()), "back-1": "1", "why": "trop grand"}
    for _ in range(2):
        assert desk.post("refunds", **told) == 303
    assert desk.balance(f"deposit:{desk.number}") == mad(-1000)
    desk.is_proven()


@pytest.mark.parametrize(("language", "title"), [("fr", "Bon de livraison"), ("ar", "وصل التسليم")])
def test_the_note_in_a_parcel_speaks_to_whoever_opens_it(
    app: Flask, language: str, title: str
) -> None:
    desk = open_desk(app, **BROUGHT, language=language)
    page = desk.staff.get(f"/orders/{desk.number}/note").get_data(as_text=True)
    assert f'lang="{language}"' in page
    assert title in page
    assert "<script>Alaoui" not in page
    assert page.count(desk.number) >= 2
    assert desk.code in page
    asked_for = desk.staff.get(f"/orders/{desk.number}/note?tongue=en").get_data(as_text=True)
    assert "To pay to the courier" in asked_for
    strange = desk.staff.get(f"/orders/{desk.number}/note?tongue=xx").get_data(as_text=True)
    assert title in strange
    # It was the parcel's language, and not that of whoever packed it.
    assert 'lang="fr"' in desk.staff.get("/orders").get_data(as_text=True)
