"""The demo's printer: one that is none, and the page on which its tape hangs."""

from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from flask import Blueprint, Flask, Response, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import db
from almakane.gateways.printer import to_escpos
from almakane.gateways.virtual_printer import VirtualPrinter, send
from almakane.pos.papers import receipt_of
from almakane.sales.models import Sale, SaleKind
from almakane.users.models import Role
from almakane.web import endpoints_without_a_lock, require

_SHOWN_AT_FIRST = ("fr", "ar", "en")


class Hung(NamedTuple):
    """Something on the page: a paper with its number in the order of printing, or a kick."""

    n: int
    at: datetime
    is_kick: bool


def open_tape(app: Flask) -> VirtualPrinter:
    """
    Start a printer on a free port of this machine, and give the app the page of its tape.

    Whoever prints finds it in `app.extensions["almakane.printer"]`. What hangs there at first are
    the last tickets of the books, one in each language and one that gave something back.
    """
    printer = VirtualPrinter()
    printer.start()
    app.extensions["almakane.printer"] = printer
    app.register_blueprint(_page(printer))
    if open_doors := endpoints_without_a_lock(app):
        raise RuntimeError(f"Nothing says who may use {', '.join(open_doors)}.")
    for data in _last_receipts(db.session()):
        send(printer.host, printer.port, data)
    return printer


def _last_receipts(session: Session) -> list[bytes]:
    newest = select(Sale.id).order_by(Sale.id.desc()).limit(1)
    wanted = [newest.where(Sale.kind != SaleKind.SALE)]
    wanted += [newest.where(Sale.lang == language) for language in reversed(_SHOWN_AT_FIRST)]
    found = dict.fromkeys(session.scalar(query) for query in wanted)
    return [to_escpos(receipt_of(session, sale_id)) for sale_id in found if sale_id]


def _page(printer: VirtualPrinter) -> Blueprint:
    bp = Blueprint("tape", __name__, url_prefix="/-/tape")
    bp.before_request(require(Role.CASHIER, Role.MANAGER))

    @bp.get("")
    def show_tape() -> ResponseReturnValue:
        """What the printer gave out, the newest first."""
        hung = [Hung(one.n, one.at, one.picture is None) for one in printer.printed()]
        return render_template("demo/tape.html", hung=hung, errors=printer.errors)

    @bp.get("/<int:n>.png")
    def show_paper(n: int) -> ResponseReturnValue:
        """One paper as it came out."""
        picture = next((one.picture for one in printer.printed() if one.n == n), None)
        if picture is None:
            abort(404)
        file = BytesIO()
        picture.save(file, "PNG")
        return Response(file.getvalue(), mimetype="image/png")

    return bp
