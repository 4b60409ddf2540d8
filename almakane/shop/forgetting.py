"""
Forgetting who ordered (law 09-08): name, telephone, address and e-mail, and the order's link.

The order itself, its ticket and both books stay as they are: nothing in them names anybody.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from almakane.db import rows
from almakane.errors import Refusal
from almakane.journal.customers import customer_of, erase_customer
from almakane.shop.mailing import letter_uid
from almakane.shop.models import OrderContact, WebOrder
from almakane.shop.phones import read_phone
from almakane.shop.standing import Hand, standings


class Forgotten(NamedTuple):
    """Which orders say nothing of their buyer now, and which must still name them for a while."""

    numbers: list[str]
    waiting: list[str]  # the house still owes their buyer a call, a parcel or money
    letters: list[str]  # the uids of what they were written


def forget_buyer(session: Session, hub_id: int, whom: str, *, now: datetime) -> Forgotten:
    """
    Forget a buyer, known by their telephone, their e-mail or the number of one order.

    An order that needs a hand is left, for the house could not bring it any more. Raises Refusal
    where nobody is known by that.
    """
    found = _orders_of(session, hub_id, whom.strip())
    if not found:
        raise Refusal("No order names anybody by that: look for a typing mistake.", field="whom")
    told = Forgotten([], [], [])
    for one in standings(session, found, now):
        order = one.order
        if one.hand is not Hand.NOTHING:
            told.waiting.append(order.number)
            continue
        contact = order.contact
        contact.name = contact.phone = contact.email = contact.address = ""
        contact.link = contact.body_hash = ""  # that hash is of all of it
        contact.erased_at = now
        if customer_of(session, hub_id, order.uid):  # a till was told the name of this one too
            erase_customer(session, hub_id, order.uid, now=now)
        told.numbers.append(order.number)
        told.letters.extend(_letters_about(session, order))
    session.flush()
    return told


def _letters_about(session: Session, order: WebOrder) -> list[str]:
    """The uids of the letters about an order, whether they have gone or not."""
    told = f"{order.uid}/mail/"
    found = rows(
        session, "SELECT uid FROM outbox WHERE kind = 'mail' AND uid LIKE ?", (f"{told}%",)
    )
    said = [uid.removeprefix(told).split("/") for (uid,) in found]
    return [letter_uid(order.uid, news, int(nth)) for news, nth in said]


def _orders_of(session: Session, hub_id: int, whom: str) -> list[WebOrder]:
    query = (
        select(WebOrder)
        .join(OrderContact, OrderContact.order_id == WebOrder.id)
        .options(selectinload(WebOrder.lines), selectinload(WebOrder.contact))
        .where(WebOrder.hub_id == hub_id, OrderContact.erased_at.is_(None))
        .order_by(WebOrder.id)
        .with_for_update(of=OrderContact)
    )
    if whom.startswith("W-"):
        return list(session.scalars(query.where(WebOrder.number == whom)))
    if "@" in whom:
        return list(session.scalars(query.where(func.lower(OrderContact.email) == whom.lower())))
    return list(session.scalars(query.where(OrderContact.phone == read_phone(whom, "whom"))))
