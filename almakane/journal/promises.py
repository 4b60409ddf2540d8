"""What the server promises a till online: a manager's grant, a line's claim, a card's taking."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import insert_rows, locking, rows, utc_text
from almakane.errors import Refusal
from almakane.sales.queries import left_on
from almakane.sales.ticket import TenderKind

CLAIM_LASTS = timedelta(minutes=15)
_VOID = "void"


class Claimed(NamedTuple):
    """A claim, and until when it holds."""

    uid: str
    quantity: int
    ends_at: datetime


class Till(NamedTuple):
    """The register that asks."""

    hub_id: int
    register_id: int


def grant(session: Session, till: Till, right: str, *, by: str, now: datetime) -> str:
    """Write down a manager's one-use word for one right; gives its uid for the approval."""
    uid = secrets.token_urlsafe(16)
    insert_rows(
        session,
        "manager_grant",
        ("hub_id", "register_id", "uid", "allows", "actor", "at"),
        [(till.hub_id, till.register_id, uid, right, by, utc_text(now))],
    )
    return uid


def use_grant(
    session: Session, till: Till, uid: str, right: str, by: str, *, event: str, now: datetime
) -> bool:
    """Whether a grant was given for just this, and was not used before; it is now."""
    found = rows(
        session,
        "SELECT 1 FROM manager_grant WHERE hub_id = ? AND register_id = ? AND uid = ? "
        "AND allows = ? AND actor = ?",
        (*till, uid, right, by),
    )
    return bool(found) and _use(session, till.hub_id, uid, event, now)


def claim(
    session: Session,
    till: Till,
    uid: str,
    of_uid: str,
    of_line: int,
    quantity: int,
    *,
    now: datetime,
) -> Claimed:
    """
    Reserve units of a sold line for a refund, for fifteen minutes; the same uid is the same claim.

    Raises Refusal, reason `claimed`, where not so many are left that nobody else has claimed.
    """
    there = rows(
        session,
        "SELECT claim.hub_id, claim.quantity, claim.ends_at, sale.uid, claim.of_n FROM claim "
        "JOIN sale ON sale.id = claim.of_sale_id WHERE claim.uid = ?",
        (uid,),
    )
    if there:
        [(hub_id, quantity_then, ends_at, *of)] = there
        if (hub_id, quantity_then, *of) != (till.hub_id, quantity, of_uid, of_line):
            raise Refusal("This number was already used for something else; nothing was booked.")
        return Claimed(uid, quantity, _moment(ends_at))
    lock = "SELECT sale.id FROM sale WHERE sale.hub_id = ? AND sale.uid = ?"
    found = rows(session, locking(session, lock, "sale"), (till.hub_id, of_uid))
    if not found:
        raise Refusal("There is no such ticket.", field="of", reason="unknown")
    [(sale_id,)] = found
    line = rows(
        session,
        "SELECT quantity - COALESCE((SELECT SUM(booked_quantity) FROM refund_line "
        "WHERE of_sale_id = l.sale_id AND of_n = l.n), 0) - COALESCE((SELECT SUM(claim.quantity) "
        "FROM claim LEFT JOIN used ON used.uid = claim.uid WHERE claim.of_sale_id = l.sale_id "
        "AND claim.of_n = l.n AND used.uid IS NULL AND claim.ends_at > ?), 0) "
        "FROM sale_line l WHERE l.sale_id = ? AND l.n = ?",
        (utc_text(now), sale_id, of_line),
    )
    if not line:
        raise Refusal("There is no such ticket.", field="of", reason="unknown")
    if int(line[0][0]) < quantity:
        raise Refusal(
            "This line was given back already, or is being given back at another till.",
            field="qty",
            reason="claimed",
        )
    ends_at = now + CLAIM_LASTS
    insert_rows(
        session,
        "claim",
        ("hub_id", "register_id", "uid", "of_sale_id", "of_n", "quantity", "ends_at"),
        [(*till, uid, sale_id, of_line, quantity, utc_text(ends_at))],
    )
    return Claimed(uid, quantity, ends_at)


def use_claim(session: Session, hub_id: int, uid: str, *, event: str, now: datetime) -> bool:
    """End a claim by the refund that it was made for."""
    there = rows(session, "SELECT 1 FROM claim WHERE uid = ? AND hub_id = ?", (uid, hub_id))
    return bool(there) and _use(session, hub_id, uid, event, now)


def take_from_card(
    session: Session,
    till: Till,
    uid: str,
    kind: TenderKind,
    ref: str,
    amount: int,
    *,
    now: datetime,
) -> int:
    """
    Take money from a gift card or a credit at once; gives what is left on it, in centimes.

    The same uid is the same taking. It is given back by `void_taking`, never by a timer. Raises
    Refusal, reason `not_enough` and `left` where the card has not so much, `voided` for one given
    back.
    """
    there = rows(
        session,
        "SELECT hub_id, kind, ref, amount FROM taking WHERE uid = ?",
        (uid,),
    )
    left = left_on(session, till.hub_id, kind, ref)
    if there:
        if tuple(there[0]) != (till.hub_id, kind.value, ref, amount):
            raise Refusal("This number was already used for something else; nothing was booked.")
        if rows(session, "SELECT 1 FROM used WHERE uid = ? AND event_uid = ?", (uid, _VOID)):
            raise Refusal(
                "This number was already used for something else; nothing was booked.",
                field="uid",
                reason="voided",
            )
        return left
    if left < amount:
        raise Refusal(
            "There is not so much left on this card; nothing was taken.",
            field="amount",
            reason="not_enough",
            left=max(left, 0),
        )
    insert_rows(
        session,
        "taking",
        ("hub_id", "register_id", "uid", "kind", "ref", "amount", "at"),
        [(*till, uid, kind.value, ref, amount, utc_text(now))],
    )
    return left - amount


def void_taking(session: Session, till: Till, uid: str, *, now: datetime) -> None:
    """Give a taking back; raises Refusal, reason `used`, where a ticket has spent it."""
    found = rows(session, "SELECT 1 FROM taking WHERE uid = ? AND hub_id = ?", (uid, till.hub_id))
    if not found:
        raise Refusal("There is no such taking.", field="uid", reason="unknown")
    if not _use(session, till.hub_id, uid, _VOID, now):
        [(by,)] = rows(session, "SELECT event_uid FROM used WHERE uid = ?", (uid,))
        if by != _VOID:
            raise Refusal("A ticket has spent this already.", field="uid", reason="used")


def use_taking(
    session: Session,
    hub_id: int,
    uid: str,
    kind: TenderKind,
    ref: str,
    amount: int,
    *,
    event: str,
    now: datetime,
) -> bool:
    """Whether a tender was taken before, just so, and is not spent yet; it is now."""
    found = rows(
        session,
        "SELECT 1 FROM taking WHERE uid = ? AND hub_id = ? AND kind = ? AND ref = ? AND amount = ?",
        (uid, hub_id, kind.value, ref, amount),
    )
    return bool(found) and _use(session, hub_id, uid, event, now)


def _use(session: Session, hub_id: int, uid: str, by: str, now: datetime) -> bool:
    if rows(session, "SELECT 1 FROM used WHERE uid = ?", (uid,)):
        return False
    columns = ("hub_id", "uid", "event_uid", "at")
    insert_rows(session, "used", columns, [(hub_id, uid, by, utc_text(now))])
    return True


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(f"{value}+00:00")
