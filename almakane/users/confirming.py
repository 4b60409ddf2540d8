"""The person once more: at the second step, and before acts that an open page must not do."""

from datetime import datetime

from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.users.models import SignInAttempt, User
from almakane.users.second_factor import has_factor, open_with
from almakane.users.services import (
    TooManyAttempts,
    check_password,
    record_attempt,
    shut_until,
)

CODE_FAILURES = 10  # of a person by strangers: a code has six digits, and they had the password
_CODE = "CODE"  # in capitals, which no name to sign in with has: its failures are others


def confirm_person(
    user: User,
    password: str,
    whence: str,
    *,
    cost: int,
    now: datetime,
    vault: str,
    code: str = "",
) -> None:
    """
    Make sure that it is still the person who signed in; the try is on record first.

    Who has a second factor proves it too, by `code`. Tries count with those at the door: raises
    TooManyAttempts as that does, and Refusal. Opens its own transactions, for the slow hashing
    stands between them.
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
    factor = has_factor(db.session(), user.id)
    db.session.rollback()
    if person is None or person.id != user.id:
        raise Refusal("The password is not right.", field="password")
    with transaction() as session:
        session.get_one(SignInAttempt, tried).succeeded = True
    if factor:
        confirm_code(user, code, whence, vault=vault, now=now)


def confirm_code(user: User, typed: str, whence: str, *, vault: str, now: datetime) -> None:
    """
    Make sure that the person has their phone, or a recovery code; the try is on record first.

    Raises TooManyAttempts, and Refusal. A code that was right is spent.
    """
    with transaction() as session:
        tried = record_attempt(session, f"{_CODE}/{user.id}", whence, now)
    with transaction() as session:
        until = shut_until(session, tried, now, account_failures=CODE_FAILURES)
    if until:
        raise TooManyAttempts(
            "Too many tries in a short time. For now even the right code opens nothing: try again"
            " at %(hour)s.",
            until,
        )
    with transaction() as session:
        is_right = open_with(session, user, typed, vault=vault, now=now)
        if is_right:
            session.get_one(SignInAttempt, tried).succeeded = True
    if not is_right:
        raise Refusal(
            "The code is not right, or it has opened once already. Wait for the next one, and type"
            " it before it changes.",
            field="code",
        )
