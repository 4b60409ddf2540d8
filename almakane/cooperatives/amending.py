"""Who changed what about a maker, an artisan or a product: one row a change, never changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Amendment

_LONGEST = 400


class By(NamedTuple):
    """Who does something, and when."""

    actor: str
    now: datetime


def amend(
    session: Session,
    hub_id: int,
    subject: tuple[str, int],
    what: str,
    by: By,
    fields: Iterable[str] = (),
) -> None:
    """Write down that somebody changed something; which fields, not what they said."""
    kind, number = subject
    session.add(
        Amendment(
            hub_id=hub_id,
            subject=kind,
            subject_id=number,
            what=what,
            fields=",".join(fields)[:_LONGEST],
            recorded_at=by.now,
            actor=by.actor,
        )
    )
    session.flush()


def put(row: Any, **values: object) -> list[str]:
    """Set what differs on a row; gives the names of what did, in their order."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def amendments_of(session: Session, kind: str, number: int, limit: int = 30) -> list[Amendment]:
    """What was changed about something, newest first."""
    return list(
        session.scalars(
            select(Amendment)
            .where(Amendment.subject == kind, Amendment.subject_id == number)
            .order_by(Amendment.id.desc())
            .limit(limit)
        )
    )
