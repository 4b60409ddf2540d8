"""The desk beside the tills: papers of tickets that are in the books, for who works here."""

from datetime import UTC, datetime

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from almakane.db import db
from almakane.gateways.documents import typeset
from almakane.gateways.sheet import Party
from almakane.hubs.models import Hub, Site
from almakane.hubs.queries import letterhead_of
from almakane.journal.models import Customer
from almakane.pos.invoice import invoice
from almakane.pos.papers import house_of, tell_ticket
from almakane.pos.report import report
from almakane.pos.shift_figures import figures_of
from almakane.sales.models import Sale
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import require
from almakane.web.files import pdf_response
from almakane.web.languages import language
from almakane.web.voices import voice

bp = Blueprint("desk", __name__)
bp.before_request(require(Role.CASHIER, Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))


@bp.get("/tickets/<path:number>/invoice.pdf")
def show_invoice(number: str) -> ResponseReturnValue:
    """The invoice of a ticket; who buys is written in by hand where nobody has said it."""
    session = db.session()
    hub = session.get_one(Hub, signed_in().hub_id)
    sale = session.scalar(select(Sale).where(Sale.hub_id == hub.id, Sale.number == number))
    if sale is None:
        abort(404)
    customer = session.scalar(
        select(Customer).where(Customer.hub_id == hub.id, Customer.uid == sale.customer)
    )
    spoken, told = language(), tell_ticket(session, sale)
    data = invoice(
        told.ticket,
        letterhead_of(session, hub, sale.told_day),
        spoken,
        {name: voice(name) for name in ("fr", "ar", spoken)},
        site=session.get_one(Site, sale.site_id).name,
        zone=hub.zone,
        currency=hub.currency,
        buyer=Party(customer.name, (customer.phone,)) if customer and customer.name else None,
        sellers=told.sellers,
        returned=told.returned,
    )
    session.rollback()  # typesetting takes its time, and needs no connection
    return pdf_response(number, typeset("invoice", data))


@bp.get("/shifts/<uid>/report")
def show_report(uid: str) -> ResponseReturnValue:
    """A shift's X while it runs, its Z once it is closed, as it would be printed."""
    session, person, spoken = db.session(), signed_in(), language()
    found = figures_of(session, person.hub_id, uid, by=person.name, now=datetime.now(UTC))
    if found is None:
        abort(404)
    figures, site_id = found
    house = house_of(session, person.hub_id, site_id, figures.day)
    return render_template("paper.html", strip=report(figures, house, voice(spoken), spoken))
