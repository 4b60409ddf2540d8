"""
The office's door to counts: opened, scanned by several while the shop sells, reviewed, closed.

Each scan is sent with a uid made on its page, so that sending it again adds nothing.
"""

import re
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.words import BEARERS, CRAFTS
from almakane.db import rows
from almakane.errors import Refusal
from almakane.inventory.counting import (
    Decided,
    cancel_count,
    close_count,
    open_count,
    scan,
    undo_scan,
)
from almakane.inventory.counts import (
    Ended,
    counted_lines,
    counted_places,
    expected_of,
    find_count,
    last_scan_at,
    latest_counts,
    latest_scans,
    review,
    scans_by,
)
from almakane.inventory.models import COUNTED, CountHow, PlaceKind, StockCount
from almakane.inventory.slots import Holding, slots
from almakane.inventory.stock_desk import (
    ROLES,
    Desk,
    deed_now,
    desk,
    done,
    makers_to_choose,
    new_uid,
    only_actors,
    only_managers,
    only_staff_act,
    stock_words_of,
    the_maker,
    titles_of,
)
from almakane.inventory.stock_forms import ClosingForm, CountForm, WhyForm
from almakane.inventory.stock_words import OUTCOMES, PLACES
from almakane.users.queries import signed_in
from almakane.web import go_to, is_fragment_asked, require
from almakane.web.languages import language, refusal_text

bp = Blueprint("counts", __name__, url_prefix="/counts")
bp.before_request(require(*ROLES))
bp.before_request(only_staff_act)
bp.context_processor(stock_words_of)

_COUNTS = 25
_SCANS = 20


@bp.context_processor
def _words() -> dict[str, object]:
    return {"outcome_words": OUTCOMES, "bearer_words": BEARERS, "craft_words": CRAFTS}


@bp.get("")
def list_counts() -> ResponseReturnValue:
    """Counts that are open, and those that were."""
    at = desk()
    before = request.args.get("before")
    if before and not re.fullmatch(r"[1-9]\d{0,17}", before, re.ASCII):
        abort(404)
    found = latest_counts(at.session, at.hub.id, int(before) if before else None, _COUNTS + 1)
    return render_template(
        "counts/counts.html",
        counts=found[:_COUNTS],
        before=found[_COUNTS - 1].counted.id if len(found) > _COUNTS else None,
        names=maker_names(at.session, at.hub.id, language()),
        places=at.places,
        has_sites=at.has_sites,
    )


@bp.get("/new")
def new_count() -> ResponseReturnValue:
    """What is counted."""
    only_actors()
    at = desk()
    form = _count_form(at)
    form.uid.data = new_uid()
    form.place.data = PlaceKind.SHELF.value
    form.maker.data = request.args.get("maker", "")
    return render_template("counts/count_form.html", form=form, has_sites=at.has_sites)


def _count_form(at: Desk) -> CountForm:
    form = CountForm(request.form)
    sites = sorted({(str(place.site_id), place.site) for place in at.places.values()})
    form.site.choices = sites
    form.place.choices = [
        *((kind.value, PLACES[kind]) for kind in COUNTED),
        ("", gettext("All places")),
    ]
    form.maker.choices = makers_to_choose(at, gettext("All makers"))
    used = rows(at.session, "SELECT DISTINCT category FROM product WHERE hub_id = ?", (at.hub.id,))
    crafts = sorted((str(CRAFTS.get(craft, craft)), craft) for (craft,) in used)
    form.craft.choices = [("", gettext("All crafts")), *((value, word) for word, value in crafts)]
    return form


@bp.post("")
def create_count() -> ResponseReturnValue:
    """Open a count."""
    at = desk()
    form = _count_form(at)
    if not at.has_sites:
        form.site.data = form.site.choices[0][0]
    if not form.validate():
        return render_template("counts/count_form.html", form=form, has_sites=at.has_sites), 422
    maker = the_maker(at, form.maker.data)

    def begin(session: Session) -> str:
        return open_count(
            session,
            deed_now(at, form.uid.data, int(form.site.data)),
            place=PlaceKind(form.place.data) if form.place.data else None,
            maker_id=maker.id if maker else None,
            craft=form.craft.data or None,
            blind=not form.shown.data,
        ).number

    try:
        number = done(begin)
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("counts/count_form.html", form=form, has_sites=at.has_sites), 422
    return go_to(url_for("counts.show_count", number=number))


@bp.get("/<number>")
def show_count(number: str) -> ResponseReturnValue:
    """The page to scan on; of a count that has ended, what it found."""
    at = desk()
    found = _count(at, number)
    return _show_ended(at, found) if found.end else _show_count(at, found.counted)


def _count(at: Desk, number: str) -> Ended:
    found = find_count(at.session, at.hub.id, number)
    if found is None:
        abort(404)
    return found


def _about(at: Desk, count: StockCount) -> dict[str, Any]:
    """What every page of a count says of it."""
    names = maker_names(at.session, at.hub.id, language())
    maker = at.session.get_one(Maker, count.maker_id) if count.maker_id else None
    return {
        "count": count,
        "maker": maker,
        "called": names[maker.id] if maker else None,
        "site": next(place.site for place in at.places.values() if place.site_id == count.site_id),
        "place": at.places[count.place_id].kind if count.place_id else None,
        "has_sites": at.has_sites,
        "names": names,
    }


def _show_count(at: Desk, count: StockCount, error: str | None = None, code: str = "") -> str:
    kinds = counted_places(at.session, count)
    here = request.values.get("place") or ""
    if here not in {kind.value for kind in kinds.values()}:
        here = next(iter(kinds.values())).value
    scans = latest_scans(at.session, count, _SCANS)
    page = "counts/_seen.html" if is_fragment_asked() else "counts/count.html"
    return render_template(
        page,
        **_about(at, count),
        kinds=list(kinds.values()),
        stand=PlaceKind(here),
        scans=scans,
        titles_here=titles_of(at, (one.code for one in scans)),
        places=at.places,
        by=scans_by(at.session, count),
        expected={} if count.blind else expected_of(at.session, count, {s.lot_id for s in scans}),
        error=error,
        code=code,
        uid=new_uid(),
    )


@bp.post("/<number>/scans")
def create_scan(number: str) -> ResponseReturnValue:
    """Keep that a piece was seen; what nobody knows is told at once."""
    at = desk()
    count = _count(at, number).counted
    code, quantity = request.form.get("code", "").strip(), request.form.get("quantity", "1").strip()
    place, actor = request.form.get("place", ""), signed_in().login
    if place and place not in set(COUNTED):
        abort(404)
    count_id = count.id
    try:
        if not re.fullmatch(r"\d{1,7}", quantity, re.ASCII):
            raise Refusal("The quantity is one or more.", field="quantity")
        done(
            lambda session: scan(
                session,
                count_id,
                request.form.get("uid", ""),
                code,
                int(quantity),
                PlaceKind(place) if place else None,
                actor=actor,
                now=at.now,
            )
        )
    except Refusal as refusal:
        return _again(number, refusal_text(refusal), code), 422
    if is_fragment_asked():
        return _again(number)
    return go_to(url_for("counts.show_count", number=number, place=place or None))


def _again(number: str, error: str | None = None, code: str = "") -> str:
    at = desk()
    found = _count(at, number)
    return (
        _show_ended(at, found, error) if found.end else _show_count(at, found.counted, error, code)
    )


@bp.post("/<number>/scans/<int:scan_id>/undo")
def delete_scan(number: str, scan_id: int) -> ResponseReturnValue:
    """A scan was a mistake."""
    at = desk()
    count_id, actor = _count(at, number).counted.id, signed_in().login
    place = request.form.get("place") or None
    try:
        done(
            lambda session: undo_scan(
                session, count_id, scan_id, new_uid(), actor=actor, now=at.now
            )
        )
    except Refusal as refusal:
        return _again(number, refusal_text(refusal)), 422
    return go_to(url_for("counts.show_count", number=number, place=place))


# Its end


@bp.get("/<number>/review")
def show_review(number: str) -> ResponseReturnValue:
    """What differs, what closing would write, and which tills it should wait for."""
    at = desk()
    found = _count(at, number)
    if found.end:
        return go_to(url_for("counts.show_count", number=number))
    form = ClosingForm()
    form.uid.data = new_uid()
    form.cause.data = gettext("Missing at the count %(number)s", number=number)
    return _show_review(at, found.counted, form, WhyForm())


def _show_review(
    at: Desk,
    count: StockCount,
    form: ClosingForm,
    cancelling: WhyForm,
    kept: set[str] | None = None,
) -> str:
    found = review(at.session, count, slots().short, at.now)
    form.token.data = found.token
    return render_template(
        "counts/review.html",
        **_about(at, count),
        review=found,
        titles_here=titles_of(at, (line.lot.code for line in found.lines)),
        holding=_holding(at, count),
        form=form,
        cancelling=cancelling,
        kept=kept or set(),
        by=scans_by(at.session, count),
    )


def _holding(at: Desk, count: StockCount) -> list[Holding]:
    since = last_scan_at(at.session, count) or count.opened_at
    return slots().holding(at.session, at.hub.id, count.site_id, since)


@bp.post("/<number>/closing")
def create_closing(number: str) -> ResponseReturnValue:
    """Close a count, and write what follows from it."""
    only_managers()
    at = desk()
    count = _count(at, number).counted
    form, kept = ClosingForm(request.form), _kept()
    if not form.validate():
        return _show_review(at, count, form, WhyForm(), kept), 422
    token = form.token.data
    holding = _holding(at, count)
    if holding and not form.although.data:
        form.form_errors.append(
            gettext("A till may hold sales that explain what is missing. Nothing is written.")
        )
        return _show_review(at, count, form, WhyForm(), kept), 422
    held_by = ", ".join(f"{one.register}: {one.events}" for one in holding)
    decided = Decided(token, form.cause.data, kept, "", held_by)
    count_id, site_id = count.id, count.site_id

    def close(session: Session) -> Ended:
        deed = deed_now(at, form.uid.data, site_id)
        return close_count(session, deed, count_id, slots().short, decided)

    try:
        done(close)
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_review(desk(), _count(desk(), number).counted, form, WhyForm(), kept), 422
    flash(gettext("The count %(number)s is closed.", number=number))
    return go_to(url_for("counts.show_count", number=number))


def _kept() -> set[str]:
    """The losses that are not written, by their keys."""
    told = set(request.form.getlist("loss"))
    written = set(request.form.getlist("written"))
    return {key for key in told - written if re.fullmatch(r"[\d-]{3,40}-lost", key, re.ASCII)}


@bp.post("/<number>/cancellation")
def create_cancellation(number: str) -> ResponseReturnValue:
    """End a count that nothing follows from."""
    at = desk()
    count = _count(at, number).counted
    form = WhyForm(request.form)
    if not form.validate():
        closing = ClosingForm(uid=new_uid())
        return _show_review(at, count, closing, form), 422
    count_id, actor = count.id, signed_in().login
    done(lambda session: cancel_count(session, count_id, form.why.data, actor=actor, now=at.now))
    flash(gettext("The count %(number)s is cancelled. Nothing follows from it.", number=number))
    return go_to(url_for("counts.list_counts"))


def _show_ended(at: Desk, found: Ended, error: str | None = None) -> str:
    lines = counted_lines(at.session, found.counted)
    return render_template(
        "counts/ended.html",
        **_about(at, found.counted),
        titles_here=titles_of(at, (line.code for line in lines)),
        end=found.end,
        is_closed=bool(found.end and found.end.how is CountHow.CLOSED),
        lines=lines,
        places=at.places,
        by=scans_by(at.session, found.counted),
        error=error,
    )
