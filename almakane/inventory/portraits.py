"""The office's door to the photographs of makers: who they are, and where they work."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from almakane.cooperatives.amending import By
from almakane.cooperatives.models import Maker
from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.words import CRAFTS
from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.inventory.models import Photo
from almakane.inventory.photos import shown
from almakane.inventory.product_forms import PhotoForm, PhotoWordsForm
from almakane.inventory.products import (
    Of,
    add_photos,
    bring_photo_back,
    describe_photo,
    move_photo,
    retire_photo,
)
from almakane.inventory.sent_photos import FILES, TOO_MANY, allow_photographs, taken_in
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, require
from almakane.web.languages import language

bp = Blueprint("portraits", __name__, url_prefix="/makers")
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))

T = TypeVar("T")

_WRITERS = (Role.HUB_STAFF, Role.MANAGER)


@bp.before_request
def _let_only_staff_write() -> None:
    if request.method != "GET" and signed_in().role not in _WRITERS:
        abort(403)


def _find(session: Session, code: str) -> Maker:
    maker = session.scalar(
        select(Maker).where(Maker.hub_id == signed_in().hub_id, Maker.code == code)
    )
    if maker is None:
        abort(404)
    return maker


def _of(code: str, photo_id: int | None = None) -> Of:
    """Whose photographs; 404 where the one that is named is another's."""
    session = db.session()
    maker = _find(session, code)
    if photo_id is not None:
        photo = session.get(Photo, photo_id)
        if photo is None or photo.maker_id != maker.id:
            abort(404)
    return Of(maker.hub_id, maker_id=maker.id)


def _done(work: Callable[[Session, By], T]) -> T:
    login = signed_in().login

    def attempt() -> T:
        with transaction() as session:
            return work(session, By(login, datetime.now(UTC)))

    return retried(attempt)


def _show(code: str, *, form: PhotoForm | None = None, said: PhotoWordsForm | None = None) -> str:
    session = db.session()
    maker = _find(session, code)
    called = maker_names(session, maker.hub_id, language())[maker.id]
    photos = list(
        session.scalars(
            select(Photo).where(Photo.maker_id == maker.id).order_by(Photo.position, Photo.id)
        )
    )
    at_fault = (request.view_args or {}).get("photo_id") if said else None
    return render_template(
        "cooperatives/photographs.html",
        maker=maker,
        called=called,
        crafts=CRAFTS,
        photos=[
            (photo, shown(photo, maker.craft, called.name, language()))
            for photo in photos
            if photo.retired_at is None
        ],
        retired=[
            (photo, shown(photo, maker.craft, called.name, language()))
            for photo in reversed(photos)
            if photo.retired_at is not None
        ],
        stand_in=shown(None, maker.craft, called.name, language()),
        photo_words={
            photo.id: said if said and photo.id == at_fault else PhotoWordsForm(obj=photo)
            for photo in photos
        },
        refused_photo=at_fault,
        form=form or PhotoForm(),
        most_files=FILES,
        may_write=signed_in().role in _WRITERS,
    )


def _back(code: str) -> ResponseReturnValue:
    return go_to(url_for("portraits.list_portraits", code=code))


@bp.get("/<code>/photos")
def list_portraits(code: str) -> ResponseReturnValue:
    """The photographs of a maker."""
    return _show(code)


@bp.post("/<code>/photos")
def create_portraits(code: str) -> ResponseReturnValue:
    """Take photographs of a maker in."""
    allow_photographs()
    of, form = _of(code), PhotoForm()
    try:
        pictures = taken_in("pictures")
        count = _done(lambda session, by: add_photos(session, of, pictures, by))
    except RequestEntityTooLarge:
        form.refuse(TOO_MANY)
        return _show(code, form=form), 413
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(code, form=form), 422
    if count:
        flash(gettext("Photographs added: %(count)s.", count=count))
    else:
        flash(gettext("It is on the page already."), "informs")
    return _back(code)


@bp.post("/<code>/photos/<int:photo_id>/place")
def update_portrait_place(code: str, photo_id: int) -> ResponseReturnValue:
    """Put a photograph first, earlier or later."""
    of, to = _of(code, photo_id), request.form.get("to", "")
    if to not in ("first", "earlier", "later"):
        abort(400)
    _done(lambda session, by: move_photo(session, of, photo_id, to, by))
    return _back(code)


@bp.post("/<code>/photos/<int:photo_id>/words")
def update_portrait_words(code: str, photo_id: int) -> ResponseReturnValue:
    """Say what a photograph shows."""
    of, form = _of(code, photo_id), PhotoWordsForm(request.form)
    if not form.validate():
        return _show(code, said=form), 422
    said = {name: form[f"alt_{name}"].data or "" for name in ("fr", "ar", "en")}
    _done(lambda session, by: describe_photo(session, of, photo_id, said, by))
    flash(gettext("The words are kept."))
    return _back(code)


@bp.post("/<code>/photos/<int:photo_id>/retirement")
def create_portrait_retirement(code: str, photo_id: int) -> ResponseReturnValue:
    """Take a photograph off the page."""
    of = _of(code, photo_id)
    _done(lambda session, by: retire_photo(session, of, photo_id, by))
    undo = url_for("portraits.delete_portrait_retirement", code=code, photo_id=photo_id)
    told = {"words": gettext("The photograph is off the page."), "undo": undo}
    flash(told, "toast")  # type: ignore[arg-type]
    return _back(code)


@bp.post("/<code>/photos/<int:photo_id>/return")
def delete_portrait_retirement(code: str, photo_id: int) -> ResponseReturnValue:
    """Bring a retired photograph back."""
    of, form = _of(code, photo_id), PhotoForm()
    try:
        _done(lambda session, by: bring_photo_back(session, of, photo_id, by))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(code, form=form), 422
    return _back(code)
