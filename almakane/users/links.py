"""Links that let one person in, or choose a password: given once, kept as a hash, ended by use."""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.users.models import PORTAL_ROLES, AccessLink, Act, LinkKind, Role, User
from almakane.users.queries import has_login
from almakane.users.second_factor import was_done_by
from almakane.users.services import create_user, end_sessions, record
from almakane.users.tokens import new_token, token_hash

LIVES = {LinkKind.ENTRY: timedelta(days=7), LinkKind.PASSWORD: timedelta(hours=24)}
_GIVEN = {LinkKind.ENTRY: Act.ENTRY_LINK, LinkKind.PASSWORD: Act.PASSWORD_LINK}


class Crafter(Protocol):
    """What this room asks of an artisan, whom it does not know."""

    @property
    def id(self) -> int: ...
    @property
    def hub_id(self) -> int: ...
    @property
    def name(self) -> str: ...


class Consignor(Crafter, Protocol):
    """The same of a maker."""

    @property
    def code(self) -> str: ...


class Access(NamedTuple):
    """An account, and the link that opens it: it is shown this once."""

    user: User
    token: str


class Held(NamedTuple):
    """A link that somebody holds, and whose it is."""

    link: AccessLink
    user: User


def give_access(
    session: Session,
    *,
    maker: Consignor | None = None,
    artisan: Crafter | None = None,
    actor: str,
    now: datetime,
    language: str | None = None,
) -> Access:
    """
    Let a maker, or an artisan, in: by an account, made if there is none, and a link to it.

    An earlier link of theirs that nobody used ends by that.
    """
    user = _account_of(session, maker, artisan)
    if user is None:
        user = _open_account(session, maker, artisan, language)
        record(session, user, Act.CREATED, now, actor=actor, told=user.role.value)
    return Access(user, give_link(session, user, LinkKind.ENTRY, actor=actor, now=now))


def _account_of(session: Session, maker: Consignor | None, artisan: Crafter | None) -> User | None:
    if (maker is None) == (artisan is None):
        raise ValueError("Access is given to a maker or to an artisan.")
    wanted = select(User).where(User.disabled_at.is_(None)).order_by(User.id).limit(1)
    if maker:
        return session.scalar(wanted.where(User.maker_id == maker.id))
    return session.scalar(wanted.where(User.artisan_id == artisan.id)) if artisan else None


def _open_account(
    session: Session, maker: Consignor | None, artisan: Crafter | None, language: str | None
) -> User:
    whose: Consignor | Crafter | None = maker or artisan
    if whose is None:
        raise ValueError("Nobody to open an account for.")
    stem = maker.code if maker else f"artisan {whose.id}"
    return create_user(
        session,
        hub_id=whose.hub_id,
        login=_free_login(session, whose.hub_id, stem),
        name=whose.name,
        role=Role.MAKER if maker else Role.ARTISAN,
        password=None,
        cost=1,
        maker_id=maker.id if maker else None,
        artisan_id=artisan.id if artisan else None,
        language=language,
    )


def _free_login(session: Session, hub_id: int, stem: str) -> str:
    """A name to sign in with that nobody has: such a person comes by a link, and never types it."""
    name, n = stem.casefold(), 1
    while has_login(session, hub_id, name):
        n += 1
        name = f"{stem.casefold()} {n}"
    return name


def give_link(
    session: Session,
    user: User,
    kind: LinkKind,
    *,
    actor: str,
    now: datetime,
    is_once: bool = True,
) -> str:
    """
    Make a link for one person, and end those of the kind that they have; gives its secret.

    A link of entry is for makers and artisans alone, for no money moves where they are. Nobody
    makes a link for a new password for themselves, nor for somebody whose second factor they reset.
    """
    session.get_one(User, user.id, with_for_update=True)
    if not user.is_active:
        raise Refusal("This account has been closed.")
    if kind is LinkKind.ENTRY and user.role not in PORTAL_ROLES:
        raise Refusal("Only makers and artisans come in by a link alone.")
    if kind is LinkKind.PASSWORD:
        if user.login == actor:
            raise Refusal("You change your own password on your own page.")
        # Whatever the role is by now: it could be changed for the moment of the link.
        if was_done_by(session, user, Act.FACTOR_RESET, actor, now):
            raise Refusal(
                "You have just reset this person's second factor. The new password is given by"
                " another manager, or on the server itself: it takes two people."
            )
    _end(session, user.id, now, kind)
    token = new_token()
    session.add(
        AccessLink(
            user_id=user.id,
            kind=kind,
            token_hash=token_hash(token),
            made_at=now,
            made_by=actor,
            expires_at=now + LIVES[kind],
            is_once=is_once,
        )
    )
    record(session, user, _GIVEN[kind], now, actor=actor)
    return token


def find_link(session: Session, kind: LinkKind, token: str) -> Held | None:
    """A link that was given, ended or not."""
    found = session.execute(
        select(AccessLink, User)
        .join(User, User.id == AccessLink.user_id)
        .where(AccessLink.token_hash == token_hash(token), AccessLink.kind == kind)
    ).first()
    return Held(*found) if found else None


def opens_yet(held: Held, now: datetime) -> bool:
    """Whether a link still does what it was given for."""
    link = held.link
    return link.ended_at is None and link.expires_at > now and held.user.is_active


def use_link(session: Session, kind: LinkKind, token: str, now: datetime) -> User | None:
    """
    Take a link for what it was given for; None where it has ended.

    Of two that send it at once one is let in, unless it was given for more than once.
    """
    found = session.execute(
        update(AccessLink)
        .where(
            AccessLink.token_hash == token_hash(token),
            AccessLink.kind == kind,
            AccessLink.ended_at.is_(None),
            AccessLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(AccessLink.id, AccessLink.user_id)
    ).first()
    if found is None:
        return None
    link_id, user_id = found
    user = session.get_one(User, user_id)
    if not user.is_active:
        return None
    session.execute(
        update(AccessLink)
        .where(AccessLink.id == link_id, AccessLink.is_once.is_(True))
        .values(ended_at=now)
    )
    if kind is LinkKind.ENTRY:
        record(session, user, Act.ENTERED, now, actor=user.login)
    return user


def choose_password(session: Session, token: str, hashed: str, now: datetime) -> User | None:
    """Give a person the password that they chose by a link; they are signed out everywhere."""
    user = use_link(session, LinkKind.PASSWORD, token, now)
    if user is None:
        return None
    user.password_hash = hashed
    end_sessions(session, user, now)
    record(session, user, Act.PASSWORD, now, actor=user.login)
    return user


def live_links(session: Session, user_id: int, now: datetime) -> list[AccessLink]:
    """The links of a person that still open something, the newest first."""
    return list(
        session.scalars(
            select(AccessLink)
            .where(
                AccessLink.user_id == user_id,
                AccessLink.ended_at.is_(None),
                AccessLink.expires_at > now,
            )
            .order_by(AccessLink.id.desc())
        )
    )


def revoke_link(session: Session, user: User, link_id: int, *, actor: str, now: datetime) -> None:
    """End a link before anybody uses it."""
    ended = session.execute(
        update(AccessLink)
        .where(
            AccessLink.id == link_id,
            AccessLink.user_id == user.id,
            AccessLink.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(AccessLink.id)
    )
    if ended.first() is None:
        raise Refusal("This link has ended already.")
    record(session, user, Act.LINK_REVOKED, now, actor=actor)


def end_links(session: Session, user_id: int, now: datetime) -> None:
    """End every link of a person."""
    for kind in LinkKind:
        _end(session, user_id, now, kind)


def _end(session: Session, user_id: int, now: datetime, kind: LinkKind) -> None:
    session.execute(
        update(AccessLink)
        .where(
            AccessLink.user_id == user_id,
            AccessLink.kind == kind,
            AccessLink.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
