"""Codes for the demo's tills: a reader of the README is nobody's manager yet."""

from datetime import UTC, datetime
from typing import NamedTuple

from flask import Blueprint, Flask, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from almakane.db import db, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.queries import the_hub
from almakane.journal.enrolment import open_enrolment
from almakane.web import endpoints_without_a_lock, public

_BY = "hind"  # the demo's manager
_TILLS = """
SELECT register.code, EXISTS (
    SELECT 1 FROM epoch WHERE epoch.register_id = register.id AND epoch.state = 'live')
FROM register WHERE register.hub_id = ? AND register.kind = 'till' ORDER BY register.code
"""


class Free(NamedTuple):
    """A till of the demo, and whether a device is enrolled at it."""

    code: str
    is_taken: bool


def tills(session: Session) -> list[Free]:
    """The demo's tills."""
    return [
        Free(code, bool(taken)) for code, taken in rows(session, _TILLS, (the_hub(session).id,))
    ]


def code_for(register: str) -> str:
    """Let one device enrol at a till within ten minutes; refuses as `open_enrolment` does."""
    with transaction() as session:
        hub_id = the_hub(session).id
        return open_enrolment(session, hub_id, register, by=_BY, now=datetime.now(UTC))


def first_code() -> tuple[str, str] | None:
    """The first till without a device, and a code for it."""
    session = db.session()
    free = [till.code for till in tills(session) if not till.is_taken]
    session.rollback()
    return (free[0], code_for(free[0])) if free else None


def open_tills(app: Flask) -> None:
    """Give the app the page of codes for tills; the demo alone has it."""
    app.register_blueprint(_page())
    if open_doors := endpoints_without_a_lock(app):
        raise RuntimeError(f"Nothing says who may use {', '.join(open_doors)}.")


def _page() -> Blueprint:
    bp = Blueprint("enrolling", __name__, url_prefix="/-/tills")
    bp.before_request(public)

    @bp.get("")
    def list_tills() -> ResponseReturnValue:
        """The tills, and which of them has a device."""
        return render_template("demo/tills.html", tills=tills(db.session()), given=None)

    @bp.post("/<code>")
    def create_enrolment(code: str) -> ResponseReturnValue:
        """Open the enrolment of a device, and show its code."""
        try:
            given = (code, code_for(code))
        except Refusal:
            abort(404)
        return render_template("demo/tills.html", tills=tills(db.session()), given=given), 201

    return bp
