"""Where links lead: in, without a password, or to the choice of one. Nothing happens by a GET."""

from datetime import UTC, datetime

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.users.forms import NewPasswordForm
from almakane.users.links import Held, choose_password, find_link, opens_yet, use_link
from almakane.users.models import LinkKind, User
from almakane.users.queries import failures_since
from almakane.users.routes import go_in, leave
from almakane.users.services import (
    ADDRESS_FAILURES,
    WINDOW,
    hash_password,
    record_attempt,
    whence,
)
from almakane.web import go_to, public, settings
from almakane.web.languages import language

bp = Blueprint("entry", __name__)
bp.before_request(public)  # 256 random bits in the address are the key

_LINK = "LINK"  # in capitals, which no name to sign in with has


@bp.after_request
def _tell_nobody(response: Response) -> Response:
    """The address is a key: no cache keeps the page, and no other site hears of it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/enter/<token>")
def show_link(token: str) -> ResponseReturnValue:
    """Say whose door it is, and offer to open it; a preview of the link uses nothing up."""
    held = _held(LinkKind.ENTRY, token)
    if not opens_yet(held, _now()):
        return _ended(LinkKind.ENTRY)
    with force_locale(
        held.user.language or language()
    ):  # who is let in has chosen nothing here yet
        return render_template("users/enter.html", token=token, name=held.user.name)


@bp.post("/enter/<token>")
def create_session(token: str) -> ResponseReturnValue:
    """Let the person in whom the link was given to."""
    _held(LinkKind.ENTRY, token)

    def use() -> User | None:
        with transaction() as session:
            return use_link(session, LinkKind.ENTRY, token, _now())

    user = retried(use)
    if user is None:
        return _ended(LinkKind.ENTRY)
    leave()
    return go_in(user, None, is_long=request.form.get("own") == "yes")


@bp.get("/new-password/<token>")
def new_password(token: str) -> ResponseReturnValue:
    """Ask for the password that a person wants."""
    held = _held(LinkKind.PASSWORD, token)
    if not opens_yet(held, _now()):
        return _ended(LinkKind.PASSWORD)
    return _ask(held, token, NewPasswordForm())


def _ask(held: Held, token: str, form: NewPasswordForm) -> str:
    return render_template("users/new_password.html", user=held.user, token=token, form=form)


@bp.post("/new-password/<token>")
def create_password(token: str) -> ResponseReturnValue:
    """Keep it, end every session of theirs, and lead to the door."""
    held, form = _held(LinkKind.PASSWORD, token), NewPasswordForm(request.form)
    if not opens_yet(held, _now()):
        return _ended(LinkKind.PASSWORD)
    login = held.user.login
    if not form.validate():
        return _ask(held, token, form), 422
    try:
        hashed = hash_password(form.password.data, login, settings().argon2_cost)
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask(held, token, form), 422

    def choose() -> User | None:
        with transaction() as session:
            return choose_password(session, token, hashed, _now())

    if retried(choose) is None:
        return _ended(LinkKind.PASSWORD)
    flash(gettext("Your password is kept. Sign in with it now."))
    return go_to(url_for("users.new_session"))


def _now() -> datetime:
    return datetime.now(UTC)


def _held(kind: LinkKind, token: str) -> Held:
    """The link that an address names; who tries addresses is slowed down, and finds nothing."""
    session, now = db.session(), _now()
    address = whence(request.remote_addr, None)
    tries = failures_since(session, now - WINDOW, account=_LINK, address=address, but=0)
    if len(tries) >= ADDRESS_FAILURES:
        abort(make_response(render_template("users/link_ended.html", kind="slow"), 429))
    held = find_link(session, kind, token)
    session.rollback()
    if held is None:
        with transaction() as writing:
            record_attempt(writing, _LINK, address, now)
        abort(404)
    return held


def _ended(kind: LinkKind) -> ResponseReturnValue:
    return render_template("users/link_ended.html", kind=kind.value), 410
