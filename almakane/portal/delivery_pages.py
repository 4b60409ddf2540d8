"""What a maker left and what went back to her, on paper; and what she announces to bring."""

from datetime import UTC, datetime
from uuid import uuid4

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import RequestEntityTooLarge

from almakane.cooperatives.models import Maker
from almakane.db import retried, transaction
from almakane.errors import Refusal
from almakane.gateways.documents import typeset
from almakane.gateways.media import MOST_BYTES
from almakane.hubs.queries import letterhead_of
from almakane.inventory.intake import announce_delivery, drop_intake, photo_of
from almakane.inventory.intake import lines_of as lines_announced
from almakane.inventory.models import Consignment, IntakeState
from almakane.inventory.paper import delivery_slip, return_slip
from almakane.inventory.papers import delivery_of, given_back
from almakane.inventory.photos import shown_kept
from almakane.inventory.sent_photos import TOO_MANY, allow_photographs
from almakane.portal.door import (
    asked_page,
    bp,
    maker_herself,
)
from almakane.portal.forms import LINES, AnnouncementForm
from almakane.portal.pieces import (
    announced_by,
    deliveries_of,
    find_announced,
    find_own_consignment,
    find_own_return,
    find_product,
    pieces_of,
    returns_of,
    titles_of,
)
from almakane.portal.reader import Reader
from almakane.portal.words import STATES
from almakane.users.queries import signed_in
from almakane.web import go_to
from almakane.web.files import pdf_response
from almakane.web.languages import language
from almakane.web.voices import voice

_DELIVERIES = 24
_ANNOUNCED = 12
_KNOWN = 200  # products to choose from again


@bp.get("/deliveries")
def list_deliveries() -> ResponseReturnValue:
    """What was brought and what was taken back, with the slips to keep."""
    reader, page = maker_herself(), asked_page()
    found = deliveries_of(
        reader.session, reader.maker.id, _DELIVERIES + 1, (page - 1) * _DELIVERIES
    )
    if page > 1 and not found:
        abort(404)
    return render_template(
        "portal/deliveries.html",
        reader=reader,
        deliveries=found[:_DELIVERIES],
        returns=returns_of(reader.session, reader.whose, _DELIVERIES) if page == 1 else [],
        announced=announced_by(reader.session, reader.maker.id, _ANNOUNCED) if page == 1 else [],
        states=STATES,
        page=page,
        has_more=len(found) > _DELIVERIES,
    )


@bp.get("/deliveries/<number>/slip.pdf")
def show_deposit_slip(number: str) -> ResponseReturnValue:
    """What was left with one delivery, on paper."""
    reader, spoken = maker_herself(), language()
    consignment = find_own_consignment(reader.session, reader.whose, number)
    if consignment is None:
        abort(404)
    delivery = delivery_of(reader.session, consignment, spoken)
    head = letterhead_of(reader.session, reader.hub, consignment.day)
    data = delivery_slip(delivery, head, spoken, voice(spoken))
    reader.session.rollback()  # typesetting takes its time, and needs no connection
    return pdf_response(number, typeset("slip", data))


@bp.get("/returns/<number>/slip.pdf")
def show_return_slip(number: str) -> ResponseReturnValue:
    """What was taken back, on paper."""
    reader, spoken = maker_herself(), language()
    slip = find_own_return(reader.session, reader.whose, number)
    if slip is None:
        abort(404)
    back = given_back(reader.session, slip, spoken)
    head = letterhead_of(reader.session, reader.hub, slip.day)
    data = return_slip(back, head, spoken, voice(spoken))
    reader.session.rollback()
    return pdf_response(number, typeset("slip", data))


# Deliveries to come


@bp.get("/announcements/new")
def new_announcement() -> ResponseReturnValue:
    """Say what will be brought; `?product=SAF-001` begins with a piece that was here before."""
    reader = maker_herself()
    products = _known_products(reader)
    form = AnnouncementForm(products=products, uid=str(uuid4()))
    asked = request.args.get("product")
    if asked:
        product = find_product(reader.session, reader.whose, asked)
        if product is None:
            abort(404)
        form.lines[0].form.product.data = str(product.id)
    return _announcement_form(form)


@bp.post("/announcements")
def create_announcement() -> ResponseReturnValue:
    """Announce a delivery; with the button for one more line, only that is given."""
    allow_photographs()
    reader = maker_herself()
    products = _known_products(reader)
    try:
        form = AnnouncementForm(request.form, products=products)
    except RequestEntityTooLarge:  # what stands beside such files is not read either
        form = AnnouncementForm(products=products, uid=str(uuid4()))
        form.refuse(TOO_MANY)
        return _announcement_form(form), 413
    if "more" in request.form:
        form.one_more()
        return _announcement_form(form)
    if form.is_fit(reader.today):
        person = signed_in()

        def announce() -> int:
            with transaction() as session:
                maker = session.get_one(Maker, reader.maker.id)
                return announce_delivery(
                    session,
                    maker,
                    form.told(maker.craft),
                    person.login,
                    uid=form.uid.data or "",
                    now=datetime.now(UTC),
                    expected_on=form.expected_on.data,
                    note=form.note.data or "",
                    by_maker=True,
                ).id

        try:
            intake_id = retried(announce)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(gettext("The house knows what you will bring."))
            return go_to(url_for("portal.show_announcement", intake_id=intake_id))
    return _announcement_form(form), 422


@bp.get("/announcements/<int:intake_id>")
def show_announcement(intake_id: int) -> ResponseReturnValue:
    """What was announced, how far it is, and what was counted of it."""
    reader = maker_herself()
    intake = find_announced(reader.session, reader.whose, intake_id)
    if intake is None:
        abort(404)
    lines = lines_announced(reader.session, intake)
    products = [line.product_id for line in lines if line.product_id]
    consignment = (
        reader.session.get(Consignment, intake.consignment_id) if intake.consignment_id else None
    )
    return render_template(
        "portal/announcement.html",
        reader=reader,
        intake=intake,
        lines=[(line, shown_kept(photo_of(line))) for line in lines],
        titles=titles_of(reader.session, language(), products),
        consignment=consignment,
        states=STATES,
    )


@bp.post("/announcements/<int:intake_id>/withdrawal")
def create_withdrawal(intake_id: int) -> ResponseReturnValue:
    """Take an announcement back, as long as nobody counts it."""
    reader, person = maker_herself(), signed_in()

    def withdraw() -> bool:
        with transaction() as session:
            intake = find_announced(session, reader.whose, intake_id)
            if intake is None:
                return False
            if intake.state is IntakeState.ARRIVING:
                raise Refusal("The house is counting this delivery: talk to us.")
            drop_intake(session, intake, "", by=person.login, now=datetime.now(UTC))
            return True

    if not retried(withdraw):
        abort(404)
    flash(gettext("The house no longer waits for it."))
    return go_to(url_for("portal.list_deliveries"))


def _known_products(reader: Reader) -> list[tuple[int, str]]:
    found = pieces_of(reader.session, reader.whose, language(), limit=_KNOWN)
    return [(piece.product_id, piece.title) for piece in found]


def _announcement_form(form: AnnouncementForm) -> str:
    return render_template(
        "portal/announcement_form.html",
        form=form,
        most=LINES,
        largest_photo=MOST_BYTES // 1024 // 1024,
    )
