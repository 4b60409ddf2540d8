"""What waits for a person ends, by name: retried, adopted with another body, or dismissed."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import insert_rows, locking, rows, utc_text
from almakane.errors import Refusal
from almakane.journal.bodies import check_body
from almakane.journal.canonical import Unreadable
from almakane.journal.chain import Mode
from almakane.journal.delivery import (
    Apply,
    apply_once,
    apply_waiting,
    apply_waiting_one,
    check_number,
    end_event,
    have_effect,
    where_of,
)
from almakane.journal.event import Envelope, Event, Place, Unfit, read_moment, read_text
from almakane.journal.models import EndHow
from almakane.journal.queries import Waiting, find_chain, find_waiting
from almakane.journal.server import REPAIR, new_uid, write_event


class By(NamedTuple):
    """Who ends it, why, and when."""

    name: str
    why: str
    now: datetime


def retry(session: Session, hub_id: int, event_id: int, apply: Apply, by: By) -> tuple[str, ...]:
    """
    Apply a quarantined event as it is; gives its flags.

    Raises Unfit where it still cannot be: nothing has changed then.
    """
    waiting = _waiting(session, hub_id, event_id)
    uid, flags = apply_waiting_one(session, waiting, apply, by.now)
    end_event(session, event_id, EndHow.RETRIED, by.name, by.why, by.now, flags)
    apply_waiting(session, hub_id, [uid], apply, by.now)
    return flags


def dismiss(session: Session, hub_id: int, event_id: int, by: By) -> None:
    """Leave a quarantined event without effect, for a reason."""
    _waiting(session, hub_id, event_id)
    _say_why(by)
    end_event(session, event_id, EndHow.DISMISSED, by.name, by.why.strip(), by.now)


def adopt(
    session: Session,
    hub_id: int,
    event_id: int,
    amended: dict[str, Any] | None,
    apply: Apply,
    by: By,
) -> tuple[str, ...]:
    """
    Apply a quarantined event with another body, on the register REPAIR; gives its flags.

    Raises Unfit where the amended body cannot be applied either.
    """
    waiting = _waiting(session, hub_id, event_id)
    envelope = Envelope(waiting.text, waiting.hash, waiting.sig)
    adopted_id, flags = _adopt(session, hub_id, envelope, amended, apply, by, has_place=True)
    end_event(session, event_id, EndHow.ADOPTED, by.name, by.why.strip(), by.now, flags, adopted_id)
    return flags


def adopt_stray(
    session: Session,
    hub_id: int,
    stray_id: int,
    amended: dict[str, Any] | None,
    apply: Apply,
    by: By,
) -> tuple[str, ...]:
    """Apply an event that had no place, on the register REPAIR; gives its flags."""
    envelope = _stray(session, hub_id, stray_id)
    adopted_id, flags = _adopt(session, hub_id, envelope, amended, apply, by, has_place=False)
    _end_stray(session, stray_id, EndHow.ADOPTED, by, adopted_id)
    return flags


def dismiss_stray(session: Session, hub_id: int, stray_id: int, by: By) -> None:
    """Leave a stray without effect, for a reason."""
    _stray(session, hub_id, stray_id)
    _say_why(by)
    _end_stray(session, stray_id, EndHow.DISMISSED, by, None)


def see(session: Session, hub_id: int, event_id: int, by: By) -> None:
    """Say that the flags of an event that is no ticket were looked at."""
    found = rows(
        session,
        "SELECT 1 FROM journal_event LEFT JOIN event_end ON event_end.event_id = journal_event.id "
        "WHERE journal_event.id = ? AND hub_id = ? AND outcome = 'flagged' "
        "AND event_end.id IS NULL",
        (event_id, hub_id),
    )
    if not found:
        raise Refusal("There is no such event, or somebody has ended it already.", field="event")
    end_event(session, event_id, EndHow.SEEN, by.name, by.why.strip(), by.now)


def _waiting(session: Session, hub_id: int, event_id: int) -> Waiting:
    lock = "SELECT journal_event.id FROM journal_event WHERE journal_event.id = ?"
    rows(session, locking(session, lock, "journal_event"), (event_id,))
    waiting = find_waiting(session, hub_id, event_id)
    if waiting is None:
        raise Refusal("There is no such event, or somebody has ended it already.", field="event")
    return waiting


def _stray(session: Session, hub_id: int, stray_id: int) -> Envelope:
    lock = "SELECT stray.id FROM stray WHERE stray.id = ?"
    rows(session, locking(session, lock, "stray"), (stray_id,))
    found = rows(
        session,
        "SELECT text, hash, sig FROM stray LEFT JOIN stray_end ON stray_end.stray_id = stray.id "
        "WHERE stray.id = ? AND hub_id = ? AND stray_end.id IS NULL",
        (stray_id, hub_id),
    )
    if not found:
        raise Refusal("There is no such event, or somebody has ended it already.", field="event")
    return Envelope(*found[0])


def _end_stray(
    session: Session, stray_id: int, how: EndHow, by: By, adopted_id: int | None
) -> None:
    insert_rows(
        session,
        "stray_end",
        ("stray_id", "how", "actor", "why", "at", "adopted_id"),
        [(stray_id, how.value, by.name, by.why.strip(), utc_text(by.now), adopted_id)],
    )


def _say_why(by: By) -> None:
    if not by.why.strip():
        raise Refusal("Say why: whoever looks at the books later will ask.", field="why")


def _adopt(
    session: Session,
    hub_id: int,
    envelope: Envelope,
    amended: dict[str, Any] | None,
    apply: Apply,
    by: By,
    *,
    has_place: bool,
) -> tuple[int, tuple[str, ...]]:
    _say_why(by)
    event, place = _read(envelope, amended)
    chain = find_chain(session, place.register, place.epoch, place.mode)
    if chain is None or chain.hub_id != hub_id or place.mode is not Mode.LIVE:
        raise Unfit("bad_value", "register")
    check_body(event.kind, event.body)
    check_number(chain, event)
    flags = apply_once(session, where_of(chain, by.now, None), event, apply)
    adopted_id = write_event(
        session,
        hub_id,
        REPAIR,
        "adopted",
        {
            "origin": {
                "register": place.register,
                "epoch": place.epoch,
                "mode": place.mode.value,
                "seq": place.seq if has_place else None,
                "uid": event.uid,
                "hash": envelope.hash,
            },
            "event": envelope._asdict(),
            "amended": amended,
            "by": by.name,
            "why": by.why.strip(),
        },
        uid=new_uid(by.now),
        cashier=by.name,
        at=by.now,
        now=by.now,
    )
    have_effect(session, event.uid, adopted_id)
    apply_waiting(session, hub_id, [event.uid], apply, by.now)
    return adopted_id, flags


def _read(envelope: Envelope, amended: dict[str, Any] | None) -> tuple[Event, Place]:
    """What a person adopts: who wrote it, and when, are the event's own words."""
    try:
        value, place = read_text(envelope.text)
    except Unreadable as error:
        raise Unfit("not_canonical") from error
    body = value.get("body") if amended is None else amended
    uid, kind, cashier = (value.get(name) for name in ("uid", "kind", "cashier"))
    if not all(isinstance(one, str) for one in (uid, kind, cashier)) or not isinstance(body, dict):
        raise Unfit("bad_value", "body")
    at = read_moment(value.get("at"), "at")
    return Event(str(uid), str(kind), at, str(cashier), body), place


def amended_body(text: str) -> dict[str, Any] | None:
    """A body as a person typed it, nothing for none; raises Refusal for what is no object."""
    if not text.strip():
        return None
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal("This is not readable as JSON; nothing was changed.", field="body") from error
    if not isinstance(body, dict):
        raise Refusal("This is not readable as JSON; nothing was changed.", field="body")
    return body
