"""The office's door to what goes back: what is due, the slip, and the maker's hand under it."""

import re
from datetime import datetime

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.cooperatives.queries import maker_names
from almakane.errors import Refusal
from almakane.inventory.deliveries import return_to_maker
from almakane.inventory.lot_life import (
    latest_returns,
)
from almakane.inventory.lots import (
    DueLot,
    due_by_maker,
    hers_here,
)
from almakane.inventory.models import (
    ReturnSignature,
    ReturnSlip,
)
from almakane.inventory.papers import find_return, given_back
from almakane.inventory.returning import sign_return
from almakane.inventory.stock_desk import (
    ROLES,
    Desk,
    deed_now,
    desk,
    done,
    new_uid,
    only_actors,
    only_staff_act,
    stock_words_of,
    the_maker,
    titles_of,
)
from almakane.inventory.stock_forms import ReturnForm
from almakane.users.queries import signed_in
from almakane.web import go_to, require
from almakane.web.languages import language, refusal_text

bp = Blueprint("returns", __name__)
bp.before_request(require(*ROLES))
bp.before_request(only_staff_act)
bp.context_processor(stock_words_of)

_LATEST = 25
_MOST_LINES = 200


@bp.get("/to-return")
def list_due() -> ResponseReturnValue:
    """Whose pieces are due back, by how soon; and what went back last."""
    at = desk()
    return render_template(
        "stock/due.html",
        due=due_by_maker(at.session, at.places, at.today),
        names=maker_names(at.session, at.hub.id, language()),
        codes={
            row.id: row.code
            for row in at.session.execute(
                select(Maker.id, Maker.code).where(Maker.hub_id == at.hub.id)
            )
        },
        slips=latest_returns(at.session, at.hub.id, _LATEST),
        today=at.today,
    )


@bp.get("/makers/<code>/return")
def new_return(code: str) -> ResponseReturnValue:
    """What the house has of a maker, what is due ticked already."""
    only_actors()
    at = desk()
    maker = the_maker(at, code)
    form = ReturnForm()
    form.uid.data = new_uid()
    return _show_return_form(at, maker, form, None)


def _show_return_form(
    at: Desk,
    maker: Maker | None,
    form: ReturnForm,
    asked: dict[str, int] | None,
    error: str | None = None,
) -> str:
    if maker is None:
        abort(404)
    site_id = _site(at)
    lots = hers_here(at.session, maker.id, site_id, at.places)
    return render_template(
        "stock/return_form.html",
        maker=maker,
        called=maker_names(at.session, at.hub.id, language())[maker.id],
        lots=[(one, _asked_of(one, asked, at)) for one in lots],
        titles_here=titles_of(at, (one.code for one in lots)),
        form=form,
        error=error,
        site_id=site_id,
        sites=sorted({(place.site_id, place.site) for place in at.places.values()}),
        places=at.places,
        today=at.today,
    )


def _asked_of(one: DueLot, asked: dict[str, int] | None, at: Desk) -> int:
    if asked is not None:
        return asked.get(f"{one.lot_id}-{one.place_id}", 0)
    left = one.days_left(at.today)
    return one.quantity if left is not None and left <= 0 else 0


def _site(at: Desk) -> int:
    sites = {str(place.site_id) for place in at.places.values()}
    asked = request.values.get("site") or min(sites, key=int, default="")
    if asked not in sites:
        abort(404)
    return int(asked)


@bp.post("/makers/<code>/return")
def create_return(code: str) -> ResponseReturnValue:
    """Give pieces back, signed on the screen, or on paper afterwards."""
    at = desk()
    maker = the_maker(at, code)
    if maker is None:
        abort(404)
    form, site_id = ReturnForm(request.form), _site(at)
    asked, error = _asked(at)
    form.validate()
    if form.mark.data and not (form.signer.data or "").strip():
        form.refuse(Refusal("Write the name of whoever signs.", field="signer"))
    if error or form.errors:
        return _show_return_form(at, maker, form, asked, error), 422
    lines = [(*map(int, key.split("-")), count) for key, count in asked.items() if count]
    if not lines:
        error = gettext("Nothing is chosen: say how many of each go back.")
        return _show_return_form(at, maker, form, asked, error), 422

    def give_back(session: Session) -> ReturnSlip:
        deed = deed_now(at, form.uid.data, site_id)
        slip = return_to_maker(
            session,
            deed,
            maker,
            [(lot_id, count) for lot_id, _place, count in lines],
            [at.places[place].kind for _lot, place, _count in lines],
        )
        if form.signer.data:
            sign_return(session, slip, form.signer.data, form.mark.data or "", deed.actor, at.now)
        return slip

    try:
        slip = done(give_back)
    except Refusal as refusal:
        return _show_return_form(at, maker, form, asked, refusal_text(refusal)), 422
    flash(gettext("Given back under %(number)s.", number=slip.number))
    return go_to(url_for("returns.show_return", number=slip.number))


def _asked(at: Desk) -> tuple[dict[str, int], str | None]:
    """Lot and place to how many go back; and what is wrong with it."""
    asked: dict[str, int] = {}
    site_id = _site(at)
    for name, told in list(request.form.items())[: 4 * _MOST_LINES]:
        found = re.fullmatch(r"q-(\d{1,18})-(\d{1,18})", name, re.ASCII)
        if not found:
            continue
        place = at.places.get(int(found[2]))
        if place is None or place.site_id != site_id:
            abort(404)
        if not re.fullmatch(r"\d{0,7}", told.strip(), re.ASCII):
            return asked, gettext("A quantity is a whole number.")
        if told.strip() and int(told):
            asked[f"{found[1]}-{found[2]}"] = int(told)
    if len(asked) > _MOST_LINES:
        return asked, gettext("One slip has at most %(most)s lines.", most=_MOST_LINES)
    return asked, None


@bp.get("/returns/<number>")
def show_return(number: str) -> ResponseReturnValue:
    """What went back, who signed, and the slip."""
    at = desk()
    return _show_return(at, _return(at, number), ReturnForm())


def _return(at: Desk, number: str) -> ReturnSlip:
    slip = find_return(at.session, at.hub.id, number)
    if slip is None:
        abort(404)
    return slip


def _show_return(at: Desk, slip: ReturnSlip, form: ReturnForm) -> str:
    signature = at.session.scalar(select(ReturnSignature).where(ReturnSignature.slip_id == slip.id))
    back = given_back(at.session, slip, language())
    return render_template(
        "stock/return.html",
        slip=slip,
        back=back,
        titles_here=titles_of(at, (line.code for line in back.lines)),
        signature_given=signature,
        form=form,
    )


@bp.post("/returns/<number>/signature")
def create_signature(number: str) -> ResponseReturnValue:
    """Sign a slip that was given back before."""
    at = desk()
    slip, form = _return(at, number), ReturnForm(request.form)
    signer, now = (form.signer.data or "").strip(), datetime.now(at.now.tzinfo)
    if not signer:
        form.refuse(Refusal("Write the name of whoever signs.", field="signer"))
    if not form.validate() or not signer:
        if not signer:
            form.refuse(Refusal("Write the name of whoever signs.", field="signer"))
        return _show_return(at, slip, form), 422
    slip_id, actor = slip.id, signed_in().login
    done(
        lambda session: sign_return(
            session,
            session.get_one(ReturnSlip, slip_id),
            signer,
            form.mark.data or "",
            actor,
            now,
        )
    )
    flash(gettext("Signed."))
    return go_to(url_for("returns.show_return", number=number))
