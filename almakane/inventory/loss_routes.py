"""The office's door to losses: what is owed is shown first, and taken back when they are found."""

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Bearer, Regime
from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.words import BEARERS
from almakane.errors import Refusal
from almakane.hubs.queries import rules_on
from almakane.inventory.losses import (
    left_of_loss,
    net_of_loss,
    record_finding,
    record_loss,
)
from almakane.inventory.lot_life import (
    find_loss,
    findings_of,
    life_of,
)
from almakane.inventory.models import (
    ON_HAND,
    Loss,
    LossKind,
    Lot,
    PlaceKind,
)
from almakane.inventory.queries import facts_of
from almakane.inventory.stock_desk import (
    ROLES,
    Desk,
    deed_now,
    desk,
    done,
    named_places,
    new_uid,
    only_managers,
    only_staff_act,
    stock_words_of,
    the_lot,
    titles_of,
)
from almakane.inventory.stock_forms import WHAT, FindingForm, LossForm
from almakane.web import go_to, require
from almakane.web.languages import language

bp = Blueprint("losses", __name__)
bp.before_request(require(*ROLES))
bp.before_request(only_staff_act)
bp.context_processor(stock_words_of)

_STOOD = (*ON_HAND, PlaceKind.DAMAGED)
_BACK_TO = (PlaceKind.SHELF, PlaceKind.RESERVE, PlaceKind.WORKSHOP)


def _title(at: Desk, lot: Lot) -> str:
    """What a lot is called in the reader's language."""
    return titles_of(at, [lot.code]).get((lot.code, lot.title), lot.title)


@bp.get("/lots/<code>/losses/new")
def new_loss(code: str) -> ResponseReturnValue:
    """What became of a piece, how, and who bears it."""
    only_managers()
    at = desk()
    lot = the_lot(at, code)
    form = _loss_form(at, lot)
    form.uid.data = new_uid()
    [facts] = facts_of(at.session, at.hub.id, [lot.id])
    form.bearer.data = facts.terms.loss_bearer.value
    return _show_loss_form(at, lot, form)


def _loss_form(at: Desk, lot: Lot) -> LossForm:
    form = LossForm(request.form)
    life = life_of(at.session, lot, at.places, at.now, None)
    stands = [place for place, count in life.levels if place.kind in _STOOD and count > 0]
    form.place.choices = named_places(at, stands)
    form.what.choices = list(WHAT)
    form.bearer.choices = [(bearer.value, words) for bearer, words in BEARERS.items()]
    return form


def _show_loss_form(at: Desk, lot: Lot, form: LossForm, owed: int | None = None) -> str:
    return render_template(
        "stock/loss_form.html",
        lot=lot,
        title=_title(at, lot),
        form=form,
        owed=owed,
        is_own=lot.regime is Regime.FIRM,
        called=maker_names(at.session, at.hub.id, language())[lot.maker_id],
    )


@bp.post("/lots/<code>/losses")
def create_loss(code: str) -> ResponseReturnValue:
    """Show what is owed, to the centime; then write it off."""
    only_managers()
    at = desk()
    lot = the_lot(at, code)
    form = _loss_form(at, lot)
    told = at.session.scalar(select(Loss).where(Loss.uid == form.uid.data, Loss.lot_id == lot.id))
    if told:  # sent twice, when the pieces stand there no more
        return go_to(url_for("losses.show_loss", number=told.number))
    is_own = lot.regime is Regime.FIRM
    if is_own:
        form.bearer.data = Bearer.HUB.value
    if not form.validate():
        return _show_loss_form(at, lot, form), 422
    place = at.place_of(form.place.data)
    bearer = Bearer(form.bearer.data)
    owed = _owed(at, lot, form.quantity.data, bearer)
    if form.seen.data != str(owed):
        form.seen.data = str(owed)
        return _show_loss_form(at, lot, form, owed)
    what = form.what.data

    def write_off(session: Session) -> Loss:
        return record_loss(
            session,
            deed_now(at, form.uid.data, place.site_id),
            lot.id,
            form.quantity.data,
            LossKind.DAMAGED if what == "damaged" else LossKind.LOST,
            form.cause.data,
            place=place.kind,
            bearer=bearer,
            stolen=what == "stolen",
        )

    try:
        loss = done(write_off)
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_loss_form(at, lot, form), 422
    flash(gettext("Written off under %(number)s.", number=loss.number))
    return go_to(url_for("losses.show_loss", number=loss.number))


def _owed(at: Desk, lot: Lot, quantity: int, bearer: Bearer) -> int:
    if bearer is Bearer.MAKER and lot.regime is not Regime.FIRM:
        return 0
    [facts] = facts_of(at.session, at.hub.id, [lot.id])
    return net_of_loss(rules_on(at.session, at.hub.id, at.today), facts, quantity)


@bp.get("/losses/<number>")
def show_loss(number: str) -> ResponseReturnValue:
    """A loss, what was owed for it, and what of it was found again."""
    at = desk()
    return _show_loss(at, _loss(at, number), _finding_form(at, _loss(at, number)))


def _loss(at: Desk, number: str) -> Loss:
    loss = find_loss(at.session, at.hub.id, number)
    if loss is None:
        abort(404)
    return loss


def _finding_form(at: Desk, loss: Loss) -> FindingForm:
    form = FindingForm(request.form)
    form.place.choices = named_places(
        at, [place for place in at.at(*_BACK_TO) if place.site_id == loss.site_id]
    )
    form.uid.data = form.uid.data or new_uid()
    return form


def _show_loss(at: Desk, loss: Loss, form: FindingForm) -> str:
    left = left_of_loss(at.session, loss)
    lot = at.session.get_one(Lot, loss.lot_id)
    asked = form.quantity.data or 1
    return render_template(
        "stock/loss.html",
        loss=loss,
        lot=lot,
        title=_title(at, lot),
        left=left,
        back=left.taken_back(min(asked, left.quantity)) if left.quantity > 0 else 0,
        all_back=left.net,
        form=form,
        findings=findings_of(at.session, loss),
        called=maker_names(at.session, at.hub.id, language())[lot.maker_id],
        bearer=BEARERS[loss.bearer],
        site=next(place.site for place in at.places.values() if place.site_id == loss.site_id),
    )


@bp.post("/losses/<number>/findings")
def create_finding(number: str) -> ResponseReturnValue:
    """What was lost is there again: on hand, and no longer owed for."""
    only_managers()
    at = desk()
    loss = _loss(at, number)
    form = _finding_form(at, loss)
    if not form.validate():
        return _show_loss(at, loss, form), 422
    place = at.place_of(form.place.data)

    def find(session: Session) -> str:
        deed = deed_now(at, form.uid.data, loss.site_id)
        return record_finding(
            session, deed, loss.id, form.quantity.data, form.how.data, place.kind
        ).number

    try:
        found = done(find)
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_loss(at, loss, form), 422
    flash(gettext("Found again under %(number)s.", number=found))
    return go_to(url_for("losses.show_loss", number=number))
