"""The office's one door to the money: who comes in, who may write, and where they stand."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from flask import Blueprint
from sqlalchemy.orm import Session

from almakane.db import db
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import require

bp = Blueprint("payouts", __name__)
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))

KEEPERS = (Role.MANAGER, Role.ACCOUNTANT)  # who draw statements and enter costs; others read


class Here(NamedTuple):
    """Where the person who asks works, and which day it is there."""

    session: Session
    hub: Hub
    today: date


def here() -> Here:
    """The hub of the person who asks, today."""
    session = db.session()
    hub = session.get_one(Hub, signed_in().hub_id)
    return Here(session, hub, local_day(datetime.now(UTC), hub.zone))
