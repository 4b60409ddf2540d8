"""The outbox: what is to be done for the world, taken by one worker at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import locking, rows, utc_text


class Errand(NamedTuple):
    """A row that waits to be done."""

    id: int
    hub_id: int
    kind: str
    body: str


_OPEN = """
SELECT id, hub_id, kind, body FROM outbox
WHERE done_at IS NULL AND due_at <= ? AND kind IN (??) ORDER BY due_at, id LIMIT ?
"""


def open_errands(
    session: Session, kinds: Sequence[str], *, now: datetime, most: int
) -> list[Errand]:
    """What is due, the oldest first; another worker may be at it already."""
    return [Errand(*row) for row in rows(session, _OPEN, (utc_text(now), list(kinds), most))]


def take_errand(session: Session, errand_id: int) -> bool:
    """Lock a row until the commit; not if another has it, or has done it."""
    sql = "SELECT 1 FROM outbox WHERE id = ? AND done_at IS NULL"
    locked = locking(session, sql, "outbox")
    return bool(rows(session, sql if locked == sql else f"{locked} SKIP LOCKED", (errand_id,)))


def end_errand(session: Session, errand_id: int, *, now: datetime) -> None:
    """Say that it is done."""
    rows(session, "UPDATE outbox SET done_at = ? WHERE id = ?", (utc_text(now), errand_id))


def put_off(session: Session, errand_id: int, *, until: datetime) -> None:
    """Let others go first: this one could not be done."""
    rows(session, "UPDATE outbox SET due_at = ? WHERE id = ?", (utc_text(until), errand_id))
