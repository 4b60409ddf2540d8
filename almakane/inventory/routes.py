"""
The office's door to the pieces: slips to sign, sheets to count on, labels to print.

`/labels.pdf?lots=2000000000015,2000000000022:3&sheet=a4-24&start=5` prints one label of the first
lot and three of the second, from the fifth place of a sheet that was begun; in the place of lots
`consignment=BD-000001` prints one for every piece of a delivery.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.db import db
from almakane.gateways.documents import typeset
from almakane.hubs.models import Hub
from almakane.hubs.queries import habits_on, letterhead_of, local_day
from almakane.inventory.labels import MOST, Label, label_sheets
from almakane.inventory.paper import count_sheet, delivery_slip, return_slip
from almakane.inventory.papers import (
    delivery_of,
    find_consignment,
    find_return,
    given_back,
    labels_of,
    labels_of_delivery,
    to_count,
)
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import require, settings
from almakane.web.files import pdf_response
from almakane.web.languages import language
from almakane.web.voices import voice

bp = Blueprint("inventory", __name__)
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))

_LOT = re.compile(r"(\d{13})(?::([1-9]\d{0,3}))?", re.ASCII)


class _Here(NamedTuple):
    """Where the person who asks works."""

    session: Session
    hub: Hub


def _here() -> _Here:
    session = db.session()
    return _Here(session, session.get_one(Hub, signed_in().hub_id))


@bp.get("/consignments/<number>/slip.pdf")
def show_deposit_slip(number: str) -> ResponseReturnValue:
    """What a maker left, for both to sign."""
    session, hub = _here()
    consignment = find_consignment(session, hub.id, number)
    if consignment is None:
        abort(404)
    spoken = language()
    delivery = delivery_of(session, consignment, spoken)
    data = delivery_slip(
        delivery, letterhead_of(session, hub, consignment.day), spoken, voice(spoken)
    )
    session.rollback()  # typesetting takes its time, and needs no connection
    return pdf_response(number, typeset("slip", data))


@bp.get("/returns/<number>/slip.pdf")
def show_return_slip(number: str) -> ResponseReturnValue:
    """What went back to a maker, for her to sign."""
    session, hub = _here()
    slip = find_return(session, hub.id, number)
    if slip is None:
        abort(404)
    spoken = language()
    back = given_back(session, slip, spoken)
    data = return_slip(back, letterhead_of(session, hub, slip.day), spoken, voice(spoken))
    session.rollback()
    return pdf_response(number, typeset("slip", data))


@bp.get("/makers/<code>/count.pdf")
def show_count_sheet(code: str) -> ResponseReturnValue:
    """A sheet to count a maker's pieces on, with her; `?books=1` says how many there should be."""
    session, hub = _here()
    maker = session.scalar(select(Maker).where(Maker.hub_id == hub.id, Maker.code == code))
    if maker is None:
        abort(404)
    spoken, now = language(), datetime.now(UTC)
    count = to_count(session, maker, spoken, now)
    data = count_sheet(
        count,
        letterhead_of(session, hub, local_day(now, hub.zone)),
        spoken,
        voice(spoken),
        is_blind=request.args.get("books") != "1",
    )
    session.rollback()
    return pdf_response(f"{code}-{local_day(now, hub.zone)}", typeset("count", data))


@bp.get("/labels.pdf")
def show_labels() -> ResponseReturnValue:
    """Labels on sheets."""
    session, hub = _here()
    labels = _wanted(session, hub)
    start = request.args.get("start", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,2}", start):
        abort(404)
    day = local_day(datetime.now(UTC), hub.zone)
    data = label_sheets(
        labels,
        request.args.get("sheet") or habits_on(session, hub.id, day).label_sheet,
        day,
        start=int(start),
    )
    session.rollback()
    return pdf_response("labels", typeset("labels", data))


@bp.get("/labels.zpl")
def show_label_commands() -> ResponseReturnValue:
    """The same labels for a label printer with a roll of 50 x 30 mm; `?dpi=203` or 300."""
    # Words are drawn for it, by libraries that no other page has a use for.
    from almakane.inventory.label_zpl import RESOLUTIONS, labels_zpl  # noqa: PLC0415

    session, hub = _here()
    labels = _wanted(session, hub)
    session.rollback()
    dpi = request.args.get("dpi", "203")
    if dpi not in map(str, RESOLUTIONS):
        abort(404)
    response = Response(labels_zpl(labels, int(dpi)), mimetype="text/plain")
    response.headers["Content-Disposition"] = 'attachment; filename="labels.zpl"'
    return response


def _wanted(session: Session, hub: Hub) -> list[tuple[Label, int]]:
    """The labels that the address asks for; 404 where it names what is not there."""
    number = request.args.get("consignment")
    if number:
        consignment = find_consignment(session, hub.id, number)
        if consignment is None:
            abort(404)
        return labels_of_delivery(session, hub, consignment, _page_of(hub))
    wanted = []
    for text in request.args.get("lots", "").split(",")[: MOST + 1]:
        found = _LOT.fullmatch(text.strip())
        if found is None:
            abort(404)
        wanted.append((found[1], int(found[2] or 1)))
    labels = labels_of(session, hub, [code for code, _copies in wanted], _page_of(hub))
    if any(code not in labels for code, _copies in wanted):
        abort(404)
    return [(labels[code], copies) for code, copies in wanted]


def _page_of(hub: Hub) -> Callable[[str], str]:
    """A maker's page for whoever scans a label: its address outlives many labels."""

    def address(code: str) -> str:
        return settings().base_url + url_for("shop.show_maker", hub=hub.code, code=code)

    return address
