"""The people of the house, for its managers: who may come in, as what, and by which keys."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.users.forms import PersonForm, PortalForm
from almakane.users.links import (
    LIVES,
    Access,
    give_access,
    give_link,
    live_links,
    revoke_link,
)
from almakane.users.models import PORTAL_ROLES, Act, LinkKind, Role, User
from almakane.users.pins import TILL_ROLES, draw_pin, hash_pin, keep_pin
from almakane.users.queries import (
    Callings,
    changes_of,
    consignors,
    find_person,
    live_sessions,
    names_behind,
    roll,
    signed_in,
)
from almakane.users.second_factor import has_factor, reset
from almakane.users.services import end_sessions, record
from almakane.users.staffing import STAFF_ROLES, change_role, disable, enable, take_in_person
from almakane.users.words import ACTS, ROLES
from almakane.web import go_to, require, settings
from almakane.web.languages import language, refusal_text
from almakane.web.voices import voice

bp = Blueprint("people", __name__, url_prefix="/people")
bp.before_request(require(Role.MANAGER))


@bp.context_processor
def _words() -> dict[str, object]:
    return {"roles": ROLES, "acts": ACTS, "staff_roles": STAFF_ROLES, "portal_roles": PORTAL_ROLES}


def _now() -> datetime:
    return datetime.now(UTC)


@bp.get("")
def list_people() -> ResponseReturnValue:
    """Everybody with an account, by role."""
    return _show_list()


def _show_list(**forms: Any) -> str:
    session, hub_id = db.session(), signed_in().hub_id
    return render_template(
        "people/people.html",
        roll=roll(session, hub_id),
        called=_called(),
        **{"person": PersonForm(), "portal": _portal_form(), **forms},
    )


def _called() -> Callings:
    """The names of makers and artisans as the reader writes them."""
    return Callings(db.session(), signed_in().hub_id, language())


def _portal_form() -> PortalForm:
    form, called = PortalForm(request.form), _called()
    form.whose.choices = [
        SelectChoice(f"{one.kind}-{one.id}", f"{called.of(one)} ({one.code})")
        for one in consignors(db.session(), signed_in().hub_id)
    ]
    return form


@bp.post("")
def create_person() -> ResponseReturnValue:
    """Take in somebody who works here, and show the link to their first password this once."""
    form, by = PersonForm(request.form), signed_in()
    if not form.validate():
        return _show_list(person=form), 422

    def take_in(session: Session) -> Access:
        user = take_in_person(
            *(session, by.hub_id, form.login.data, form.name.data, Role(form.role.data)),
            language=form.language.data,
            actor=by.login,
            now=_now(),
        )
        token = give_link(session, user, LinkKind.PASSWORD, actor=by.login, now=_now())
        return Access(user, token)

    try:
        access = _done(take_in)
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_list(person=form), 422
    return _card(access, LinkKind.PASSWORD), 201


@bp.post("/portal")
def create_portal_person() -> ResponseReturnValue:
    """Let a maker or an artisan in, and show the link this once."""
    form, by = _portal_form(), signed_in()
    if not form.validate():
        return _show_list(portal=form), 422
    found = {f"{one.kind}-{one.id}": one for one in consignors(db.session(), by.hub_id)}[
        form.whose.data
    ]
    try:
        access = _done(
            lambda session: give_access(
                session,
                maker=found if found.kind == "maker" else None,
                artisan=found if found.kind == "artisan" else None,
                actor=by.login,
                now=_now(),
                language=form.language.data,
            )
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_list(portal=form), 422
    return _card(access, LinkKind.ENTRY), 201


def _done(work: Callable[[Session], Any]) -> Any:
    """Do something in a transaction of its own, tried again where that may help."""

    def do() -> Any:
        with transaction() as session:
            return work(session)

    return retried(do)


def _card(access: Access, kind: LinkKind) -> str:
    """A link as a card to print, or to send: in French and Arabic, for who reads either."""
    endpoint = "entry.show_link" if kind is LinkKind.ENTRY else "entry.new_password"
    address = settings().base_url + url_for(endpoint, token=access.token)
    say = voice(access.user.language if access.user.language in ("fr", "ar") else "ar")
    message = (
        _invitation(say, access.user.name, address)
        if kind is LinkKind.ENTRY
        else say("Choose your password here: %(address)s", address=address)
    )
    return render_template(
        "people/card.html",
        user=access.user,
        name=_called().of(access.user),
        kind=kind.value,
        address=address,
        until=_now() + LIVES[kind],
        voices=[("fr", voice("fr")), ("ar", voice("ar"))],
        whatsapp=f"https://wa.me/?text={quote(message)}",
    )


def _invitation(say: Callable[..., str], name: str, address: str) -> str:
    return say(
        "%(name)s, here is your door to Almakane. Open it on your own phone, once: %(address)s",
        name=name,
        address=address,
    )


def _person(user_id: int) -> User:
    return find_person(db.session(), signed_in().hub_id, user_id) or abort(404)


@bp.get("/<int:user_id>")
def show_person(user_id: int) -> ResponseReturnValue:
    """One person: keys, sessions, links, and what was done to the account."""
    person, session = _person(user_id), db.session()
    changes, called = changes_of(session, person.id), _called()
    links = live_links(session, person.id, _now())
    logins = {one.actor for one in changes} | {one.made_by for one in links}
    actors = names_behind(session, person.hub_id, logins)
    return render_template(
        "people/person.html",
        person=person,
        name=called.of(person),
        actors={login: called.of(user) for login, user in actors.items()},
        factor=has_factor(session, person.id),
        sessions=live_sessions(session, person.id, _now()),
        links=links,
        changes=changes,
        is_me=person.id == signed_in().id,
        stands_at_till=person.role in TILL_ROLES,
    )


def _act(user_id: int, work: Callable[[Session, User], object], said: str) -> ResponseReturnValue:
    """Do something to an account; a refusal is told on its page."""
    hub_id = signed_in().hub_id

    def do(session: Session) -> None:
        work(session, find_person(session, hub_id, user_id, lock=True) or abort(404))

    try:
        _done(do)
        flash(said)
    except Refusal as refusal:
        flash(refusal_text(refusal), "stops")
    return go_to(url_for("people.show_person", user_id=user_id))


@bp.post("/<int:user_id>/role")
def update_role(user_id: int) -> ResponseReturnValue:
    """Give a person another role."""
    named, by = request.form.get("role", ""), signed_in().login
    if named not in list(Role):
        _person(user_id)
        abort(400)
    return _act(
        user_id,
        lambda session, user: change_role(session, user, Role(named), actor=by, now=_now()),
        gettext("The role is another now. The person signs in anew."),
    )


@bp.post("/<int:user_id>/closing")
def create_closing(user_id: int) -> ResponseReturnValue:
    """Close an account."""
    by = signed_in().login
    return _act(
        user_id,
        lambda session, user: disable(session, user, actor=by, now=_now()),
        gettext("The account is closed, and its sessions and links have ended."),
    )


@bp.post("/<int:user_id>/opening")
def create_opening(user_id: int) -> ResponseReturnValue:
    """Open an account again."""
    by = signed_in().login
    return _act(
        user_id,
        lambda session, user: enable(session, user, actor=by, now=_now()),
        gettext("The account is open again."),
    )


@bp.post("/<int:user_id>/endings")
def create_ending(user_id: int) -> ResponseReturnValue:
    """Sign a person out everywhere."""
    by = signed_in().login

    def end(session: Session, user: User) -> None:
        end_sessions(session, user, _now())
        record(session, user, Act.SIGNED_OUT, _now(), actor=by)

    return _act(user_id, end, gettext("Signed out everywhere."))


@bp.post("/<int:user_id>/second-factor-reset")
def create_reset(user_id: int) -> ResponseReturnValue:
    """Take a lost second factor away."""
    by = signed_in().login
    return _act(
        user_id,
        lambda session, user: reset(session, user, actor=by, now=_now()),
        gettext("The second factor is gone. At the next sign-in the person chooses another."),
    )


@bp.post("/<int:user_id>/pins")
def create_pin(user_id: int) -> ResponseReturnValue:
    """Give a person a PIN that the house has drawn, and show it this once."""
    person, by = _person(user_id), signed_in()
    pin = draw_pin(person.role)
    kept = hash_pin(person.role, pin, settings().argon2_cost)

    def give(session: Session) -> User:
        if user_id == by.id:
            raise Refusal("Choose your own PIN on the page of your account.")
        user = find_person(session, by.hub_id, user_id, lock=True) or abort(404)
        if not user.is_active:
            raise Refusal("This account has been closed.")
        if user.role is not person.role:
            raise Refusal("The role has just become another: do it again.")
        keep_pin(session, user, kept, actor=by.login, now=_now())
        return user

    try:
        user = _done(give)
    except Refusal as refusal:
        flash(refusal_text(refusal), "stops")
        return go_to(url_for("people.show_person", user_id=user_id))
    return render_template("people/pin.html", person=user, pin=pin), 201


@bp.post("/<int:user_id>/pin-ending")
def delete_pin(user_id: int) -> ResponseReturnValue:
    """Take a person's PIN away: they sign in at no till until they have another."""
    by = signed_in().login
    return _act(
        user_id,
        lambda session, user: keep_pin(session, user, None, actor=by, now=_now()),
        gettext("The PIN opens nothing more."),
    )


@bp.post("/<int:user_id>/links")
def create_link(user_id: int) -> ResponseReturnValue:
    """Give a person a link, and show it this once."""
    person, by = _person(user_id), signed_in().login
    kind = LinkKind.ENTRY if person.role in PORTAL_ROLES else LinkKind.PASSWORD

    def give(session: Session) -> Access:
        user = session.get_one(User, user_id)
        return Access(user, give_link(session, user, kind, actor=by, now=_now()))

    try:
        access = _done(give)
    except Refusal as refusal:
        flash(refusal_text(refusal), "stops")
        return go_to(url_for("people.show_person", user_id=user_id))
    return _card(access, kind), 201


@bp.post("/<int:user_id>/links/<int:link_id>/revocation")
def create_revocation(user_id: int, link_id: int) -> ResponseReturnValue:
    """End a link before anybody uses it."""
    by = signed_in().login
    return _act(
        user_id,
        lambda session, user: revoke_link(session, user, link_id, actor=by, now=_now()),
        gettext("The link opens nothing more."),
    )
