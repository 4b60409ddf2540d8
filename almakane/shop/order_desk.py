"""The staff's order desk: what needs a hand, and one order with its whole life."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.inventory.deed import Deed
from almakane.inventory.queries import titles_in
from almakane.journal.server import new_uid
from almakane.sales.queries import sold_lines
from almakane.shop.cities import city_name
from almakane.shop.following import makers_of
from almakane.shop.fulfilling import (
    ACTS,
    Act,
    act_on,
    cancel,
    hand_over,
    pick,
    refund,
    see_transfer,
    send_back,
    ship,
    take_back,
)
from almakane.shop.here import seller_on
from almakane.shop.order_forms import FeeForm, MoneyForm, ShipForm, WhyForm
from almakane.shop.order_words import COURIERS, HANDS, PAYMENTS, STEPS, WAYS, note_of
from almakane.shop.phones import show_phone
from almakane.shop.standing import Hand, find_order, open_orders, standing_of
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import SAFE_METHODS, go_to, require
from almakane.web.forms import Form
from almakane.web.languages import LANGUAGES, language, refusal_text

bp = Blueprint("orders", __name__, url_prefix="/orders")
bp.before_request(require(Role.CASHIER, Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))
_ACT = (Role.HUB_STAFF, Role.MANAGER)
_LIGHT_GRAMS = 1_000
_LINE = re.compile(r"back-\d{1,4}", re.ASCII)


@bp.before_request
def _only_staff_act() -> None:
    """Cashiers hand over what was paid; the rest is for hub staff and managers."""
    role = signed_in().role
    if request.method in SAFE_METHODS or role in _ACT:
        return
    if not (role is Role.CASHIER and request.endpoint == "orders.create_hand_over"):
        abort(403)


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "hands": HANDS,
        "step_words": STEPS,
        "payment_words": PAYMENTS,
        "way_words": WAYS,
        "courier_words": COURIERS,
        "show_phone": show_phone,
        "note_of": note_of,
        "city_called": lambda city: city_name(city, language()),
        "Hand": Hand,
    }


@bp.get("")
def list_orders() -> ResponseReturnValue:
    """The orders by what needs a hand; the most urgent first."""
    found = open_orders(db.session(), signed_in().hub_id, datetime.now(UTC))
    hands = list(Hand)
    found.sort(key=lambda one: (hands.index(one.hand), not one.is_late, one.order.id))
    groups = [(hand, [one for one in found if one.hand is hand]) for hand in hands]
    return render_template(
        "orders/list.html", groups=[group for group in groups if group[1] and group[0] != "nothing"]
    )


@bp.get("/<number>")
def show_order(number: str) -> ResponseReturnValue:
    """One order: who, what, how it stands, and the one thing to do next."""
    return _show(number)


def _show(number: str, **refused: Any) -> str:
    session, now = db.session(), datetime.now(UTC)
    order = find_order(session, signed_in().hub_id, number)
    if order is None:
        abort(404)
    one = standing_of(session, order, now)
    forms: dict[str, Any] = {
        "ship": ShipForm(),
        "why": WhyForm(),
        "fee": FeeForm(),
        "transfer": MoneyForm(),
        "send_back": MoneyForm(),
        "scan_error": None,
        "refund_error": None,
        "refund_uid": new_uid(now),
        "typed": request.form if "refund_error" in refused else {},
    }
    forms["transfer"].uid.data = forms["send_back"].uid.data = new_uid(now)
    forms["transfer"].amount.data = max(order.total - one.deposit, 0) or order.total
    forms["send_back"].amount.data = one.deposit or None
    sold = {}
    if one.sale and one.sale.number.startswith("WEB-"):
        sold = {
            n: line
            for (_uid, n), line in sold_lines(session, order.hub_id, [one.sale.uid]).items()
            if line.quantity > line.quantity_back
        }
    role = signed_in().role
    return render_template(
        "orders/order.html",
        one=one,
        order=order,
        titles=titles_in(session, language(), order.hub_id, {line.code for line in order.lines}),
        sold=sold,
        forms=forms | refused,
        makers=makers_of(session, order, language()),
        may_act=role in _ACT,
        may_hand_over=role in (*_ACT, Role.CASHIER),
        is_light=0 < order.weight_grams < _LIGHT_GRAMS,
    )


@bp.get("/<number>/note")
def show_note(number: str) -> ResponseReturnValue:
    """The priced note that travels with a parcel, in its buyer's language or in another."""
    session, now = db.session(), datetime.now(UTC)
    order = find_order(session, signed_in().hub_id, number)
    if order is None:
        abort(404)
    hub = session.get_one(Hub, order.hub_id)
    asked = request.args.get("tongue", "")
    with force_locale(asked if asked in LANGUAGES else order.language):
        return render_template(
            "orders/note.html",
            one=standing_of(session, order, now),
            order=order,
            makers=makers_of(session, order, language()),
            seller=seller_on(session, hub, local_day(now, hub.zone)),
            city_name=city_name,
        )


def _do(
    number: str,
    work: Callable[[Act], object],
    form: Form | None = None,
    shown: str = "",
    uid: str = "",
) -> ResponseReturnValue:
    """Act on an order in a transaction of its own; a refusal is shown where it belongs."""
    hub_id, login = signed_in().hub_id, signed_in().login
    if find_order(db.session(), hub_id, number) is None:
        abort(404)
    if form is not None and not form.validate():
        return _show(number, **{shown: form}), 422
    result: object = None

    def do() -> object:
        now = datetime.now(UTC)
        with transaction() as session:
            day = local_day(now, session.get_one(Hub, hub_id).zone)
            deed = Deed(hub_id, 0, uid or new_uid(now), now, day, now, login)
            return work(act_on(session, deed, number))

    try:
        result = retried(do)
    except Refusal as refusal:
        if form is not None:
            form.refuse(refusal)
            return _show(number, **{shown: form}), 422
        if shown:
            return _show(number, **{shown: refusal_text(refusal)}), 422
        flash(refusal_text(refusal), "stops")
        return go_to(url_for("orders.show_order", number=number))
    if result is False and shown == "transfer":
        flash(
            gettext("The money is written down. The pieces are gone: send it back."),
            "stops",
        )
    return go_to(url_for("orders.show_order", number=number))


@bp.post("/<number>/acts/<act>")
def create_act(number: str, act: str) -> ResponseReturnValue:
    """A step that needs no words: confirmed, packed, ready, delivered, remitted."""
    if find_order(db.session(), signed_in().hub_id, number) is None or act not in ACTS:
        abort(404)
    return _do(number, ACTS[act])


@bp.post("/<number>/hand-over")
def create_hand_over(number: str) -> ResponseReturnValue:
    """Whoever paid before has fetched it."""
    return _do(number, hand_over)


@bp.post("/<number>/picks")
def create_pick(number: str) -> ResponseReturnValue:
    """A piece taken from the shelf, scanned."""
    code = request.form.get("code", "")[:64].replace("\0", "")
    return _do(number, lambda act: pick(act, code), shown="scan_error")


@bp.post("/<number>/shipment")
def create_shipment(number: str) -> ResponseReturnValue:
    """Given to a courier."""
    form = ShipForm(request.form)
    return _do(
        number,
        lambda act: ship(act, form.courier.data, form.tracking.data or ""),
        form,
        "ship",
    )


@bp.post("/<number>/refusal")
def create_refusal(number: str) -> ResponseReturnValue:
    """Refused at the door, and back."""
    form = FeeForm(request.form)
    return _do(number, lambda act: take_back(act, form.fee.data or 0), form, "fee")


@bp.post("/<number>/cancellation")
def create_cancellation(number: str) -> ResponseReturnValue:
    """It will not be."""
    form = WhyForm(request.form)
    return _do(number, lambda act: cancel(act, form.why.data or ""), form, "why")


@bp.post("/<number>/transfers")
def create_transfer(number: str) -> ResponseReturnValue:
    """Its money was seen on the bank's account."""
    form = MoneyForm(request.form)
    return _do(
        number,
        lambda act: see_transfer(act, form.amount.data or 0, form.evidence.data or ""),
        form,
        "transfer",
        _uid(form.uid.data),
    )


@bp.post("/<number>/returned-money")
def create_returned_money(number: str) -> ResponseReturnValue:
    """Its money was sent back."""
    form = MoneyForm(request.form)
    return _do(
        number,
        lambda act: send_back(act, form.amount.data or 0, form.evidence.data or ""),
        form,
        "send_back",
        _uid(form.uid.data),
    )


@bp.post("/<number>/refunds")
def create_refund(number: str) -> ResponseReturnValue:
    """Pieces came back after the sale; their money waits to be sent."""
    wanted = {
        int(name.removeprefix("back-")): _count(typed)
        for name, typed in request.form.items()
        if _LINE.fullmatch(name) and _count(typed)
    }
    why = request.form.get("why", "")[:200].replace("\0", "")
    restock = request.form.get("damaged") != "yes"
    return _do(
        number,
        lambda act: refund(act, wanted, why, restock=restock),
        shown="refund_error",
        uid=_uid(request.form.get("uid")),
    )


def _count(typed: str) -> int:
    """How many, as typed; what is no number is more than there is, and refused as that."""
    typed = typed.strip()
    if not typed:
        return 0
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 9_999


def _uid(told: str | None) -> str:
    """The uid that the page gave its form, so that sending it twice does it once."""
    given = told or ""
    return given if len(given) == len(new_uid(datetime.now(UTC))) and given.isascii() else ""
