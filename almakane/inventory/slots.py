"""
What the rooms above tell the stock's pages, which may not know them.

`app` fills these in, for it alone knows every room.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol, cast

from flask import current_app
from sqlalchemy.orm import Session


class Holding(NamedTuple):
    """A till that may hold sales which the books do not have yet, and since when."""

    register: str
    events: int  # by its last word; 0 where it was merely not heard of
    heard_at: datetime | None


class Short(Protocol):
    """The open flags of what was sold beyond the books."""

    def flagged(
        self, session: Session, site_id: int, lot_ids: list[int]
    ) -> Mapping[int, list[int]]:
        """Lot to the quantities of its open flags, the oldest first."""

    def end(
        self,
        session: Session,
        site_id: int,
        lot_id: int,
        most: int,
        *,
        actor: str,
        how: str,
        now: datetime,
    ) -> int:
        """End whole flags of a lot, the oldest first, up to so many pieces; gives how many."""


class Slots(NamedTuple):
    """What is filled in."""

    short: Short
    holding: Callable[[Session, int, int, datetime], list[Holding]]  # hub, site, moment


def slots() -> Slots:
    """What the running app was given."""
    return cast(Slots, current_app.extensions["almakane.stock"])
