"""A ticket's page: where the QR code on a receipt leads whoever holds the paper."""

from flask import Blueprint, Response, abort, make_response, render_template, url_for
from sqlalchemy import select

from almakane.db import db
from almakane.journal.models import TicketKey
from almakane.journal.queries import token_hash
from almakane.pos.papers import receipt_of
from almakane.sales.models import Sale
from almakane.web import public, settings

bp = Blueprint("tickets", __name__)
bp.before_request(public)  # 128 random bits in the address are the key


@bp.get("/t/<key>")
def show_ticket(key: str) -> Response:
    """The receipt as it was printed; what stands behind `#` is for a till without a network."""
    session = db.session()
    sale_id = session.scalar(
        select(Sale.id)
        .join(TicketKey, TicketKey.uid == Sale.uid)
        .where(TicketKey.key_hash == token_hash(key))
    )
    if sale_id is None:
        abort(404)
    url = settings().base_url + url_for("tickets.show_ticket", key=key)
    strip = receipt_of(session, sale_id, url=url)
    response = make_response(render_template("paper.html", strip=strip))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
