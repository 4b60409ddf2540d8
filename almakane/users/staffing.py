"""Who works here, as what: taken in, given another role, let go."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.users.links import end_links
from almakane.users.models import PORTAL_ROLES, Act, Role, User
from almakane.users.services import create_user, end_sessions, record

STAFF_ROLES = tuple(role for role in Role if role not in PORTAL_ROLES)


def take_in_person(
    session: Session,
    hub_id: int,
    login: str,
    name: str,
    role: Role,
    *,
    language: str | None,
    actor: str,
    now: datetime,
) -> User:
    """Give somebody who works here an account; a link lets them choose its password."""
    if role in PORTAL_ROLES:
        raise Refusal("Makers and artisans come in by a link of their own.", field="role")
    user = create_user(
        session,
        hub_id=hub_id,
        login=login,
        name=name,
        role=role,
        password=None,
        cost=1,
        language=language,
    )
    record(session, user, Act.CREATED, now, actor=actor, told=role.value)
    return user


def change_role(session: Session, user: User, role: Role, *, actor: str, now: datetime) -> None:
    """
    Let a person do something else from now on: they are signed out, and come in anew.

    A PIN that is too short for the new role goes. Nobody changes their own role.
    """
    if user.role in PORTAL_ROLES or role in PORTAL_ROLES:
        raise Refusal("The account of a maker or an artisan stays what it is.", field="role")
    if user.login == actor:
        raise Refusal("Another manager changes your role.", field="role")
    if user.role is role:
        return
    _leave_a_manager(session, user)
    told = f"{user.role.value} > {role.value}"
    user.role = role
    if role is Role.MANAGER:
        user.pin_hash = None  # a manager's has six digits, and nobody can tell how many this has
    end_sessions(session, user, now)
    record(session, user, Act.ROLE, now, actor=actor, told=told)


def disable(session: Session, user: User, *, actor: str, now: datetime) -> None:
    """Close an account: sessions and links end at once. Nobody closes their own."""
    if user.login == actor:
        raise Refusal("Another manager closes your account.")
    if not user.is_active:
        return
    _leave_a_manager(session, user)
    user.disabled_at = now
    end_sessions(session, user, now)
    end_links(session, user.id, now)
    record(session, user, Act.DISABLED, now, actor=actor)


def enable(session: Session, user: User, *, actor: str, now: datetime) -> None:
    """Open an account again."""
    if user.is_active:
        return
    user.disabled_at = None
    session.flush()
    record(session, user, Act.ENABLED, now, actor=actor)


def _leave_a_manager(session: Session, but: User) -> None:
    """Refuse what would leave a hub without a manager; two at once wait for each other here."""
    if but.role is not Role.MANAGER:
        return
    managers = session.scalars(
        select(User.id)
        .where(User.hub_id == but.hub_id, User.role == Role.MANAGER, User.disabled_at.is_(None))
        .order_by(User.id)
        .with_for_update()
    ).all()
    if not set(managers) - {but.id}:
        raise Refusal("The house would have no manager left: make somebody else one first.")
