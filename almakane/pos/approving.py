"""Whose PIN was typed at a till, looked at between transactions, for hashing is slow."""

from datetime import datetime

from almakane.db import db, transaction
from almakane.users.models import Role, SignInAttempt, User
from almakane.users.pins import holder_of, pin_is_right, pin_shut_until, try_pin


class Shut(Exception):
    """Too many wrong PINs in a short time: for now even the right one opens nothing."""


def manager_agrees(hub_id: int, login: str, pin: str, *, at: str, now: datetime) -> bool:
    """Whether this is a manager's PIN, typed at the register `at`; raises Shut."""
    user = pin_holder(hub_id, login, pin, at=at, now=now)
    return user is not None and user.role is Role.MANAGER


def pin_holder(hub_id: int, login: str, pin: str, *, at: str, now: datetime) -> User | None:
    """
    The person whose PIN this is, typed at the register `at`; the try is on record first.

    Raises Shut.
    """
    with transaction() as session:
        tried = try_pin(session, hub_id, login, at, now)
    with transaction() as session:
        if pin_shut_until(session, tried, now):
            raise Shut
    session = db.session()
    user = holder_of(session, hub_id, login)
    session.rollback()
    if user is None or not pin_is_right(user, pin):
        return None
    with transaction() as session:
        session.get_one(SignInAttempt, tried).succeeded = True
    return user
