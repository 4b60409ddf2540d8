"""Finding people, and how often somebody tried to be one."""

from datetime import datetime
from typing import cast

from flask import session as cookie
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from almakane.db import db
from almakane.users.models import SignInAttempt, SignOut, User

DEVICE = "device:"  # in front of a known device's name, where an attempt has an address else
SIGN_IN = "sign_in"  # in the cookie: which of a person's sign-ins it is of


def signed_in() -> User:
    """The person at the door; for views behind a lock, where there always is one."""
    return cast(User, current_user._get_current_object())


def visitor(token: str) -> User | None:
    """The person whom the cookie of this request names."""
    return find_session(token, cookie.get(SIGN_IN, ""))


def find_session(token: str, sign_in: str) -> User | None:
    """
    Whom a cookie names, as long as the account is open and nobody signed out with that cookie.

    The row is let go from the session: it only tells who asks, and a rollback must not expire it.
    """
    if not sign_in:
        return None
    session = db.session()
    signed_out = select(SignOut.sign_in).where(SignOut.sign_in == sign_in)
    user = session.scalar(select(User).where(User.session_token == token, ~signed_out.exists()))
    if user is None or not user.is_active:
        return None
    session.expunge(user)
    return user


def users_named(session: Session, account: str) -> list[User]:
    """Who signs in with this name: one person, or one in each hub."""
    return list(session.scalars(select(User).where(User.login == account).order_by(User.id)))


def has_login(session: Session, hub_id: int, account: str) -> bool:
    """Whether the name is taken in this hub."""
    found = select(User.id).where(User.hub_id == hub_id, User.login == account)
    return session.scalar(found) is not None


def failures_since(
    session: Session,
    since: datetime,
    *,
    account: str | None = None,
    address: str | None = None,
    by_strangers: bool = False,
    but: int,
) -> list[datetime]:
    """
    When an account, an address or both failed, oldest first, the attempt `but` left out.

    Those `by_strangers` were not on a device that the account is known on.
    """
    wanted = select(SignInAttempt.at).where(
        SignInAttempt.at > since, SignInAttempt.succeeded.is_(False), SignInAttempt.id != but
    )
    if account is not None:
        wanted = wanted.where(SignInAttempt.account == account)
    if address is not None:
        wanted = wanted.where(SignInAttempt.address == address)
    if by_strangers:
        wanted = wanted.where(~SignInAttempt.address.startswith(DEVICE))
    return list(session.scalars(wanted.order_by(SignInAttempt.at)))


def latest_success(session: Session, account: str, address: str) -> datetime | None:
    """When this account last got in from there, as far back as attempts are kept."""
    return session.scalar(
        select(func.max(SignInAttempt.at)).where(
            SignInAttempt.account == account,
            SignInAttempt.address == address,
            SignInAttempt.succeeded.is_(True),
        )
    )
