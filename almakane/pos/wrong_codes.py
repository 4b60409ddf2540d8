"""
Wrong codes at the tills' doors, to enrol a device or to pair an agent: from where, and how many.

A wrong code names nothing that is open. So it counts against the address that it came from, and
never against a code: or whoever knows the address of the shop could burn each one that a manager
opens. Nobody guesses one for all that: there are 32 ** 8 of them, a million million, and a code is
open for ten minutes. An address is heard ten times in a quarter of an hour; a thousand addresses
try ten thousand codes while one is open, and find it once in a hundred million times.
"""

from datetime import datetime
from enum import StrEnum

from flask import request
from sqlalchemy.orm import Session

from almakane.db import db
from almakane.pos.requests import Unread
from almakane.users.queries import failures_since
from almakane.users.services import WINDOW, record_attempt, whence

MOST = 10


class Door(StrEnum):
    """Where a code is typed; in capitals, which no name to sign in with has."""

    TILL = "ENROL"
    AGENT = "PAIR"


def refuse_guessers(door: Door, now: datetime) -> None:
    """Raise Unread where this request's address has typed too many wrong codes, right or not."""
    session = db.session()
    wrong = failures_since(session, now - WINDOW, account=door.value, address=_address(), but=0)
    session.rollback()
    if len(wrong) >= MOST:
        raise Unread(429, "too_many_codes")


def count_wrong_code(session: Session, door: Door, now: datetime) -> None:
    """Write down that this request's code was wrong."""
    record_attempt(session, door.value, _address(), now)


def _address() -> str:
    return whence(request.remote_addr, None)
