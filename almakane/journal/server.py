"""The server's own registers: what WEB, DESK and REPAIR write is unsigned, and locked last."""

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import insert_row, insert_rows, rows, utc_text
from almakane.errors import Refusal
from almakane.journal.bodies import check_body
from almakane.journal.canonical import DEEPEST
from almakane.journal.chain import Mode, digest
from almakane.journal.delivery import EVENT_COLUMNS, TICKETS, Told, have_effect, told_by
from almakane.journal.enrolment import begin_epoch, live_epoch
from almakane.journal.event import Event, Place, event_text
from almakane.journal.models import Chain, Outcome
from almakane.journal.queries import ChainFacts, lock_chain, token_hash
from almakane.sales.models import Register, RegisterKind
from almakane.sales.ticket import Return, Ticket

WEB, DESK, REPAIR = "WEB", "DESK", "REPAIR"


def new_uid(now: datetime) -> str:
    """A UUID of version 7: the milliseconds of its birth, and chance (RFC 9562, section 5.7)."""
    number = round(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Turn(NamedTuple):
    """The next ticket of a server register: its number, and the sums before it."""

    number: str
    sales: int
    refunds: int


def take_turn(session: Session, hub_id: int, code: str, now: datetime) -> Turn:
    """
    The number that the next ticket of a server register has; the chain is locked until the commit.

    Take it when the ticket's lots are locked already, so that web sales wait for each other alone.
    """
    chain = _lock_server_chain(session, hub_id, code, now)
    number = f"{code}-{chain.epoch}-{chain.last_number + 1:06d}"
    return Turn(number, chain.sales, chain.refunds)


def write_ticket(
    session: Session,
    hub_id: int,
    ticket: Ticket,
    turn: Turn,
    *,
    order: str | None,
    key: str,
    now: datetime,
) -> int:
    """Chain a ticket that the server itself recorded, with its one effect and its link."""
    body = {
        **{"shift": None, "number": ticket.number, "key": key, "lang": ticket.lang},
        **{"customer": ticket.customer, "order": order, "catalogue": 0},
        "lines": [asdict(line) for line in ticket.lines],
        "returns": [_return(back) for back in ticket.returns],
        "totals": {
            **{"goods": ticket.goods, "returned": ticket.returned, "tax": ticket.tax},
            **{"total": ticket.total, "rounding": ticket.rounding, "due": ticket.due},
        },
        "tenders": [asdict(tender) for tender in ticket.tenders],
        **{"change": ticket.change, "approvals": [], "note": ticket.note},
        "perpetual": {
            "sales": turn.sales + ticket.goods,
            "refunds": turn.refunds + ticket.returned,
        },
    }
    kind = "sale" if ticket.lines else "refund"
    event_id = write_event(
        *(session, hub_id, ticket.register, kind, body),
        uid=ticket.uid,
        cashier=ticket.cashier,
        at=ticket.at,
        now=now,
    )
    have_effect(session, ticket.uid, event_id)
    insert_rows(session, "ticket_key", ("key_hash", "uid"), [(token_hash(key), ticket.uid)])
    return event_id


def new_key() -> str:
    """128 random bits as the page writes them: they open a ticket's page."""
    return secrets.token_urlsafe(16)


def _return(back: Return) -> dict[str, Any]:
    told = asdict(back)
    of = {"uid": told.pop("of_uid"), "number": told.pop("of_number"), "line": told.pop("of_line")}
    return {**told, "of": of}


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
    check_body(kind, body, by_server=True)
    chain = _lock_server_chain(session, hub_id, code, now)
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
    told = Told(chain.last_number, chain.sales, chain.refunds)
    if kind in TICKETS:
        told = told_by(body, told)
    rows(
        session,
        "UPDATE chain SET seq = ?, hash = ?, last_number = ?, sales = ?, refunds = ? WHERE id = ?",
        (place.seq, hash_, *told, chain.id),
    )
    return event_id


def _lock_server_chain(session: Session, hub_id: int, code: str, now: datetime) -> ChainFacts:
    register = session.scalar(
        select(Register).where(Register.hub_id == hub_id, Register.code == code)
    )
    if register is None or register.kind is not RegisterKind.SERVER:
        raise Refusal("There is no register %(code)s.", field="register", code=code)
    epoch = live_epoch(session, register.id) or begin_epoch(
        session, register, "", by="almakane", now=now
    )
    chain_id = session.scalars(select(Chain.id).where(Chain.epoch_id == epoch.id)).one()
    session.flush()
    return lock_chain(session, chain_id)
