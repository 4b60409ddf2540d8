"""Finding people, and how often somebody tried to be one."""

from datetime import UTC, datetime
from typing import NamedTuple, cast

from flask import g
from flask import session as cookie
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from almakane.db import db, rows
from almakane.users.models import (
    AccountChange,
    Role,
    SecondFactor,
    SignInAttempt,
    User,
    UserSession,
)
from almakane.users.tokens import token_hash
from almakane.web.sessions import IDLE, LONG_IDLE

DEVICE = "device:"  # in front of a known device's name, where an attempt has an address else
SIGN_IN = "sign_in"  # in the cookie: which of a person's sign-ins it is of


def signed_in() -> User:
    """The person at the door; for views behind a lock, where there always is one."""
    return cast(User, current_user._get_current_object())


def visitor(token: str) -> User | None:
    """The person whom the cookie of this request names."""
    found = find_session(token, cookie.get(SIGN_IN, ""), datetime.now(UTC))
    if found is None:
        return None
    g.user_session = found.session
    return found.user


class Found(NamedTuple):
    """Who asks, and which of their sessions it is."""

    user: User
    session: UserSession


def find_session(token: str, key: str, now: datetime) -> Found | None:
    """
    Whom a cookie names, as long as the account is open and the session has not ended.

    The rows are let go from the session: they only tell who asks, and a rollback must not expire
    them.
    """
    if not key:
        return None
    session = db.session()
    row = session.execute(
        select(User, UserSession, SecondFactor.user_id)
        .join(UserSession, UserSession.user_id == User.id)
        .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
        .where(User.session_token == token, UserSession.key_hash == token_hash(key))
    ).first()
    if row is None:
        return None
    user, kept, factor = row
    if not user.is_active or not is_live(kept, now):
        return None
    session.expunge(user)
    session.expunge(kept)
    user.has_second_factor = factor is not None
    return Found(user, kept)


def is_live(kept: UserSession, now: datetime) -> bool:
    """Whether a session still opens: nobody ended it, and it was seen not long ago."""
    return kept.ended_at is None and kept.seen_at > now - (LONG_IDLE if kept.is_long else IDLE)


def live_sessions(session: Session, user_id: int, now: datetime) -> list[UserSession]:
    """Where a person is signed in, the latest seen first."""
    found = session.scalars(
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.ended_at.is_(None),
            UserSession.seen_at > now - LONG_IDLE,
        )
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
    )
    return [kept for kept in found if is_live(kept, now)]


def users_named(session: Session, account: str) -> list[User]:
    """Who signs in with this name: one person, or one in each hub."""
    return list(session.scalars(select(User).where(User.login == account).order_by(User.id)))


def user_of(session: Session, token: str) -> User | None:
    """Whom a session token names, if the account is open."""
    user = session.scalar(select(User).where(User.session_token == token))
    if user is None or not user.is_active:
        return None
    user.has_second_factor = user.id in having_factor(session, [user.id])
    return user


def having_factor(session: Session, user_ids: list[int]) -> set[int]:
    """Which of these people have a second factor."""
    wanted = select(SecondFactor.user_id).where(SecondFactor.user_id.in_(user_ids))
    return set(session.scalars(wanted))


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


class Named(NamedTuple):
    """A maker or an artisan, whom this room does not know: what their account is made from."""

    kind: str
    id: int
    hub_id: int
    code: str
    name: str


_CONSIGNORS = """
SELECT 'maker', id, hub_id, code, name FROM maker WHERE hub_id = ?
UNION ALL
SELECT 'artisan', artisan.id, artisan.hub_id, maker.code, artisan.name
FROM artisan JOIN maker ON maker.id = artisan.maker_id WHERE artisan.hub_id = ?
ORDER BY 4, 1 DESC, 5, 2
"""
_CALLED = """
SELECT 'maker', t.maker_id, t.name FROM maker_text t JOIN maker ON maker.id = t.maker_id
WHERE maker.hub_id = ? AND t.language = ? AND t.name <> ''
UNION ALL
SELECT 'artisan', id, name_ar FROM artisan WHERE hub_id = ? AND name_ar <> '' AND ? = 'ar'
"""


def consignors(session: Session, hub_id: int) -> list[Named]:
    """Whoever may have an account of the portal: makers, each with her artisans after her."""
    return [Named(*row) for row in rows(session, _CONSIGNORS, (hub_id, hub_id))]


class Callings:
    """What those who come from a maker's house are called in a language, where they say so."""

    def __init__(self, session: Session, hub_id: int, language: str) -> None:
        found = rows(session, _CALLED, (hub_id, language, hub_id, language))
        self._names: dict[tuple[str, int | None], str] = {
            (kind, one): name for kind, one, name in found
        }

    def of(self, one: User | Named) -> str:
        """The name in that language, or else as their account or their papers have it."""
        if isinstance(one, Named):
            return self._names.get((one.kind, one.id), one.name)
        whose = ("maker", one.maker_id) if one.maker_id else ("artisan", one.artisan_id)
        return self._names.get(whose, one.name)


def names_behind(session: Session, hub_id: int, logins: set[str]) -> dict[str, User]:
    """Whose these names to sign in with are; an account given by link has one nobody types."""
    wanted = select(User).where(User.hub_id == hub_id, User.login.in_(logins))
    return {user.login: user for user in session.scalars(wanted)}


class Member(NamedTuple):
    """Somebody with an account, and what is known of their keys."""

    user: User
    has_factor: bool
    seen_at: datetime | None


def roll(session: Session, hub_id: int) -> dict[Role, list[Member]]:
    """Everybody of a hub, by role and name; who may no longer come in stands last."""
    seen = (
        select(UserSession.user_id, func.max(UserSession.seen_at).label("at"))
        .group_by(UserSession.user_id)
        .subquery()
    )
    found = session.execute(
        select(User, SecondFactor.user_id, seen.c.at)
        .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
        .outerjoin(seen, seen.c.user_id == User.id)
        .where(User.hub_id == hub_id)
        .order_by(User.disabled_at.is_not(None), User.name, User.id)
    )
    members = [Member(user, factor is not None, at) for user, factor, at in found]
    return {
        role: [one for one in members if one.user.role is role]
        for role in _ORDER
        if any(one.user.role is role for one in members)
    }


_ORDER = (
    *(Role.MANAGER, Role.HUB_STAFF, Role.ACCOUNTANT, Role.CASHIER),
    *(Role.MAKER, Role.ARTISAN),
)


def find_person(session: Session, hub_id: int, user_id: int, *, lock: bool = False) -> User | None:
    """Somebody of a hub by their number."""
    wanted = select(User).where(User.id == user_id, User.hub_id == hub_id)
    return session.scalar(wanted.with_for_update() if lock else wanted)


def changes_of(session: Session, user_id: int, limit: int = 50) -> list[AccountChange]:
    """What was done to an account, the latest first."""
    wanted = select(AccountChange).where(AccountChange.user_id == user_id)
    return list(session.scalars(wanted.order_by(AccountChange.id.desc()).limit(limit)))
