"""What people read when something could not be done: what happened, and what to do next."""

import errno
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import SQLITE_ERROR
from types import TracebackType
from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    g,
    has_request_context,
    jsonify,
    make_response,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_login import AnonymousUserMixin
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from almakane.errors import Refusal
from almakane.web import CrossSite
from almakane.web.languages import refusal_text

RETRY_SECONDS = 10


@dataclass(frozen=True)
class Failure:
    """A title that says what happened, and a sentence that says what to do."""

    title: str
    advice: str


_FAILURES = {
    400: Failure(
        lazy_gettext("We could not read this request."),
        lazy_gettext("Nothing was changed. Go back, and fill in the page again."),
    ),
    401: Failure(
        lazy_gettext("You are no longer signed in."),
        lazy_gettext("Nothing was changed. Sign in, then do it again."),
    ),
    403: Failure(
        lazy_gettext("Your account does not open this door."),
        lazy_gettext("If your work needs it, ask the manager of the house."),
    ),
    404: Failure(
        lazy_gettext("There is nothing at this address."),
        lazy_gettext("The page may have moved, or the link lost a letter on its way."),
    ),
    405: Failure(
        lazy_gettext("This page cannot be used in that way."),
        lazy_gettext("Nothing was changed. Go back, and use the page’s own button."),
    ),
    413: Failure(
        lazy_gettext("This is more than the page can take at once."),
        lazy_gettext("Nothing was kept. Send a smaller file, or less text."),
    ),
    415: Failure(
        lazy_gettext("This page does not take this kind of file."),
        lazy_gettext("Nothing was kept. Send it in another format."),
    ),
    422: Failure(
        lazy_gettext("This could not be done."),
        lazy_gettext("Nothing was changed. Go back, correct it and send it again."),
    ),
    429: Failure(
        lazy_gettext("That was too often in too short a time."),
        lazy_gettext("Nothing was changed. Wait a little, then try again."),
    ),
    500: Failure(
        lazy_gettext("Something broke on our side."),
        lazy_gettext(
            "What you were doing was not kept. Try again; if it breaks again, tell the house the"
            " number below."
        ),
    ),
    503: Failure(
        lazy_gettext("The books are busy just now."),
        lazy_gettext("Nothing was changed. Wait ten seconds, then do it again."),
    ),
}
_CROSS_SITE = Failure(
    lazy_gettext("This request came from another page than ours."),
    lazy_gettext("Nothing was changed. Open the page here, and do it again from there."),
)


class Frank(Flask):
    """
    A Flask whose log holds the number that the page shows for a bug.

    Nothing here is a coroutine, so it does not look whether each of a request's functions is one.
    """

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        where = f"{request.method} {request.path}" if has_request_context() else "-"
        self.logger.error("Error %s on %s", error_id(), where, exc_info=exc_info)


def error_id() -> str:
    """The number under which this request's failure is found in the log."""
    if "error_id" not in g:
        g.error_id = secrets.token_hex(4)
    return str(g.error_id)


def handle_failures(app: Flask, undo: Callable[[], None]) -> None:
    """
    Give every failure its page. `undo` rolls the request's transaction back.

    A page of failure asks the database nothing: it may be what failed.
    """

    def refused(refusal: Refusal) -> ResponseReturnValue:
        _let_go(undo)
        code = int(getattr(refusal, "status", 422))
        return _answer(code, Failure(refusal_text(refusal), _FAILURES[422].advice), refusal)

    def failed(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        if error.code >= 500:
            _let_go(undo)
        if isinstance(error, SecurityError):
            return _unknown_host()
        failure = _CROSS_SITE if isinstance(error, CrossSite) else _FAILURES.get(error.code)
        response = _answer(error.code, failure or _FAILURES[500 if error.code >= 500 else 400])
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                response.headers[name] = value
        return response

    def broke(error: InternalServerError) -> ResponseReturnValue:
        cause = error.original_exception
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return later()  # the disk is full; Flask has logged it
        return failed(error)

    def busy(error: OperationalError | PoolTimeout) -> ResponseReturnValue:
        if getattr(getattr(error, "orig", None), "sqlite_errorcode", None) == SQLITE_ERROR:
            raise error  # a statement that SQLite cannot run: waiting would not help
        app.logger.error("Error %s: the database is busy", error_id(), exc_info=error)
        return later()

    def later() -> Response:
        _let_go(undo)
        response = _answer(503, _FAILURES[503])
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, failed)
    app.register_error_handler(InternalServerError, broke)
    app.register_error_handler(OperationalError, busy)
    app.register_error_handler(PoolTimeout, busy)


def _let_go(undo: Callable[[], None]) -> None:
    """Leave the database alone for the rest of this request, whatever state it is in."""
    try:
        undo()
    except Exception:
        current_app.logger.exception("Error %s: the rollback failed too", error_id())
    if not hasattr(g, "_login_user"):
        g._login_user = AnonymousUserMixin()  # flask-login would ask the database who it is


def _answer(code: int, failure: Failure, refusal: Refusal | None = None) -> Response:
    if _wants_json():
        body: dict[str, Any] = {"error": str(failure.title), "advice": str(failure.advice)}
        if refusal is not None:
            body |= {"field": refusal.field, "reason": refusal.reason}
        if code >= 500:
            body["id"] = error_id()
        response = make_response(jsonify(body))
    else:
        response = make_response(_page(code, failure))
    response.status_code = code
    return response


def _page(code: int, failure: Failure) -> str:
    number = error_id() if code >= 500 else None
    try:
        return render_template("errors/failure.html", code=code, failure=failure, number=number)
    except Exception:
        if code < 500:
            raise
        current_app.logger.exception("Error %s: its page could not be drawn", error_id())
        return f"{failure.title} {failure.advice} ({number})"


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def _unknown_host() -> Response:
    """The address in the browser is not ours, so none can be built: one plain sentence."""
    response = Response(
        gettext(
            "The shop does not know this address: open it at the one it is set up for"
            " (ALMAKANE_BASE_URL)."
        ),
        400,
        mimetype="text/plain",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
