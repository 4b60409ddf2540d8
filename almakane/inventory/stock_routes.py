"""
The office's door to the stock: lots and their lives, transfers, losses, and what goes back.

`/lots` is narrowed by `state`, `maker`, `place` and words; a label's code leads to its lot.
"""

import re
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.words import BEARERS, CRAFTS, DISCOUNTS, PAID_TO, REGIMES
from almakane.errors import Refusal
from almakane.inventory.lot_life import (
    Life,
    life_of,
)
from almakane.inventory.lots import (
    State,
    Wanted,
    find_lot,
    list_of,
)
from almakane.inventory.models import (
    ON_HAND,
    Lot,
    PlaceKind,
)
from almakane.inventory.services import settle_oversold
from almakane.inventory.slots import slots
from almakane.inventory.stock_desk import (
    CODE,
    ROLES,
    Desk,
    deed_now,
    desk,
    done,
    makers_to_choose,
    named_places,
    new_uid,
    only_managers,
    only_staff_act,
    stock_words_of,
    the_lot,
    the_maker,
    titles_of,
)
from almakane.inventory.stock_words import HAPPENED, PLACES
from almakane.inventory.stocktake import settles
from almakane.web import go_to, require
from almakane.web.languages import language

bp = Blueprint("stock", __name__)
bp.before_request(require(*ROLES))
bp.before_request(only_staff_act)
bp.context_processor(stock_words_of)


@bp.get("/lots")
def list_lots() -> ResponseReturnValue:
    """Lots, a page at a time; a code of thirteen digits leads to its lot."""
    at = desk()
    words = " ".join(request.args.get("q", "").split())[:80]
    unknown = None
    if CODE.fullmatch(words):
        if find_lot(at.session, at.hub.id, words):
            return go_to(url_for("stock.show_lot", code=words))
        unknown, words = words, ""
    state = request.args.get("state") or _usual(words)
    maker = the_maker(at, request.args.get("maker"))
    place = request.args.get("place") or None
    after = request.args.get("after")
    if state not in set(State) or (after and not re.fullmatch(r"[1-9]\d{0,17}", after, re.ASCII)):
        abort(404)
    chosen = at.place_of(place) if place else None
    wanted = Wanted(
        State(state),
        maker.id if maker else None,
        chosen.site_id if chosen else None,
        chosen.kind if chosen else None,
        words,
    )
    found = list_of(
        at.session, at.hub.id, wanted, at.places, at.today, int(after) if after else None
    )
    asked = {
        "state": "" if state == _usual(words) else state,
        "maker": maker.code if maker else "",
        "place": place,
        "q": words,
    }
    return render_template(
        "stock/lots.html",
        found=found,
        titles_here=titles_of(at, (lot.code for lot in found.lots)),
        wanted=wanted,
        places=at.places,
        choices=named_places(at, at.at(*PLACES), gettext("All places")),
        makers=makers_to_choose(at, gettext("All makers")),
        names=maker_names(at.session, at.hub.id, language()),
        asked={name: value for name, value in asked.items() if value},
        states=list(State),
        today=at.today,
        unknown=unknown,
        is_first=after is None,
    )


def _usual(words: str) -> State:
    """What is shown unless somebody asks for another state."""
    return State.ALL if words else State.ON_HAND


@bp.get("/lots/<code>")
def show_lot(code: str) -> ResponseReturnValue:
    """A lot's whole life, and what is where now."""
    at = desk()
    before = request.args.get("before")
    if before and not re.fullmatch(r"[1-9]\d{0,17}", before, re.ASCII):
        abort(404)
    return _show_lot(at, the_lot(at, code), int(before) if before else None)


def _show_lot(at: Desk, lot: Lot, before: int | None = None) -> str:
    life = life_of(at.session, lot, at.places, at.now, before)
    return render_template(
        "stock/lot.html",
        life=life,
        called=maker_names(at.session, at.hub.id, language())[lot.maker_id],
        titles={text.language: text.title for text in life.product.texts},
        has_sites=at.has_sites,
        today=at.today,
        events=[_told(at, one) for one in life.happened],
        settled=_can_settle(at, life),
        uid=new_uid(),
        on_hand=[kind.value for kind in ON_HAND],
        words={
            "regime": REGIMES,
            "discounts": DISCOUNTS,
            "bearer": BEARERS,
            "paid_to": PAID_TO,
            "category": CRAFTS,
        },
        before=before,
    )


_PAPERS = {
    "sale": "registers.show_ticket_called",
    "refund": "registers.show_ticket_called",
    "exchange": "registers.show_ticket_called",
    "transferred": "transfers.show_transfer",
    "lost": "losses.show_loss",
    "stolen": "losses.show_loss",
    "damaged": "losses.show_loss",
    "returned": "returns.show_return",
    "consigned": "inventory.show_deposit_slip",
    "scanned": "counts.show_count",
    "unscanned": "counts.show_count",
}


def _told(at: Desk, one: Any) -> dict[str, Any]:
    """A moment of a lot with its words and the way to its paper."""
    words, look = HAPPENED.get(one.what, (one.what, ""))
    endpoint = _PAPERS.get(one.what)
    return {
        "one": one,
        "words": words,
        "look": look,
        "url": url_for(endpoint, number=one.document) if endpoint else None,
    }


def _can_settle(at: Desk, life: Life) -> list[tuple[int, str, int]]:
    """Where pieces stand on paper that were sold beyond the books: site, its name, how many."""
    found = []
    for place, count in life.levels:
        if place.kind is not PlaceKind.OVERSOLD or count >= 0:
            continue
        there = sum(
            n for p, n in life.levels if p.site_id == place.site_id and p.kind is PlaceKind.SHELF
        )
        flagged = slots().short.flagged(at.session, place.site_id, [life.lot.id])
        most = settles(flagged.get(life.lot.id, ()), min(there, -count))
        found.append((place.site_id, place.site, most))
    return found


@bp.post("/lots/<code>/settlements")
def create_settlement(code: str) -> ResponseReturnValue:
    """Set what stands on the shelf on paper against what was sold beyond the books."""
    only_managers()
    at = desk()
    lot = the_lot(at, code)
    site_id = request.form.get("site", "")
    settled = {
        str(site): most
        for site, _name, most in _can_settle(at, life_of(at.session, lot, at.places, at.now, None))
    }
    if not settled.get(site_id):
        raise Refusal("There is nothing to settle here.")
    uid = request.form.get("uid", "")

    def settle(session: Session) -> str:
        deed = deed_now(at, uid, int(site_id))
        ended = slots().short.end(
            *(session, deed.site_id, lot.id, settled[site_id]),
            actor=deed.actor,
            how=gettext("Settled at the lot’s page"),
            now=at.now,
        )
        return settle_oversold(session, deed, lot.id, ended)

    number = done(settle)
    flash(gettext("Settled under %(number)s. Its flags are ended.", number=number))
    return go_to(url_for("stock.show_lot", code=code))


def life_now(at: Desk, lot: Lot) -> Life:
    return life_of(at.session, lot, at.places, at.now, None)
