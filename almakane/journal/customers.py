"""Who a customer uid is: told apart from the journal, so that it can be erased (section 3)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.journal.models import Customer


def put_customer(
    session: Session, hub_id: int, uid: str, name: str, phone: str, *, now: datetime
) -> None:
    """Keep a customer's name and phone; one who was erased stays so."""
    there = session.scalar(
        select(Customer).where(Customer.hub_id == hub_id, Customer.uid == uid).with_for_update()
    )
    if there is None:
        there = Customer(hub_id=hub_id, uid=uid, name="", phone="", changed_at=now)
        session.add(there)
    if there.erased_at is None:
        there.name, there.phone, there.changed_at = name.strip(), phone.strip(), now
    session.flush()


def customer_of(session: Session, hub_id: int, uid: str) -> Customer | None:
    """Who a customer uid is, if a till was told."""
    return session.scalar(select(Customer).where(Customer.hub_id == hub_id, Customer.uid == uid))


def erase_customer(session: Session, hub_id: int, uid: str, *, now: datetime) -> None:
    """Forget who a customer was: their tickets and the chain stay, and say nothing of them."""
    there = session.scalar(
        select(Customer).where(Customer.hub_id == hub_id, Customer.uid == uid).with_for_update()
    )
    if there is None:
        raise Refusal("There is no such customer.", field="customer")
    there.name, there.phone = "", ""
    there.changed_at = there.erased_at = now
    session.flush()
