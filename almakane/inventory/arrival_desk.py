"""What the pages of deliveries share: who asks and where, and whose intake it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar

from flask import abort
from sqlalchemy.orm import Session

from almakane.db import db, retried, transaction
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.inventory.intake import (
    line_of,
)
from almakane.inventory.intake_queries import (
    find_intake,
)
from almakane.inventory.models import (
    Intake,
    IntakeLine,
)
from almakane.users.queries import signed_in

T = TypeVar("T")


class Here(NamedTuple):
    """Where the person who asks works, and which day it is there."""

    session: Session
    hub: Hub
    today: date


def here() -> Here:
    session = db.session()
    hub = session.get_one(Hub, signed_in().hub_id)
    return Here(session, hub, local_day(datetime.now(UTC), hub.zone))


def the_intake(session: Session, intake_id: int) -> Intake:
    intake = find_intake(session, signed_in().hub_id, intake_id)
    if intake is None:
        abort(404)
    return intake


def the_line(session: Session, intake: Intake, line_id: int) -> IntakeLine:
    line = line_of(session, intake, line_id)
    if line is None:
        abort(404)
    return line


def written(work: Callable[[Session], T]) -> T:
    """Do something in a transaction, again where the database asks for it."""

    def once() -> T:
        with transaction() as session:
            return work(session)

    return retried(once)
