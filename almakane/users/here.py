"""Where the person who asks works, and which day it is there: every office page begins so."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import db
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.users.queries import signed_in


class Here(NamedTuple):
    """The session to read with, the person's hub, and its day."""

    session: Session
    hub: Hub
    today: date


def here() -> Here:
    """The hub of the person who asks, today."""
    session = db.session()
    hub = session.get_one(Hub, signed_in().hub_id)
    return Here(session, hub, local_day(datetime.now(UTC), hub.zone))
