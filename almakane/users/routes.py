"""The door of the house: signing in and out, and which language is spoken."""

from datetime import UTC, datetime, timedelta

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    g,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user, login_user, logout_user
from sqlalchemy.exc import DBAPIError
from werkzeug.http import http_date

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.users.browsers import device_name
from almakane.users.confirming import confirm_code
from almakane.users.devices import keep_device, known_device
from almakane.users.forms import CodeForm, RecoveryForm, SignInForm
from almakane.users.models import MONEY_ROLES, User
from almakane.users.queries import SIGN_IN, having_factor, signed_in, user_of
from almakane.users.second_factor import choose, codes_left
from almakane.users.services import (
    TooManyAttempts,
    account_name,
    check_password,
    end_session,
    let_in,
    open_session,
    record_attempt,
    renewed_hash,
    see_session,
    set_language,
    shut_until,
    whence,
)
from almakane.users.totp import enrolment_address, new_secret
from almakane.vault import Unreadable, seal, unseal
from almakane.web import first_page, go_to, public, safe_next, settings
from almakane.web.languages import LANGUAGES, keep_language
from almakane.web.sessions import LONG
from almakane.web.themes import THEMES, keep_theme

_HALF = "half"  # in the cookie: who gave their password, and when
_ENROLLING = "enrolling"  # in the cookie, sealed: a secret that no code has proved yet
_STEP_WITHIN = timedelta(minutes=10)
_SEEN_EACH = timedelta(minutes=5)

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
        return shut(refusal, render_template("users/sign_in.html", form=form))
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("users/sign_in.html", form=form), 422
    leave()
    way = safe_next(form.next.data, "")
    if user.id in having_factor(db.session(), [user.id]):
        return _half_way(user, "users.new_step", way)
    if user.role in MONEY_ROLES and settings().requires_second_factor:
        return _half_way(user, "users.new_second_factor", way)
    return go_in(user, way)


# The second step. Until it is done the cookie names nobody: it only says who gave their password.


def _half_way(user: User, endpoint: str, way: str) -> ResponseReturnValue:
    session[_HALF] = {"of": user.session_token, "at": int(datetime.now(UTC).timestamp())}
    return go_to(url_for(endpoint, next=way or None))


def _half_in(*, with_factor: bool) -> User | None:
    """Who gave their password here a moment ago, and has a second factor, or has none yet."""
    half = session.get(_HALF)
    if not half or current_user.is_authenticated:
        return None
    if half["at"] < (datetime.now(UTC) - _STEP_WITHIN).timestamp():
        return None
    user = user_of(db.session(), half["of"])
    if user is None or user.has_second_factor is not with_factor:
        return None
    return user


def _step_form() -> CodeForm | RecoveryForm:
    kind = RecoveryForm if request.args.get("with") == "recovery" else CodeForm
    return kind(request.form, next=safe_next(request.args.get("next"), ""))


@bp.get("/sign-in/code")
def new_step() -> ResponseReturnValue:
    """Ask for a code: of the phone, or of the paper."""
    if _half_in(with_factor=True) is None:
        return go_to(url_for("users.new_session", next=request.args.get("next")))
    return _show_step(_step_form())


def _show_step(form: CodeForm | RecoveryForm) -> str:
    way = form.next.data or None
    return render_template(
        "users/code.html", form=form, way=way, is_recovery=isinstance(form, RecoveryForm)
    )


@bp.post("/sign-in/code")
def create_step() -> ResponseReturnValue:
    """Let a person in whose code is right."""
    user, form = _half_in(with_factor=True), _step_form()
    if user is None:
        return go_to(url_for("users.new_session", next=safe_next(form.next.data, "") or None))
    if not form.validate():
        return _show_step(form), 422
    address = whence(request.remote_addr, known_device(user.login))
    try:
        confirm_code(
            *(user, form.code.data, address),
            vault=settings().vault_secret,
            now=datetime.now(UTC),
        )
    except TooManyAttempts as refusal:
        form.refuse(refusal)
        return shut(refusal, _show_step(form))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_step(form), 422
    if isinstance(form, RecoveryForm):
        left = codes_left(db.session(), user.id)
        flash(gettext("That recovery code is spent. Codes left: %(count)s.", count=left), "informs")
    return go_in(user, form.next.data)


@bp.get("/sign-in/second-factor")
def new_second_factor() -> ResponseReturnValue:
    """Lead to a second factor who needs one and has none; nothing else opens before."""
    user = _half_in(with_factor=False)
    if user is None:
        return go_to(url_for("users.new_session", next=request.args.get("next")))
    return show_enrolment(user, CodeForm(next=safe_next(request.args.get("next"), "")))


@bp.post("/sign-in/second-factor")
def create_second_factor() -> ResponseReturnValue:
    """Make it theirs, by one code; let them in, and show the recovery codes this once."""
    user, form = _half_in(with_factor=False), CodeForm(request.form)
    if user is None or _ENROLLING not in session:
        return go_to(url_for("users.new_session", next=safe_next(form.next.data, "") or None))
    chosen = choose_factor(user, form)
    if not isinstance(chosen, list):
        return chosen
    way = safe_next(form.next.data, "")
    response = go_in(user, way)
    page = render_template("users/recovery_codes.html", codes=chosen, way=response.location)
    response.set_data(page)
    response.status_code = 201
    del response.headers["Location"]
    return response


def show_enrolment(user: User, form: CodeForm) -> str:
    """The page with the QR code of a secret, which waits in the cookie, sealed, to be proved."""
    vault, about = settings().vault_secret, f"enrolling/{user.id}"
    try:
        secret = unseal(vault, session.get(_ENROLLING, ""), about)
    except Unreadable:
        secret = new_secret()
        session[_ENROLLING] = seal(vault, secret, about)
    return render_template(
        "users/second_factor.html",
        form=form,
        address=enrolment_address(secret, user.login),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        is_at_the_door=not current_user.is_authenticated,
    )


def choose_factor(user: User, form: CodeForm) -> list[str] | ResponseReturnValue:
    """The recovery codes of a person whose code proves the secret; else the page that says why."""
    if not form.validate():
        return show_enrolment(user, form), 422
    vault, now = settings().vault_secret, datetime.now(UTC)
    try:
        secret = unseal(vault, session.get(_ENROLLING, ""), f"enrolling/{user.id}")
        with transaction() as database:
            own = database.get_one(User, user.id)
            codes = choose(database, own, secret, form.code.data, vault=vault, now=now)
    except Unreadable:
        return go_to(request.full_path.rstrip("?"))
    except Refusal as refusal:
        form.refuse(refusal)
        return show_enrolment(user, form), 422
    session.pop(_ENROLLING)
    return codes


# In and out


def leave() -> None:
    """Forget whoever was in here: a session that goes on under another name is nobody's."""
    key = session.get(SIGN_IN)
    if key:
        retried(lambda: _sign_out(key))
    logout_user()
    session.clear()


def go_in(user: User, way: str | None, *, is_long: bool = False) -> Response:
    """Sign a person in, in a session that is new whatever the cookie said before."""
    session.clear()

    def open_it() -> str:
        with transaction() as database:
            return open_session(
                *(database, user, device_name(request.user_agent.string), datetime.now(UTC)),
                is_long=is_long,
            )

    session[SIGN_IN] = retried(open_it)
    login_user(user)
    session.permanent = True
    if is_long:
        session[LONG] = True
    response = go_to(_way_on(way))
    keep_device(response, user.login)
    return response


def shut(refusal: TooManyAttempts, page: str) -> Response:
    """The same page, with the word that the door stays shut and until when."""
    response = make_response(page, 429)
    response.headers["Retry-After"] = http_date(refusal.until)
    return response


@bp.after_app_request
def _keep_seen(response: Response) -> Response:
    """Write down now and then that a session is used; the page does not fail for that."""
    kept, now = g.get("user_session"), datetime.now(UTC)
    if kept is None or kept.seen_at > now - _SEEN_EACH or response.status_code >= 500:
        return response
    try:
        with transaction() as database:
            see_session(database, kept.id, now)
    except DBAPIError:
        current_app.logger.warning("A session could not be seen", exc_info=True)
    return response


@bp.post("/sign-out")
def delete_session() -> ResponseReturnValue:
    """Close the door behind a person, on this device, and to a copy of its cookie."""
    leave()
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


def _sign_out(key: str) -> None:
    with transaction() as database:
        end_session(database, key, datetime.now(UTC))


def _way_on(target: str | None) -> str:
    """Where a person wanted to go, else where their work begins."""
    return safe_next(target, url_for(first_page()))
