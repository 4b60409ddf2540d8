"""
How much one address may keep from others: a claim costs nothing, and a robot could have them all.

An address of the internet counts, as a keyed hash that is kept for two days; what comes from the
house's own network, or by a proxy that the settings do not know, is nobody in particular. People
share addresses, so the oldest claims merely run out early: whoever made them still orders what is
there, and is told where it is not.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_network

from flask import request
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.inventory.models import Hold, HoldEnd, HoldKind
from almakane.shop.models import OpenedCheckout, WebOrder, WebOrderLine, WebOrderStep
from almakane.shop.ordering import hold_uids, placed_under
from almakane.users.services import whence
from almakane.vault import derive
from almakane.web import settings

MOST_OPEN = 6  # checkouts of one address whose pieces are kept at a time
MOST_BEGUN = 40  # in `_A_WHILE`
MOST_WAITING = 12  # orders that nobody of the house has looked at yet
_A_WHILE = timedelta(minutes=10)
_KEPT = timedelta(days=2)  # the longest that an order's pieces wait for nobody


def visitor() -> str:
    """Who asks, as far as an address tells; "" where it tells nothing."""
    network = whence(request.remote_addr, None)
    try:
        is_of_the_world = ip_network(network).network_address.is_global
    except ValueError:
        return ""
    key = derive(settings().secret_key, "visitor")
    return hmac.new(key, network.encode(), sha256).hexdigest() if is_of_the_world else ""


def make_room(session: Session, hub_id: int, uid: str, who: str, *, now: datetime) -> None:
    """
    Let the oldest claims of an address run out, where it would keep too many with one more.

    Raises Refusal for one that begins more than anybody could fill in.
    """
    if not who or session.scalar(select(OpenedCheckout.id).where(OpenedCheckout.uid == uid)):
        return
    session.execute(delete(OpenedCheckout).where(OpenedCheckout.at < now - _KEPT))
    begun = select(func.count(OpenedCheckout.id)).where(
        OpenedCheckout.visitor == who, OpenedCheckout.at > now - _A_WHILE
    )
    if (session.scalar(begun) or 0) >= MOST_BEGUN:
        raise Refusal(
            "Very many orders were begun from your network just now: wait ten minutes, then go "
            "on. Your basket stays as it is; nothing was ordered.",
            field="lines",
        )
    live = session.scalars(
        select(OpenedCheckout.uid)
        .join(Hold, Hold.uid == OpenedCheckout.uid + "/1")
        .where(
            OpenedCheckout.visitor == who,
            Hold.kind == HoldKind.CHECKOUT,
            Hold.ended_at.is_(None),
            Hold.expires_at > now,
        )
        .order_by(OpenedCheckout.id.desc())
    ).all()
    for crowded in live[MOST_OPEN - 1 :]:
        session.execute(
            update(Hold)
            .where(
                Hold.uid.in_(hold_uids(crowded)),
                Hold.kind == HoldKind.CHECKOUT,
                Hold.ended_at.is_(None),
            )
            .values(ended_at=now, ended_by=HoldEnd.EXPIRED)
        )
    session.add(OpenedCheckout(hub_id=hub_id, uid=uid, visitor=who, at=now))
    session.flush()


def check_not_crowded(session: Session, uid: str, who: str, *, now: datetime) -> None:
    """Refuse an order more of an address whose other ones all wait for the house's call."""
    if not who or placed_under(session, uid):
        return
    waiting = (
        select(func.count(WebOrder.id.distinct()))
        .join(OpenedCheckout, OpenedCheckout.uid == WebOrder.uid)
        .join(WebOrderLine, WebOrderLine.order_id == WebOrder.id)
        .join(Hold, Hold.uid == WebOrderLine.hold_uid)
        .where(
            OpenedCheckout.visitor == who,
            Hold.ended_at.is_(None),
            Hold.expires_at > now,
            ~select(WebOrderStep.id).where(WebOrderStep.order_id == WebOrder.id).exists(),
        )
    )
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise Refusal(
            "Many orders from your network still wait for our call: call us to order, or try "
            "again later. Nothing was ordered, and nothing is owed.",
            field="crowded",
        )
