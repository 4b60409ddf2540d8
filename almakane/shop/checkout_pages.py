"""The checkout: one page, seven fields at most, and the order that comes of it, once."""

from datetime import datetime
from typing import NamedTuple, cast

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import func, select

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.inventory.models import Hold, HoldEnd
from almakane.shop.basket_cookie import (
    Basket,
    Opened,
    keep_basket,
    read_basket,
    read_checkout,
)
from almakane.shop.basket_view import View, view_basket
from almakane.shop.cities import city_choices
from almakane.shop.crowding import check_not_crowded, visitor
from almakane.shop.delivery import Tariff, tariff_on
from almakane.shop.forms import CheckoutForm, Paying
from almakane.shop.here import Here, Seller, here, seller_on
from almakane.shop.models import Way
from almakane.shop.ordering import Placed, Wish, fee_of, hold_uids, place_order, placed_under
from almakane.web import go_to, is_fragment_asked, public, settings
from almakane.web.languages import language, refusal_text

bp = Blueprint("checkout", __name__)
bp.before_request(public)


class Recap(NamedTuple):
    """What would be ordered, for how much, and until when it is kept."""

    view: View
    fee: int | None  # none: nobody brings it there
    why_not: str
    total: int
    held_until: datetime | None
    is_lost: bool

    @property
    def is_open(self) -> bool:
        """Whether it can be ordered as it stands."""
        return not self.is_lost and self.fee is not None


class Desk(NamedTuple):
    """All that a checkout's page needs to know."""

    at: Here
    opened: Opened
    tariff: Tariff | None
    seller: Seller


def _desk() -> Desk | None:
    """The checkout that this browser opened; none where it opened none, or it is an order now."""
    opened = read_checkout()
    if opened is None:
        return None
    at = here(db.session())
    tariff = tariff_on(at.session, at.hub.id, at.today)
    return Desk(at, opened, tariff, seller_on(at.session, at.hub, at.today))


def _form(desk: Desk) -> CheckoutForm:
    form = CheckoutForm(request.form if request.method == "POST" else None)
    tariff = desk.tariff
    cities = [city for city in city_choices(language()) if tariff and tariff.serves(city[0])]
    ways = [Way.DELIVERY, Way.PICKUP] if cities else [Way.PICKUP]
    paying = [Paying.ON_RECEIPT, Paying.TRANSFER] if settings().rib else [Paying.ON_RECEIPT]
    form.offer(ways, paying, cities or city_choices(language()))
    return form


def _recap(desk: Desk, form: CheckoutForm) -> Recap:
    at = desk.at
    view = view_basket(
        at.session,
        at.hub.id,
        at.site_id,
        desk.opened.lines,
        language(),
        now=at.now,
        own=desk.opened.uid,
    )
    grams = 0
    if desk.tariff:
        grams = sum(desk.tariff.weight(line.grams) * line.quantity for line in view.lines)
    fee, why_not = None, ""
    try:
        fee = fee_of(desk.tariff, form.chosen_way, form.chosen_city, grams)
    except Refusal as refusal:
        why_not = refusal_text(refusal)
    held = at.session.execute(
        select(func.min(Hold.expires_at), func.count(Hold.id)).where(
            Hold.uid.in_(hold_uids(desk.opened.uid)),
            Hold.ended_at.is_(None),
            Hold.expires_at > at.now,
        )
    ).one()
    lost = select(Hold.id).where(
        Hold.uid.in_(hold_uids(desk.opened.uid)),
        Hold.ended_by.in_((HoldEnd.PREEMPTED, HoldEnd.BROKEN, HoldEnd.RELEASED)),
    )
    is_lost = at.session.scalar(lost.limit(1)) is not None or any(
        line.is_gone or line.is_short for line in view.lines
    )
    return Recap(view, fee, why_not, view.goods + (fee or 0), held[0], is_lost)


@bp.get("/checkout")
def show_checkout() -> ResponseReturnValue:
    """The page to fill in, or the way back to the basket."""
    desk = _desk()
    if desk is None or placed_under(desk.at.session, desk.opened.uid):
        return go_to(url_for("basket.show_basket"))
    form = _form(desk)
    form.checkout.data = desk.opened.uid
    return _shown(desk, form)


def _shown(desk: Desk, form: CheckoutForm, status: int = 200) -> Response:
    recap = _recap(desk, form)
    form.shown.data = str(recap.total)
    form.checkout.data = desk.opened.uid
    part = is_fragment_asked() and request.endpoint == "checkout.show_recap"
    page = "shop/_recap.html" if part else "shop/checkout.html"
    response = make_response(
        render_template(page, form=form, recap=recap, seller=desk.seller, at=desk.at), status
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.post("/checkout/recap")
def show_recap() -> ResponseReturnValue:
    """The sums for another city or another way, with all that was typed."""
    desk = _desk()
    if desk is None:
        return go_to(url_for("basket.show_basket"))
    return _shown(desk, _form(desk))


@bp.post("/checkout")
def create_order() -> ResponseReturnValue:
    """Order, once however often it is sent; what differs from what was shown is told first."""
    desk = _desk()
    if desk is None:
        flash(gettext("Your basket could not be read; nothing was ordered."), "stops")
        return go_to(url_for("basket.show_basket"))
    form = _form(desk)
    is_whole = form.validate()
    if form.checkout.data != desk.opened.uid:
        form.form_errors.append(
            gettext(
                "Your basket was changed in another window: this is what it holds now. "
                "Nothing was ordered yet."
            )
        )
        is_whole = False
    if not is_whole:
        return _shown(desk, form, 422)
    wish = Wish(
        hub_id=desk.at.hub.id,
        site_id=desk.at.site_id,
        uid=desk.opened.uid,
        language=language(),
        name=form.name.data,
        phone=cast(str, form.phone.data),
        way=form.chosen_way,
        payment=form.chosen_payment,
        lines=desk.opened.lines,
        email=form.email.data,
        city=form.chosen_city,
        address=form.address.data,
        shown=form.shown_total,
    )

    who = visitor()

    def work() -> Placed:
        with transaction() as session:
            check_not_crowded(session, wish.uid, who, now=desk.at.now)
            return place_order(session, wish, secret=settings().vault_secret, now=desk.at.now)

    try:
        placed = retried(work)
    except Refusal as refusal:
        return _refused(desk, form, refusal)
    return keep_basket(go_to(url_for("order.show_order", key=placed.key)), Basket())


def _refused(desk: Desk, form: CheckoutForm, refusal: Refusal) -> Response:
    if refusal.field in ("lines", "quantity"):
        # What is gone or costs another price now is told where it can be changed, and once.
        basket = view_basket(
            *(desk.at.session, desk.at.hub.id, desk.at.site_id, read_basket().lines, language()),
            now=desk.at.now,
            own=desk.opened.uid,
        )
        told = gettext("Nothing was ordered: this is what your basket holds now.")
        flash(told if basket.tells else refusal_text(refusal), "stops")
        return go_to(url_for("basket.show_basket"))
    if refusal.field == "shown":  # a field that nobody sees
        form.form_errors.append(refusal_text(refusal))
    elif refusal_text(refusal) != _recap(desk, form).why_not:  # that is told beside the sums
        form.refuse(refusal)
    return _shown(desk, form, 422)
