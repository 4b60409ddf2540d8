"""What a till asks of web orders: those that wait here for their buyers, and one by its number."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from almakane.db import db
from almakane.pos.answering import tell_problems
from almakane.pos.bearers import token_of_request
from almakane.pos.problems import problem
from almakane.pos.web_orders import web_orders
from almakane.texts import can_be_kept
from almakane.web import public

bp = Blueprint("order_lookups", __name__, url_prefix="/pos")
bp.before_request(public)  # a token in the request proves who it is, and each view asks for it
tell_problems(bp)

_LONGEST_NUMBER, _LONGEST_QUERY = 20, 120


@bp.after_request
def _keep_nothing(response: Response) -> Response:
    """Who ordered is nobody else's to know: no cache keeps it."""
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/orders")
def list_orders() -> ResponseReturnValue:
    """
    The orders that wait for their buyers at this till's site, by words of a name or a number.

    Whoever stands here with the number of one that waits at another site is told where.
    """
    token, words, now = token_of_request(), request.args.get("q", ""), datetime.now(UTC)
    session = db.session()
    found, elsewhere = list[dict[str, Any]](), None
    if can_be_kept(words, _LONGEST_QUERY):
        found = web_orders().to_fetch(session, token.hub_id, token.site_id, words, now)
        if not found:
            elsewhere = web_orders().waits_at(session, token.hub_id, words.strip().upper(), now)
    session.rollback()
    return jsonify(orders=found, elsewhere=elsewhere)


@bp.get("/orders/<number>")
def show_order(number: str) -> ResponseReturnValue:
    """One order, to be paid at this till; of one at another site only where it waits."""
    token, now = token_of_request(), datetime.now(UTC)
    session, found, elsewhere = db.session(), None, None
    if can_be_kept(number, _LONGEST_NUMBER):
        found = web_orders().to_fetch_one(session, token.hub_id, token.site_id, number, now)
        if found is None:
            elsewhere = web_orders().waits_at(session, token.hub_id, number, now)
    session.rollback()
    if elsewhere is not None:
        return problem(404, "other_site", site=elsewhere)
    if found is None:
        raise NotFound
    return jsonify(found)
