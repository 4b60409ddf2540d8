"""Finding people, and how often somebody tried to be one."""

from datetime import datetime
from typing import cast

from flask import session as cookie
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from almakane.db import db
from almakane.users.models import SignInAttempt, SignOut, User

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
    but: int,
) -> list[datetime]:
    """When an account or an address failed, oldest first, the attempt `but` left out."""
    wanted = select(SignInAttempt.at).where(
        SignInAttempt.at > since, SignInAttempt.succeeded.is_(False), SignInAttempt.id != but
    )
    if account is not None:
        wanted = wanted.where(SignInAttempt.account == account)
    if address is not None:
        wanted = wanted.where(SignInAttempt.address == address)
    return list(session.scalars(wanted.order_by(SignInAttempt.at)))


def latest_success(session: Session, account: str) -> datetime | None:
    """When this account last got in, as far back as attempts are kept."""
    return session.scalar(
        select(func.max(SignInAttempt.at)).where(
            SignInAttempt.account == account, SignInAttempt.succeeded.is_(True)
        )
    )
