"""The staff's own pages: the day's board, and one box to find anything."""

from datetime import UTC, datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from almakane.db import db
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.office.day import day_so_far
from almakane.office.finding import find
from almakane.office.proof import last_proof
from almakane.office.sources import SOURCES
from almakane.office.tasks import Scene, tasks_of
from almakane.search import indexing
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, require
from almakane.web.languages import language

_KEEPS_WORDS = indexing  # it listens to every session, so that what changes can be found

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


@bp.get("/search")
def search() -> ResponseReturnValue:
    """What is called, coded or numbered so; a whole code or number leads straight to its page."""
    scene = _scene()
    answer = find(scene.session, scene.hub.id, request.args.get("q", ""), scene.language)
    if answer.straight:
        return go_to(answer.straight)
    return render_template("office/search.html", answer=answer)
