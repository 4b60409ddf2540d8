"""PINs: short, typed at a till in front of others, and good for a word on the spot only."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.users.models import Act, Role, User
from almakane.users.services import hasher_at, record, record_attempt, shut_until

TILL_ROLES = (Role.CASHIER, Role.HUB_STAFF, Role.MANAGER)  # who stands at a till
SHORTEST = {Role.MANAGER: 6}
ENDED = "ended"  # what the account's history tells of a PIN that was taken away
_OTHERS, _LONGEST = 4, 12
_PIN = "PIN"  # in capitals, which no name to sign in with has: its failures are others


def set_pin(session: Session, user: User, pin: str, *, cost: int) -> None:
    """Give a person a PIN: 4 digits, 6 for a manager; refuses one that anybody would try first."""
    user.pin_hash = hash_pin(user.role, pin, cost)
    session.flush()


def hash_pin(role: Role, pin: str, cost: int) -> str:
    """The form in which a PIN is kept, for a role; slow on purpose. Refuses as `set_pin` does."""
    shortest = shortest_pin(role)
    if not (pin.isascii() and pin.isdigit() and shortest <= len(pin) <= _LONGEST):
        raise Refusal("A PIN has at least %(count)s digits.", field="pin", count=shortest)
    if _is_easy(pin):
        raise Refusal("This PIN is too easy to guess.", field="pin")
    return hasher_at(cost).hash(pin)


def shortest_pin(role: Role) -> int:
    """How many digits a PIN of this role has at least."""
    return SHORTEST.get(role, _OTHERS)


def draw_pin(role: Role) -> str:
    """A PIN that nobody has chosen."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(shortest_pin(role)))
        if not _is_easy(pin):
            return pin


def keep_pin(session: Session, user: User, kept: str | None, *, actor: str, now: datetime) -> None:
    """Keep a PIN as `hash_pin` made it, or none; refuses for whoever stands at no till."""
    if kept and user.role not in TILL_ROLES:
        raise Refusal("Only those who sell have a PIN.", field="pin")
    if kept is None and user.pin_hash is None:
        return
    user.pin_hash = kept
    record(session, user, Act.PIN, now, actor=actor, told="" if kept else ENDED)


def _is_easy(pin: str) -> bool:
    return len(set(pin)) < 3 or pin in "01234567890123" or pin in "98765432109876"


def try_pin(session: Session, hub_id: int, login: str, at: str, now: datetime) -> int:
    """Write down that somebody types a PIN for this person at a register; gives the try's id."""
    return record_attempt(session, f"{_PIN}/{hub_id}/{login}"[:64], at, now)


def pin_shut_until(session: Session, try_id: int, now: datetime) -> datetime | None:
    """Until when this person's PIN opens nothing, right or not."""
    return shut_until(session, try_id, now)


def holder_of(session: Session, hub_id: int, login: str) -> User | None:
    """Whose PIN it would be, if the account is open and has one."""
    user = session.scalar(select(User).where(User.hub_id == hub_id, User.login == login))
    return user if user and user.is_active and user.pin_hash else None


def people_of_roles(session: Session, hub_id: int, roles: Iterable[Role]) -> list[User]:
    """Everybody of these roles whose account is open, whether they have a PIN already or not."""
    return list(
        session.scalars(
            select(User)
            .where(User.hub_id == hub_id, User.role.in_(list(roles)), User.disabled_at.is_(None))
            .order_by(User.name, User.id)
        )
    )


def pin_is_right(user: User, pin: str) -> bool:
    """Whether a PIN is this person's; slow on purpose, so not within a transaction."""
    try:
        return PasswordHasher().verify(user.pin_hash or "", pin)
    except (VerificationError, InvalidHashError):
        return False
