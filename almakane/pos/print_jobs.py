"""
The office's door to the printers: what waits for a person's word, and which agent prints for whom.

Staff say what became of a paper; managers pair agents, choose them and shut them out.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import SelectField

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.gateways.agents import open_pairing, shut_out
from almakane.gateways.models import JobState, PrintAgent, PrintJob
from almakane.gateways.spool import answer, give_up
from almakane.hubs.models import Site
from almakane.pos.forms import PairingForm
from almakane.pos.print_board import print_board
from almakane.pos.print_words import JOB_STATES, JOBS, PRINTERS, WHAT_TO_DO
from almakane.pos.printers import bind_register
from almakane.pos.printing import print_again
from almakane.sales.models import Register
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, require, settings
from almakane.web.languages import refusal_text

bp = Blueprint("printing", __name__, url_prefix="/print-jobs")
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER))


@bp.context_processor
def _words() -> dict[str, object]:
    return {
        "jobs": JOBS,
        "job_states": JOB_STATES,
        "what_to_do": WHAT_TO_DO,
        "printers": PRINTERS,
        "on_its_way": (JobState.QUEUED, JobState.LEASED),
        # A stranger who is refused sees a page of this blueprint too.
        "may_pair": current_user.is_authenticated and signed_in().role is Role.MANAGER,
    }


def _now() -> datetime:
    return datetime.now(UTC)


def _done(work: Callable[[Session], object]) -> None:
    """Do something in a transaction of its own; a refusal is told on the page."""

    def do() -> None:
        with transaction() as session:
            work(session)

    try:
        retried(do)
    except Refusal as refusal:
        flash(refusal_text(refusal), "stops")


def _own(table: type[PrintJob | PrintAgent | Register], **named: object) -> None:
    """404 for what is not there, or belongs to another hub."""
    session = db.session()
    if session.query(table.id).filter_by(hub_id=signed_in().hub_id, **named).first() is None:
        abort(404)


def _only_managers() -> None:
    if signed_in().role is not Role.MANAGER:
        abort(403)


@bp.get("")
def list_jobs() -> ResponseReturnValue:
    """What waits for a word, how the printers are, and the latest jobs."""
    return _show(_pairing_form())


def _show(form: PairingForm) -> str:
    board = print_board(db.session(), signed_in().hub_id, _now())
    return render_template("printing/jobs.html", board=board, pairing=form)


def _pairing_form() -> PairingForm:
    form = PairingForm(request.form)
    field: SelectField = form.site
    found = db.session().execute(
        select(Site.id, Site.name).where(Site.hub_id == signed_in().hub_id).order_by(Site.id)
    )
    field.choices = [(str(site_id), name) for site_id, name in found]
    return form


@bp.post("/<int:job_id>/answers")
def create_answer(job_id: int) -> ResponseReturnValue:
    """Say whether a paper came out, of which nobody knows."""
    _own(PrintJob, id=job_id)
    person, came_out = signed_in(), request.form.get("came_out") == "yes"
    settle = answer if came_out else give_up
    _done(lambda session: settle(session, person.hub_id, job_id, by=person.login, now=_now()))
    return go_to(url_for("printing.list_jobs"))


@bp.post("/<int:job_id>/copies")
def create_copy(job_id: int) -> ResponseReturnValue:
    """Have a receipt printed again, as a duplicate."""
    _own(PrintJob, id=job_id)
    person = signed_in()
    try:
        print_again(person.hub_id, job_id, settings().base_url, by=person.login, now=_now())
        flash(gettext("It is printed again, marked as a duplicate."))
    except Refusal as refusal:
        flash(refusal_text(refusal), "stops")
    return go_to(url_for("printing.list_jobs"))


@bp.post("/agents")
def create_agent() -> ResponseReturnValue:
    """Open the pairing of an agent, and show its code this once."""
    _only_managers()
    person, form = signed_in(), _pairing_form()
    if not form.validate():
        return _show(form), 422

    def open_it() -> str:
        with transaction() as session:
            return open_pairing(
                *(session, person.hub_id, int(form.site.data), form.name.data),
                by=person.login,
                now=_now(),
            )

    try:
        code = retried(open_it)
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(form), 422
    return render_template("printing/pairing.html", code=code, server=settings().base_url), 201


@bp.post("/agents/<int:agent_id>/exclusion")
def create_exclusion(agent_id: int) -> ResponseReturnValue:
    """Shut an agent out."""
    _only_managers()
    _own(PrintAgent, id=agent_id)
    _done(lambda session: shut_out(session, signed_in().hub_id, agent_id))
    flash(gettext("The agent is shut out: it prints nothing more until it is paired again."))
    return go_to(url_for("printing.list_jobs"))


@bp.post("/registers/<code>")
def update_register(code: str) -> ResponseReturnValue:
    """Choose who prints for a till."""
    _only_managers()
    _own(Register, code=code)
    chosen = request.form.get("agent", "")
    if chosen and not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
        abort(404)
    agent_id = int(chosen) if chosen else None
    _done(lambda session: bind_register(session, signed_in().hub_id, code, agent_id))
    return go_to(url_for("printing.list_jobs"))
