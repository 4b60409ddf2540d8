"""The password once more, before an act that a person left at an open page must not do."""

from datetime import datetime

from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.users.models import SignInAttempt, User
from almakane.users.services import (
    TooManyAttempts,
    check_password,
    record_attempt,
    shut_until,
)


def confirm_person(user: User, password: str, whence: str, *, cost: int, now: datetime) -> None:
    """
    Make sure that it is still the person who signed in; the try is on record first.

    Tries count with those at the door: raises TooManyAttempts as that does, and Refusal. Opens its
    own transactions, for the slow hashing stands between them.
    """
    with transaction() as session:
        tried = record_attempt(session, user.login, whence, now)
    with transaction() as session:
        until = shut_until(session, tried, now)
    if until:
        raise TooManyAttempts(
            "Too many tries in a short time. For now even the right password opens nothing: try"
            " again at %(hour)s.",
            until,
        )
    person = check_password(db.session(), user.login, password, cost)
    db.session.rollback()
    if person is None or person.id != user.id:
        raise Refusal("The password is not right.", field="password")
    with transaction() as session:
        session.get_one(SignInAttempt, tried).succeeded = True
