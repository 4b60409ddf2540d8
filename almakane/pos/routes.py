"""The till's door: what registers and agents ask and tell, by token and never by cookie."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from sqlalchemy.orm import Session

from almakane.db import db, retried, transaction
from almakane.hubs.models import Site
from almakane.hubs.queries import local_day
from almakane.journal.batch import read_envelopes
from almakane.journal.bodies import (
    fields,
    moment,
    pattern,
    perhaps,
    text,
    truth,
    whole,
    word,
)
from almakane.journal.chain import Head, Mode
from almakane.journal.customers import put_customer
from almakane.journal.enrolment import BadProof, Enrolled, NotEnrolled, enrol
from almakane.journal.epochs import Beat, HeadsDiffer, chains_of_epoch, hear, retire
from almakane.journal.event import HASH, UID, moment_text, read_moment
from almakane.journal.models import EpochState
from almakane.journal.promises import Till, claim, grant, take_from_card, void_taking
from almakane.journal.queries import Token, chains_of, find_token, prunable_seq, token_hash
from almakane.money import LARGEST
from almakane.pos.answering import tell_problems
from almakane.pos.applying import RIGHTS
from almakane.pos.approving import Shut, manager_agrees
from almakane.pos.bearers import (
    agent_of_request,
    as_deliverer,
    bearer,
    register_at_site,
    token_of_request,
)
from almakane.pos.journal import (
    Deliverer,
    NotYours,
    answer,
    deliver,
    deliverer_met,
    keep_strays,
)
from almakane.pos.problems import problem
from almakane.pos.queries import till_settings
from almakane.pos.requests import Unread, read_fields, read_json
from almakane.pos.wrong_codes import Door, count_wrong_code, refuse_guessers
from almakane.sales.ticket import TenderKind
from almakane.texts import can_be_kept
from almakane.web import public, settings
from almakane.web.languages import LANGUAGES

T = TypeVar("T")

bp = Blueprint("till", __name__, url_prefix="/pos")
bp.before_request(public)  # a token in the request proves who it is, and each view asks for it
tell_problems(bp)

# The page speaks with the printer's agent on its own machine, and with nobody else but us.
_PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src 'self' http://127.0.0.1:* http://localhost:*",
        "img-src 'self' data: blob:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)


def _now() -> datetime:
    return datetime.now(UTC)


def _deliverer() -> Deliverer:
    hash_ = token_hash(bearer())
    try:
        token = token_of_request(is_live=False)
    except Unread:
        agent = agent_of_request()
        if agent is None:
            raise
        return as_deliverer(agent)
    return Deliverer(token.register, token.hub_id, token.site_id, token.register_id, hash_)


# The page


@bp.get("/")
def show_till() -> Response:
    """
    The till's page: the same for everybody who opens it, for a device may keep it for years.

    Its language is the address's or else the house's; who reads it is asked on the page.
    """
    wish = request.args.get("lang")
    with force_locale(wish if wish in LANGUAGES else settings().language):
        response = make_response(render_template("till/till.html"))
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


# Enrolment


@bp.post("/enrol")
def create_epoch() -> ResponseReturnValue:
    """Enrol the device that holds a key, by the code that a manager opened."""
    asked = read_fields(
        fields({"code": text(64, 1), "key": text(87, 1), "proof": text(86, 1), "app": text(80)})
    )
    now = _now()
    refuse_guessers(Door.TILL, now)

    def enrol_it() -> Enrolled | None:
        with transaction() as session:
            try:
                return enrol(
                    *(session, asked["code"], asked["key"], asked["proof"]),
                    app=asked["app"],
                    now=now,
                )
            except NotEnrolled:
                count_wrong_code(session, Door.TILL, now)
                return None

    try:
        enrolled = retried(enrol_it)
    except BadProof as refusal:
        return problem(422, "bad_proof", field=refusal.field)
    if enrolled is None:
        return problem(403, "not_enrolled")
    session = db.session()
    token = find_token(session, enrolled.token)
    told = {
        "register": enrolled.register,
        "epoch": enrolled.epoch,
        "token": enrolled.token,
        "genesis": enrolled.genesis,
        "perpetual": enrolled.perpetual,
        "server_time": moment_text(now),
        **(_place(token) if token else {}),
    }
    session.rollback()
    response = jsonify(told)
    response.headers["Cache-Control"] = "no-store"
    return response, 201 if enrolled.is_new else 200


def _place(token: Token) -> dict[str, Any]:
    """Where the till stands, and what the house is set to today."""
    session = db.session()
    site = session.get_one(Site, token.site_id)
    day = local_day(_now(), token.zone)
    return {
        "site": {"code": site.code, "name": site.name},
        "settings": till_settings(session, token.hub_id, day),
    }


# The journal


@bp.post("/journal")
def create_events() -> ResponseReturnValue:
    """Take a delivery of events in; what came before a stop is committed."""
    deliverer = deliverer_met(db.session(), token_hash(bearer())) or _deliverer()
    now = _now()
    taken = deliver(read_envelopes(read_json()), deliverer, now=now)
    status = 200
    if taken.stopped:
        status = 422 if taken.stopped.reason == "unverifiable" else 409
    return jsonify(answer(taken, now=now)), status


@bp.get("/journal/head")
def show_heads() -> ResponseReturnValue:
    """The heads and states of the register's chains; an agent says of which, `?register=`."""
    deliverer, now = _deliverer(), _now()
    session = db.session()
    register, register_id = deliverer.name, deliverer.register_id
    if register_id is None:
        register = request.args.get("register", "")
        register_id = register_at_site(session, deliverer, register)
    chains = [
        {
            "epoch": chain.epoch,
            "mode": chain.mode.value,
            "state": chain.state.value,
            "held": {"seq": chain.seq, "hash": chain.hash},
            "prunable_seq": prunable_seq(session, chain.id, now),
        }
        for chain in chains_of(session, register_id)
    ]
    session.rollback()
    return jsonify(register=register, server_time=moment_text(now), chains=chains)


@bp.post("/journal/strays")
def create_strays() -> ResponseReturnValue:
    """Keep events that have no place, for a person to look at."""
    deliverer, now = _deliverer(), _now()
    body = read_json()
    why = body.get("why") if isinstance(body, dict) else None
    if not isinstance(why, str) or not can_be_kept(why, 500):
        raise Unread(400, "bad_value", "why")
    envelopes = read_envelopes({"events": body.get("events")})
    if deliverer.register_id is None:
        raise NotYours
    kept = keep_strays(deliverer.register_id, envelopes, why, deliverer, now=now)
    return jsonify(kept=kept.kept, known=kept.known), 202


_head = fields({"seq": whole(0, 2**53 - 1), "hash": pattern(HASH)})
_heads = fields({"live": _head, "training": _head})


def _read_heads(told: dict[str, Any]) -> dict[Mode, Head]:
    return {Mode(mode): Head(head["seq"], head["hash"]) for mode, head in told.items()}


@bp.post("/heartbeat")
def create_heartbeat() -> ResponseReturnValue:
    """Hear what a till holds that has not arrived: how a lost till's missing events are known."""
    token, now = token_of_request(), _now()
    told = read_fields(
        fields(
            {
                "heads": _heads,
                "unsent": whole(0, 10**9),
                "oldest_unsent_at": perhaps(moment),
                "at": moment,
                "app": text(80),
                "persisted": truth,
                "free_bytes": perhaps(whole(0, 2**53 - 1)),
            }
        )
    )
    oldest = told["oldest_unsent_at"]
    beat = Beat(
        heads=_read_heads(told["heads"]),
        unsent=told["unsent"],
        oldest_unsent_at=read_moment(oldest, "oldest_unsent_at") if oldest else None,
        at=read_moment(told["at"], "at"),
        app=told["app"],
        persisted=told["persisted"],
        free_bytes=told["free_bytes"],
    )

    def hear_it() -> dict[str, Any]:
        with transaction() as session:
            hear(session, token.epoch_id, beat, now)
            return {
                chain.mode.value: {"seq": chain.seq, "hash": chain.hash}
                for chain in chains_of_epoch(session, token)
            }

    heads = retried(hear_it)
    return jsonify(server_time=moment_text(now), state=token.state.value, heads=heads)


@bp.post("/retire")
def retire_epoch() -> ResponseReturnValue:
    """End an epoch in order: both sides hold the same."""
    token, now = token_of_request(is_live=False), _now()
    asked = read_fields(fields({"heads": _heads, "proof": text(86, 1)}))
    if token.state is EpochState.LOST:
        raise NotYours

    def retire_it() -> dict[str, Any] | None:
        with transaction() as session:
            held = {
                chain.mode.value: {"seq": chain.seq, "hash": chain.hash}
                for chain in chains_of_epoch(session, token)
            }
            try:
                retire(session, token, _read_heads(asked["heads"]), asked["proof"], now=now)
            except HeadsDiffer:
                return held
            return None

    held = retried(retire_it)
    if held is not None:
        return problem(409, "heads_differ", heads=held)
    return jsonify(state="retired", server_time=moment_text(now))


# Customers, and what the server promises online


@bp.put("/customers/<uid>")
def update_customer(uid: str) -> ResponseReturnValue:
    """Say who a customer uid is: kept apart from the journal, so that it can be erased."""
    token, now = token_of_request(), _now()
    if not UID.fullmatch(uid):
        raise Unread(400, "bad_value", "uid")
    asked = read_fields(fields({"name": text(120), "phone": text(20)}))
    _done(
        lambda session: put_customer(
            *(session, token.hub_id, uid, asked["name"], asked["phone"]), now=now
        )
    )
    return "", 204


@bp.post("/grants")
def create_grant() -> ResponseReturnValue:
    """A manager's word on the spot, given by PIN, for one right and one use."""
    token, now = token_of_request(), _now()
    asked = read_fields(fields({"right": word(*RIGHTS), "by": text(80, 1), "pin": text(12, 1)}))
    try:
        agrees = manager_agrees(token.hub_id, asked["by"], asked["pin"], at=token.register, now=now)
    except Shut:
        return problem(429, "too_many_attempts")
    if not agrees:
        return problem(403, "no_right")
    uid = _done(
        lambda session: grant(session, _till(token), asked["right"], by=asked["by"], now=now)
    )
    return jsonify(grant=uid), 201


@bp.post("/claims")
def create_claim() -> ResponseReturnValue:
    """Reserve a sold line for a refund, before money moves."""
    token, now = token_of_request(), _now()
    asked = read_fields(
        fields(
            {
                "uid": pattern(UID),
                "of": fields({"uid": pattern(UID), "line": whole(1, 9_999)}),
                "qty": whole(1, 9_999),
            }
        )
    )
    of = asked["of"]
    claimed = _done(
        lambda session: claim(
            *(session, _till(token), asked["uid"], of["uid"], of["line"], asked["qty"]),
            now=now,
        )
    )
    return jsonify(
        claim=claimed.uid, qty=claimed.quantity, ends_at=moment_text(claimed.ends_at)
    ), 201


@bp.post("/takings")
def create_taking() -> ResponseReturnValue:
    """Take money from a gift card or a credit at once, for a ticket to come."""
    token, now = token_of_request(), _now()
    asked = read_fields(
        fields(
            {
                "uid": pattern(UID),
                "kind": word("gift_card", "credit"),
                "ref": pattern(HASH),
                "amount": whole(1, LARGEST),
            }
        )
    )
    left = _done(
        lambda session: take_from_card(
            *(session, _till(token), asked["uid"], TenderKind(asked["kind"]), asked["ref"]),
            asked["amount"],
            now=now,
        )
    )
    return jsonify(auth=asked["uid"], left=left), 201


@bp.post("/takings/<uid>/void")
def delete_taking(uid: str) -> ResponseReturnValue:
    """Give a taking back, as long as no ticket has spent it."""
    token, now = token_of_request(), _now()
    _done(lambda session: void_taking(session, _till(token), uid, now=now))
    return "", 204


def _till(token: Token) -> Till:
    return Till(token.hub_id, token.register_id)


def _done(work: Callable[[Session], T]) -> T:
    """Do something in a transaction of its own, tried again where that may help."""

    def do() -> T:
        with transaction() as session:
            return work(session)

    return retried(do)
