"""Who did something to stock, where and when, and the hash that tells one deed from another."""

import hashlib
import json
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.ledger.sealing import booking_day
from almakane.texts import can_be_kept

_YEARS = range(2000, 2200)


class Deed(NamedTuple):
    """One act of a person; `uid` (a UUIDv7) makes it happen once. Moments are UTC."""

    hub_id: int
    site_id: int
    uid: str
    happened_at: datetime
    day: date
    recorded_at: datetime
    actor: str


def deed_hash(*body: object) -> str:
    """SHA-256 of what a deed says, in canonical JSON."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def check_deed(deed: Deed) -> None:
    """Refuse a deed that could not be kept: who did it, when, and under which number."""
    for name, most in (("uid", 36), ("actor", 80)):
        value = getattr(deed, name)
        if not value or not can_be_kept(value, most):
            raise Refusal("A text is missing or too long.", field=name)
    moments = (deed.happened_at, deed.recorded_at)
    years = {deed.day.year, *(moment.year for moment in moments)}
    if any(moment.tzinfo is None for moment in moments) or not years <= set(_YEARS):
        raise Refusal("The moment is out of range.", field="day")


def booked(session: Session, deed: Deed) -> Deed:
    """The same deed on the day that it is booked on: a day that is sealed is never opened again."""
    arrived = local_day(deed.recorded_at, session.get_one(Hub, deed.hub_id).zone)
    return deed._replace(day=booking_day(session, deed.hub_id, deed.day, arrived))


def check_same(hash_then: str, hash_now: str) -> None:
    """Refuse a uid that comes again with another body: answering the old result would hide it."""
    if hash_then != hash_now:
        raise Refusal("This number was already used for something else; nothing was booked.")
