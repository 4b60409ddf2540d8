"""A thing that waits for somebody: what it is, how urgent, and the one verb that ends it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from functools import cached_property
from typing import Any, NamedTuple

from flask import url_for
from sqlalchemy.orm import Session

from almakane.cooperatives.queries import maker_names
from almakane.hubs.models import Hub
from almakane.pos.queries import Board, boards
from almakane.web import opens


class Urgency(IntEnum):
    """How soon: the books or a customer stand still, it is of today, or it can wait."""

    STOPS = 0
    WAITS = 1
    INFORMS = 2

    @property
    def look(self) -> str:
        """The state that a page draws it as."""
        return self.name.lower()


class Task(NamedTuple):
    """A line of the day's board, with where it is done."""

    urgency: Urgency
    badge: str  # in a word or two, what is to be done
    what: str
    note: str
    verb: str
    url: str


@dataclass
class Scene:
    """Where and when the board is read, and in which language; what several ask is read once."""

    session: Session
    hub: Hub
    today: date
    now: datetime
    language: str

    @cached_property
    def boards(self) -> list[Board]:
        """The registers, tills first."""
        return boards(self.session, self.hub.id, self.now)

    @cached_property
    def makers(self) -> dict[int, str]:
        """Makers by their names."""
        found = maker_names(self.session, self.hub.id, self.language)
        return {maker: called.name for maker, called in found.items()}


# What a room adds to the board: it reads in as few queries as ever much there is to do.
Source = Callable[[Scene], Iterable[Task]]


def way(*choices: tuple[str, dict[str, Any]]) -> str | None:
    """The first of these pages that exists and opens for the person who asks."""
    for endpoint, values in choices:
        if opens(endpoint):
            return url_for(endpoint, **values)
    return None


def tasks_of(sources: Iterable[Source], scene: Scene) -> list[Task]:
    """All that waits, the most urgent first; else in the order of their sources."""
    found = [task for source in sources for task in source(scene)]
    return sorted(found, key=lambda task: task.urgency)
