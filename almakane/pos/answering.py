"""How the tills' doors say that a request was not taken: problems that a machine can read."""

from flask import Blueprint, Response, current_app
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import InternalServerError, NotFound, RequestEntityTooLarge

from almakane.db import db
from almakane.errors import Refusal
from almakane.journal.batch import Misshapen, TooLarge
from almakane.pos.journal import NotYours, ShutOut
from almakane.pos.problems import problem
from almakane.pos.requests import Unread
from almakane.web.failures import error_id
from almakane.web.languages import refusal_text


def tell_problems(bp: Blueprint) -> None:
    """Let a door's failures be problems (RFC 9457), never pages."""
    bp.register_error_handler(Unread, _unread)
    bp.register_error_handler(Misshapen, _misshapen)
    bp.register_error_handler(TooLarge, _too_large)
    bp.register_error_handler(RequestEntityTooLarge, _too_large)
    bp.register_error_handler(NotYours, _not_yours)
    bp.register_error_handler(NotFound, _not_found)
    bp.register_error_handler(ShutOut, _shut_out)
    bp.register_error_handler(Refusal, _refused)
    bp.register_error_handler(OperationalError, _busy)
    bp.register_error_handler(PoolTimeout, _busy)
    bp.register_error_handler(InternalServerError, _broke)


def _unread(error: Unread) -> Response:
    return problem(error.status, error.reason, field=error.field)


def _misshapen(error: Misshapen) -> Response:
    return problem(400, "misshapen", detail=str(error))


def _too_large(_error: Exception) -> Response:
    return problem(413, "too_large")


def _not_yours(_error: NotYours) -> Response:
    return problem(403, "not_yours")


def _not_found(_error: NotFound) -> Response:
    return problem(404, "unknown")


def _shut_out(_error: ShutOut) -> Response:
    return problem(401, "unknown_token")


def _refused(refusal: Refusal) -> Response:
    db.session.rollback()
    told = {name: refusal.values[name] for name in ("left",) if name in refusal.values}
    return problem(
        422, refusal.reason or "refused", str(refusal_text(refusal)), field=refusal.field, **told
    )


def _busy(error: Exception) -> Response:
    current_app.logger.error("Error %s: the database is busy", error_id(), exc_info=error)
    db.session.rollback()
    return problem(503, "busy")


def _broke(_error: InternalServerError) -> Response:
    db.session.rollback()
    return problem(500, "broke", id=error_id())
