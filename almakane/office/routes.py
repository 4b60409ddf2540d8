"""The staff's own pages: the day's board, and one box to find anything."""

from datetime import UTC, datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from almakane.db import db
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.office.day import day_so_far
from almakane.office.proof import last_proof
from almakane.office.sources import SOURCES
from almakane.office.tasks import Scene, tasks_of
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import require
from almakane.web.languages import language

bp = Blueprint("office", __name__)
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))


def _scene() -> Scene:
    session, now = db.session(), datetime.now(UTC)
    hub = session.get_one(Hub, signed_in().hub_id)
    return Scene(session, hub, local_day(now, hub.zone), now, language())


@bp.get("/today")
def show_today() -> ResponseReturnValue:
    """What waits for somebody, then the day so far."""
    scene = _scene()
    tasks = tasks_of(SOURCES, scene)
    return render_template(
        "office/today.html",
        tasks=tasks,
        count=len(tasks),
        day=day_so_far(scene),
        proof=last_proof(scene.session, scene.now),
        now=scene.now,
        today=scene.today,
    )
