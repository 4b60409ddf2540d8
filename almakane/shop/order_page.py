"""An order's own page, by its secret link: how it stands, what to pay where, and calling it off."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.shop.cities import city_name
from almakane.shop.following import (
    Followed,
    State,
    cancel_by_buyer,
    follow,
    makers_of,
    split_of,
)
from almakane.shop.here import Seller, seller_on
from almakane.shop.models import WebOrder
from almakane.shop.order_words import COURIERS
from almakane.shop.ordering import find_by_key
from almakane.shop.phones import show_phone
from almakane.web import go_to, public, settings
from almakane.web.languages import language, refusal_text

bp = Blueprint("order", __name__)
bp.before_request(public)  # 128 random bits in the address are the key

_ROAD = {
    "pickup": (State.PLACED, State.CONFIRMED, State.READY, State.DELIVERED),
    "delivery": (State.PLACED, State.CONFIRMED, State.SHIPPED, State.DELIVERED),
}


def _found(session: Session, key: str) -> WebOrder:
    order = find_by_key(session, key) if len(key) < 100 and key.isascii() else None
    if order is None:
        abort(404)
    return order


@bp.get("/o/<key>")
def show_order(key: str) -> ResponseReturnValue:
    """All that its buyer wants to know, for whoever holds the link."""
    session, now = db.session(), datetime.now(UTC)
    followed = follow(session, _found(session, key), now)
    return _shown(session, followed, key)


def _shown(session: Session, followed: Followed, key: str, status: int = 200) -> Response:
    order = followed.order
    hub = session.get_one(Hub, order.hub_id)
    seller = seller_on(session, hub, local_day(followed.standing.now, hub.zone))
    response = make_response(
        render_template(
            "shop/order.html",
            followed=followed,
            order=order,
            key=key,
            road=_road(followed),
            moments=followed.moments,
            makers=makers_of(session, order, language()),
            split=split_of(session, order),
            courier=COURIERS.get(followed.standing.courier, ""),
            seller=seller,
            city=city_name(order.city, language()),
            phone=show_phone(order.contact.phone),
            rib=_grouped(settings().rib),
            map_url=_map_of(seller),
        ),
        status,
    )
    # Whoever has the address has the order: it goes to no other site and stays in no cache.
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _map_of(seller: Seller) -> str:
    """Where a map of the world shows the shop; the page leads there and loads nothing of it."""
    place = urlencode({"query": f"{seller.shop_address}, {seller.shop_city}"})
    return f"https://www.openstreetmap.org/search?{place}"


def _grouped(rib: str) -> str:
    """A bank account as it is read aloud: bank, place, account, key."""
    return " ".join(part for part in (rib[:3], rib[3:6], rib[6:22], rib[22:]) if part)


def _road(followed: Followed) -> list[tuple[State, bool]]:
    """The stations of an order's way, and whether it came past each."""
    road = _ROAD[followed.order.way.value]
    passed = {*followed.moments, followed.state}
    last = max((i for i, station in enumerate(road) if station in passed), default=0)
    return [(station, i <= last) for i, station in enumerate(road)]


@bp.post("/o/<key>/cancellation")
def create_cancellation(key: str) -> ResponseReturnValue:
    """Call it off, while nothing is packed."""
    _found(db.session(), key)

    def work() -> None:
        with transaction() as session:
            cancel_by_buyer(session, _found(session, key), now=datetime.now(UTC))

    try:
        retried(work)
    except Refusal as refusal:
        flash(refusal_text(refusal), "stops")
    else:
        flash(gettext("Your order is called off. Nothing is owed."), "done")
    return go_to(url_for("order.show_order", key=key))
