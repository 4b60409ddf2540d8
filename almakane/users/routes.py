"""The door of the house: signing in and out, and which language is spoken."""

import secrets
from datetime import UTC, datetime

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from werkzeug.http import http_date

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.users.devices import keep_device, known_device
from almakane.users.forms import SignInForm
from almakane.users.models import User
from almakane.users.queries import SIGN_IN, signed_in
from almakane.users.services import (
    TooManyAttempts,
    account_name,
    check_password,
    end_session,
    let_in,
    record_attempt,
    renewed_hash,
    set_language,
    shut_until,
    whence,
)
from almakane.web import first_page, go_to, public, safe_next, settings
from almakane.web.languages import LANGUAGES, keep_language
from almakane.web.themes import THEMES, keep_theme

bp = Blueprint("users", __name__)
bp.before_request(public)


@bp.get("/sign-in")
def new_session() -> ResponseReturnValue:
    """The page with the form, or straight on where one is signed in."""
    if current_user.is_authenticated:
        return go_to(_way_on(request.args.get("next")))
    form = SignInForm(next=safe_next(request.args.get("next"), ""))
    return render_template("users/sign_in.html", form=form)


@bp.post("/sign-in")
def create_session() -> ResponseReturnValue:
    """Let a person in, or say why not on the same page."""
    form = SignInForm(request.form)
    if not form.validate():
        return render_template("users/sign_in.html", form=form), 422
    try:
        user = _sign_in(form.login.data, form.password.data)
    except TooManyAttempts as refusal:
        form.refuse(refusal)
        response = make_response(render_template("users/sign_in.html", form=form), 429)
        response.headers["Retry-After"] = http_date(refusal.until)
        return response
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("users/sign_in.html", form=form), 422
    session.clear()
    login_user(user)
    session[SIGN_IN] = secrets.token_urlsafe(32)
    session.permanent = True
    response = go_to(_way_on(form.next.data))
    keep_device(response, user.login)
    return response


@bp.post("/sign-out")
def delete_session() -> ResponseReturnValue:
    """Close the door behind a person, on this device, and to a copy of its cookie."""
    if current_user.is_authenticated:
        sign_in = session[SIGN_IN]
        retried(lambda: _sign_out(sign_in))
    logout_user()
    session.clear()
    return go_to(url_for("shop.home"))


@bp.post("/language")
def update_language() -> ResponseReturnValue:
    """Speak another language from here on, and on this person's papers."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(400)
    if current_user.is_authenticated:
        with transaction() as database:
            set_language(database, signed_in().id, chosen)
    way = safe_next(request.form.get("next"), url_for("shop.home"))
    response: Response = go_to(way)
    return keep_language(response, chosen)


@bp.post("/theme")
def update_theme() -> ResponseReturnValue:
    """Show the house by day, by night, or as the device has it, from here on in this browser."""
    chosen = request.form.get("theme", "")
    if chosen not in THEMES:
        abort(400)
    response: Response = go_to(safe_next(request.form.get("next"), url_for("shop.home")))
    return keep_theme(response, chosen)


def _sign_in(login: str, password: str) -> User:
    account, now, cost = account_name(login), datetime.now(UTC), settings().argon2_cost
    address = whence(request.remote_addr, known_device(account))
    with transaction() as database:
        attempt = record_attempt(database, account, address, now)
    with transaction() as database:
        until = shut_until(database, attempt, now)
    if until:
        raise TooManyAttempts(
            "Too many tries in a short time. For now even the right password opens nothing: try"
            " again at %(hour)s.",
            until,
        )
    person = check_password(db.session(), account, password, cost)
    if person is None:
        raise Refusal("The name or the password is not right.", field="password")
    new_hash = renewed_hash(person, password, cost)
    with transaction() as database:
        return let_in(database, attempt, person.id, new_hash)


def _sign_out(sign_in: str) -> None:
    with transaction() as database:
        end_session(database, sign_in, datetime.now(UTC))


def _way_on(target: str | None) -> str:
    """Where a person wanted to go, else where their work begins."""
    return safe_next(target, url_for(first_page()))
