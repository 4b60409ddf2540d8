"""The server's own registers: what WEB, DESK and REPAIR write is unsigned, and locked last."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import insert_row, rows, utc_text
from almakane.errors import Refusal
from almakane.journal.bodies import check_body
from almakane.journal.canonical import DEEPEST
from almakane.journal.chain import Mode, digest
from almakane.journal.delivery import EVENT_COLUMNS
from almakane.journal.enrolment import begin_epoch, live_epoch
from almakane.journal.event import Event, Place, event_text
from almakane.journal.models import Chain, Outcome
from almakane.journal.queries import lock_chain
from almakane.sales.models import Register, RegisterKind

DESK, REPAIR = "DESK", "REPAIR"


def new_uid(now: datetime) -> str:
    """A UUID of version 7: the milliseconds of its birth, and chance (RFC 9562, section 5.7)."""
    number = round(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def write_event(
    session: Session,
    hub_id: int,
    code: str,
    kind: str,
    body: dict[str, Any],
    *,
    uid: str,
    cashier: str,
    at: datetime,
    now: datetime,
) -> int:
    """
    Chain what the server itself records, in the fact's own transaction; gives the event's id.

    Last of all that a transaction does: web sales wait for each other only for the insert.
    """
    register = session.scalar(
        select(Register).where(Register.hub_id == hub_id, Register.code == code)
    )
    if register is None or register.kind is not RegisterKind.SERVER:
        raise Refusal("There is no register %(code)s.", field="register", code=code)
    check_body(kind, body, by_server=True)
    epoch = live_epoch(session, register.id) or begin_epoch(
        session, register, "", by="almakane", now=now
    )
    chain_id = session.scalars(select(Chain.id).where(Chain.epoch_id == epoch.id)).one()
    session.flush()
    chain = lock_chain(session, chain_id)
    place = Place(chain.register, chain.epoch, Mode.LIVE, chain.seq + 1, chain.hash)
    # What is adopted holds an amended body within its own, one deeper than what a till writes.
    text = event_text(place, Event(uid, kind, at, cashier, body), DEEPEST + 1)
    hash_ = digest(text)
    event_id = insert_row(
        session,
        "journal_event",
        EVENT_COLUMNS,
        (
            *(hub_id, chain.id, place.seq, uid, kind, text, hash_, ""),
            *(Outcome.RECORDED.value, "", None, None, utc_text(now), "almakane"),
        ),
    )
    rows(
        session,
        "UPDATE chain SET seq = ?, hash = ? WHERE id = ?",
        (place.seq, hash_, chain.id),
    )
    return event_id
