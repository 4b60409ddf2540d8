"""A person's own page: where they are signed in, their password, their second factor."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.users.confirming import confirm_person
from almakane.users.devices import known_device
from almakane.users.forms import ChoosingForm, ConfirmForm, PasswordForm, PinForm
from almakane.users.models import PORTAL_ROLES, Act, Role, User
from almakane.users.pins import TILL_ROLES, hash_pin, keep_pin, shortest_pin
from almakane.users.queries import live_sessions, signed_in
from almakane.users.routes import choose_factor, go_in, show_enrolment, shut
from almakane.users.second_factor import codes_left, renew_codes
from almakane.users.services import (
    TooManyAttempts,
    end_named_session,
    end_sessions,
    hash_password,
    record,
    whence,
)
from almakane.web import go_to, require, settings
from almakane.web.languages import refusal_text

bp = Blueprint("me", __name__, url_prefix="/me")
bp.before_request(require(*Role))


def _now() -> datetime:
    return datetime.now(UTC)


@bp.get("")
def show_account() -> ResponseReturnValue:
    """One's own account."""
    return _show()


def _show(**forms: object) -> str:
    person, session = signed_in(), db.session()
    return render_template(
        "users/account.html",
        person=person,
        sessions=live_sessions(session, person.id, _now()),
        here=g.user_session.id,
        left=codes_left(session, person.id) if person.has_second_factor else 0,
        has_password=bool(person.password_hash),
        is_of_portal=person.role in PORTAL_ROLES,
        stands_at_till=person.role in TILL_ROLES,
        digits=shortest_pin(person.role),
        **{"password": PasswordForm(), "codes": ConfirmForm(), "pin": PinForm(), **forms},
    )


@bp.post("/password")
def update_password() -> ResponseReturnValue:
    """Change one's password; every other session ends."""
    person, form = signed_in(), PasswordForm(request.form)
    if not person.password_hash:
        abort(404)
    if not form.validate():
        return _show(password=form), 422
    try:
        hashed = hash_password(form.new.data, person.login, settings().argon2_cost)
    except Refusal as refusal:
        form.new.errors = [refusal_text(refusal)]
        return _show(password=form), 422
    try:
        _confirm(person, form.password.data, form.code.data)
    except TooManyAttempts as refusal:
        form.refuse(refusal)
        return shut(refusal, _show(password=form))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(password=form), 422
    with transaction() as session:
        own = session.get_one(User, person.id, with_for_update=True)
        own.password_hash = hashed
        end_sessions(session, own, _now())
        record(session, own, Act.PASSWORD, _now(), actor=own.login)
    flash(gettext("Your password is another now, and every other session has ended."))
    return go_in(own, url_for("me.show_account"), is_long=g.user_session.is_long)


def _confirm(person: User, password: str, code: str | None) -> None:
    confirm_person(
        *(person, password, whence(request.remote_addr, known_device(person.login))),
        cost=settings().argon2_cost,
        now=_now(),
        vault=settings().vault_secret,
        code=code or "",
    )


@bp.post("/endings")
def create_ending() -> ResponseReturnValue:
    """End one of one's sessions, or all the others."""
    person, named = signed_in(), request.form.get("session", "")
    with transaction() as session:
        if named == "others":
            end_sessions(session, session.get_one(User, person.id), _now(), but=g.user_session.id)
        elif not (named.isascii() and named.isdigit() and len(named) < 19) or (
            not end_named_session(session, person.id, int(named), _now())
        ):
            abort(404)
    flash(gettext("Signed out there: that device opens nothing more."))
    return go_to(url_for("me.show_account"))


@bp.post("/pin")
def update_pin() -> ResponseReturnValue:
    """Choose one's PIN for the tills; the one before opens nothing more."""
    person, form = signed_in(), PinForm(request.form)
    if not person.password_hash or person.role not in TILL_ROLES:
        abort(403)
    if not form.validate():
        return _show(pin=form), 422
    try:
        _confirm(person, form.password.data, form.code.data)
        kept = hash_pin(person.role, form.pin.data, settings().argon2_cost)
        with transaction() as session:
            own = session.get_one(User, person.id, with_for_update=True)
            keep_pin(session, own, kept, actor=own.login, now=_now())
    except TooManyAttempts as refusal:
        form.refuse(refusal)
        return shut(refusal, _show(pin=form))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(pin=form), 422
    flash(gettext("Your PIN opens the tills now. Tell it to nobody, not even a manager."))
    return go_to(url_for("me.show_account"))


@bp.get("/second-factor")
def new_second_factor() -> ResponseReturnValue:
    """Choose a second factor of one's own accord."""
    person = signed_in()
    if person.has_second_factor or not person.password_hash:
        return go_to(url_for("me.show_account"))
    return show_enrolment(person, ChoosingForm())


@bp.post("/second-factor")
def create_second_factor() -> ResponseReturnValue:
    """Make it theirs, by one code, and show the recovery codes this once."""
    person = signed_in()
    if person.has_second_factor or not person.password_hash:
        return go_to(url_for("me.show_account"))
    form = ChoosingForm(request.form)
    if not form.validate():
        return show_enrolment(person, form), 422
    try:
        _confirm(person, form.password.data, "")
    except TooManyAttempts as refusal:
        form.refuse(refusal)
        return shut(refusal, show_enrolment(person, form))
    except Refusal as refusal:
        form.refuse(refusal)
        return show_enrolment(person, form), 422
    chosen = choose_factor(person, form)
    if not isinstance(chosen, list):
        return chosen
    return _show_codes(chosen), 201


@bp.post("/recovery-codes")
def create_recovery_codes() -> ResponseReturnValue:
    """Ten new recovery codes in place of the old."""
    person, form = signed_in(), ConfirmForm(request.form)
    if not person.has_second_factor:
        return go_to(url_for("me.show_account"))
    if not form.validate():
        return _show(codes=form), 422
    try:
        _confirm(person, form.password.data, form.code.data)
        with transaction() as session:
            own = session.get_one(User, person.id)
            codes = renew_codes(session, own, vault=settings().vault_secret, now=_now())
    except TooManyAttempts as refusal:
        form.refuse(refusal)
        return shut(refusal, _show(codes=form))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(codes=form), 422
    return _show_codes(codes), 201


def _show_codes(codes: list[str]) -> str:
    return render_template("users/recovery_codes.html", codes=codes, way=url_for("me.show_account"))
