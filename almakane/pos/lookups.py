"""What a till's page asks before it sells: who stands here, and what there is to sell."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from almakane.db import db, retried, transaction
from almakane.gateways.spool import spool
from almakane.hubs.queries import habits_on, local_day
from almakane.inventory.queries import LAST_ID
from almakane.journal.bodies import fields, pattern, text
from almakane.journal.event import UID
from almakane.journal.queries import Token
from almakane.pos.answering import tell_problems
from almakane.pos.applying import ASKS_NOBODY, bands_of
from almakane.pos.approving import Shut, pin_holder
from almakane.pos.bearers import token_of_request
from almakane.pos.clock import offsets
from almakane.pos.feed import AT_ONCE, Counter, counter_at, lots_on_hand, told_lots
from almakane.pos.newer import changed_lots, cursor_at
from almakane.pos.paper_words import paper_words
from almakane.pos.papers import house_of
from almakane.pos.problems import problem
from almakane.pos.queries import till_settings
from almakane.pos.requests import Unread, read_fields
from almakane.pos.scanning import scanned
from almakane.pos.searching import search
from almakane.pos.shift_papers import x_for
from almakane.pos.tickets_left import ticket_left
from almakane.texts import can_be_kept
from almakane.users.models import Role, User
from almakane.users.pins import people_of_roles
from almakane.web import public, settings

bp = Blueprint("lookups", __name__, url_prefix="/pos")
bp.before_request(public)  # a token in the request proves who it is, and each view asks for it
tell_problems(bp)

_LONGEST_CODE, _LONGEST_NUMBER, _LONGEST_QUERY = 20, 40, 200


@bp.after_request
def _keep_nothing(response: Response) -> Response:
    """The till keeps what it needs itself; what lies between keeps none of it."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _now() -> datetime:
    return datetime.now(UTC)


def _counter(token: Token, now: datetime) -> Counter:
    return counter_at(db.session(), token.hub_id, token.site_id, token.zone, now)


# People


@bp.get("/people")
def list_people() -> ResponseReturnValue:
    """Who may stand at this till, and how far each may bargain alone."""
    token, session = token_of_request(), db.session()
    bands = _bands(token)
    people = [
        {**_person(user, bands), "has_pin": user.pin_hash is not None}
        for user in people_of_roles(session, token.hub_id, bands)
    ]
    session.rollback()
    return jsonify(people=people, rights={"asks_nobody": sorted(ASKS_NOBODY)})


@bp.post("/sign-ins")
def create_sign_in() -> ResponseReturnValue:
    """Say whether a PIN is this person's: the till shows their name from here on."""
    token, now = token_of_request(), _now()
    asked = read_fields(fields({"cashier": text(80, 1), "pin": text(12, 1)}))
    try:
        user = pin_holder(token.hub_id, asked["cashier"], asked["pin"], at=token.register, now=now)
    except Shut:
        return problem(429, "too_many_attempts")
    bands = _bands(token)
    if user is None or user.role not in bands:
        return problem(403, "wrong_pin")
    told = _person(user, bands)
    db.session().rollback()
    return jsonify(cashier=told.pop("login"), **told)


def _bands(token: Token) -> dict[Role, int]:
    """How far each role may bargain alone today."""
    day = local_day(_now(), token.zone)
    return bands_of(habits_on(db.session(), token.hub_id, day))


def _person(user: User, bands: dict[Role, int]) -> dict[str, Any]:
    return {
        "login": user.login,
        "name": user.name,
        "role": user.role.value,
        "band_bp": bands[user.role],
    }


# Papers


@bp.get("/papers")
def show_papers() -> ResponseReturnValue:
    """What a till needs to write its own papers: who sells, the house's rules, and the words."""
    token, now, session = token_of_request(), _now(), db.session()
    day = local_day(now, token.zone)
    hours = offsets(token.zone, now - timedelta(days=100), now + timedelta(days=400))
    told = {
        "house": {**asdict(house_of(session, token.hub_id, token.site_id, day)), "offsets": hours},
        "settings": till_settings(session, token.hub_id, day),
        "base_url": settings().base_url,
        "words": paper_words(),
    }
    session.rollback()
    return jsonify(told)


# Pieces


@bp.get("/catalogue")
def list_lots() -> ResponseReturnValue:
    """The pieces that this till may sell, or what changed since it asked; a page at a time."""
    token, now = token_of_request(), _now()
    after, cursor = _whole("after"), _whole("since")
    session, counter = db.session(), _counter(token, now)
    changed = changed_lots(session, counter, cursor, token.zone, now) if cursor else None
    if changed is None:
        ids = lots_on_hand(session, counter, after, AT_ONCE + 1)
    else:
        ids = [lot for lot in changed if lot > after]
    lots = told_lots(session, counter, ids[:AT_ONCE])
    session.rollback()
    return jsonify(
        cursor=cursor_at(now),
        whole=changed is None,
        lots=lots,
        next=ids[AT_ONCE - 1] if len(ids) > AT_ONCE else None,
    )


def _whole(name: str) -> int:
    """A number of the address, 0 where it is not there; raises Unread for what is none."""
    said = request.args.get(name, "0")
    if not (said.isascii() and said.isdigit() and len(said) < 20 and int(said) <= LAST_ID):
        raise Unread(400, "bad_value", name)
    return int(said)


@bp.get("/lots/<code>")
def show_lot(code: str) -> ResponseReturnValue:
    """One piece, by what was scanned."""
    lot = scanned(code if can_be_kept(code, _LONGEST_CODE) else "", _now())
    if lot is None:
        raise NotFound
    return jsonify(lot)


@bp.get("/search")
def search_lots() -> ResponseReturnValue:
    """Pieces on hand by words of their title or their maker, or by a part of their code."""
    token, now = token_of_request(), _now()
    asked = request.args.get("q", "")
    session, counter = db.session(), _counter(token, now)
    ids = search(session, counter, asked) if can_be_kept(asked, _LONGEST_QUERY) else []
    told = {lot["id"]: lot for lot in told_lots(session, counter, ids)}
    session.rollback()
    return jsonify(lots=[told[lot] for lot in ids if lot in told])


# Tickets


@bp.get("/tickets/<path:called>")
def show_ticket(called: str) -> ResponseReturnValue:
    """A ticket by its number or by the key on its paper, and what is left of each line."""
    token, now = token_of_request(), _now()
    if not can_be_kept(called, _LONGEST_NUMBER):
        raise NotFound
    session = db.session()
    told = ticket_left(session, token.hub_id, token.register_id, called, now)
    session.rollback()
    if told is None:
        raise NotFound
    return jsonify(told)


# Papers


@bp.post("/reports/x")
def create_x() -> ResponseReturnValue:
    """Print a shift so far, as its events have come; once, however often its uid is sent."""
    token, now = token_of_request(), _now()
    asked = read_fields(fields({"uid": pattern(UID), "shift": pattern(UID)}))
    session = db.session()
    job = x_for(session, token.hub_id, token.register_id, asked["shift"], asked["uid"], now=now)
    session.rollback()

    def queue() -> None:
        with transaction() as writing:
            spool(writing, job, now=now)

    retried(queue)
    return jsonify(job=job.uid), 202
