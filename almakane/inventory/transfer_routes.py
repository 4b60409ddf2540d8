"""The office's door to transfers: label by label, under one number, each taken back alone."""

import re

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from almakane.errors import Refusal
from almakane.inventory.lot_life import (
    find_trip,
    latest_trips,
    under_way,
)
from almakane.inventory.lots import (
    HubPlace,
    find_lot,
)
from almakane.inventory.models import (
    ON_HAND,
    PlaceKind,
)
from almakane.inventory.services import transfer, undo_transfer
from almakane.inventory.stock_desk import (
    CODE,
    ROLES,
    Desk,
    deed_now,
    desk,
    done,
    named_places,
    new_uid,
    only_actors,
    only_staff_act,
    stock_words_of,
    titles_of,
)
from almakane.inventory.stock_forms import TransferForm
from almakane.web import go_to, is_fragment_asked, require
from almakane.web.languages import refusal_text

bp = Blueprint("transfers", __name__)
bp.before_request(require(*ROLES))
bp.before_request(only_staff_act)
bp.context_processor(stock_words_of)

_CARRIES = (*ON_HAND,)
_LATEST = 25


@bp.get("/transfers")
def list_transfers() -> ResponseReturnValue:
    """The latest transfers, and what is on its way."""
    at = desk()
    there = under_way(at.session, at.places)
    return render_template(
        "stock/transfers.html",
        trips=latest_trips(at.session, at.hub.id, at.places, _LATEST),
        under_way=there,
        titles_here=titles_of(at, (one.code for one in there)),
        has_sites=at.has_sites,
    )


@bp.get("/transfers/new")
def new_transfer() -> ResponseReturnValue:
    """From where to where, then the first label."""
    only_actors()
    at = desk()
    form = _transfer_form(at)
    form.source.data = request.args.get("source") or form.source.choices[0][0]
    form.target.data = request.args.get("target") or form.target.choices[1][0]
    form.uid.data = new_uid()
    return _show_transfer_form(form, request.args.get("code", ""))


def _transfer_form(at: Desk) -> TransferForm:
    form = TransferForm(request.form)
    form.source.choices = form.target.choices = named_places(at, at.at(*_CARRIES))
    return form


def _show_transfer_form(form: TransferForm, code: str, error: str | None = None) -> str:
    return render_template("stock/transfer_form.html", form=form, code=code, error=error)


@bp.post("/transfers")
def create_transfer() -> ResponseReturnValue:
    """Begin a transfer with its first piece."""
    at = desk()
    form = _transfer_form(at)
    code = request.form.get("code", "").strip()
    if not form.validate():
        return _show_transfer_form(form, code), 422
    source, target = at.place_of(form.source.data), at.place_of(form.target.data)
    try:
        number = _carry(at, source, target, code, request.form.get("quantity", "1"), form.uid.data)
    except Refusal as refusal:
        return _show_transfer_form(form, code, refusal_text(refusal)), 422
    return go_to(url_for("transfers.show_transfer", number=number))


def _carry(
    at: Desk,
    source: HubPlace,
    target: HubPlace,
    code: str,
    quantity: str,
    uid: str,
    number: str | None = None,
) -> str:
    lot = find_lot(at.session, at.hub.id, code) if CODE.fullmatch(code) else None
    if lot is None:
        raise Refusal("Nobody knows the code %(code)s.", field="code", code=code[:20])
    if not re.fullmatch(r"[1-9]\d{0,6}", quantity.strip(), re.ASCII):
        raise Refusal("The quantity is one or more.", field="quantity")
    if source.site_id != target.site_id and target.kind is not PlaceKind.TRANSIT:
        raise Refusal(
            "Between two sites pieces travel: send them on their way, and receive them there.",
            field="target",
        )
    lot_id = lot.id
    return done(
        lambda session: transfer(
            session,
            deed_now(at, uid, source.site_id),
            lot_id,
            int(quantity),
            source.kind,
            target.kind,
            to_site_id=target.site_id,
            number=number,
        )
    )


@bp.get("/transfers/<number>")
def show_transfer(number: str) -> ResponseReturnValue:
    """A transfer as it goes on: the next label, and what was carried."""
    return _show_transfer(desk(), number)


def _show_transfer(at: Desk, number: str, error: str | None = None) -> str:
    trip = find_trip(at.session, at.hub.id, number, at.places)
    if trip is None:
        abort(404)
    is_received = trip.source.kind is PlaceKind.TRANSIT
    left = [one for one in under_way(at.session, at.places) if one.place.id == trip.source.id]
    page = "stock/_carried.html" if is_fragment_asked() else "stock/transfer.html"
    return render_template(
        page,
        trip=trip,
        titles_here=titles_of(at, (move.code for move in trip.moves)),
        left=left if is_received else [],
        is_received=is_received,
        error=error,
        uid=new_uid(),
        has_sites=at.has_sites,
    )


@bp.post("/transfers/<number>/moves")
def create_move(number: str) -> ResponseReturnValue:
    """One more piece."""
    at = desk()
    trip = find_trip(at.session, at.hub.id, number, at.places)
    if trip is None:
        abort(404)
    code, quantity = request.form.get("code", "").strip(), request.form.get("quantity", "1")
    try:
        _carry(at, trip.source, trip.target, code, quantity, request.form.get("uid", ""), number)
    except Refusal as refusal:
        return _show_transfer(desk(), number, refusal_text(refusal)), 422
    if is_fragment_asked():
        return _show_transfer(desk(), number)
    return go_to(url_for("transfers.show_transfer", number=number))


@bp.post("/transfers/<number>/moves/<int:move_id>/undo")
def delete_move(number: str, move_id: int) -> ResponseReturnValue:
    """Take one piece back, by a move the other way."""
    at = desk()
    trip = find_trip(at.session, at.hub.id, number, at.places)
    if trip is None or move_id not in {move.id for move in trip.moves}:
        abort(404)
    try:
        done(
            lambda session: undo_transfer(
                session, deed_now(at, new_uid(), trip.source.site_id), move_id
            )
        )
    except Refusal as refusal:
        return _show_transfer(desk(), number, refusal_text(refusal)), 422
    return go_to(url_for("transfers.show_transfer", number=number))
