"""The agents' door: they fetch what is to be printed, and say what became of it."""

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from almakane.db import db, retried, transaction
from almakane.gateways.agents import Agent, NotPaired, Paired, hear, is_news, pair
from almakane.gateways.condition import Condition
from almakane.gateways.models import JobState
from almakane.gateways.spool import (
    NOT_BEGUN,
    Lapsed,
    Leased,
    NotLeased,
    has_work,
    lapsed,
    lease,
    report,
)
from almakane.journal.bodies import fields, text, whole, word
from almakane.pos.answering import tell_problems
from almakane.pos.bearers import agent_of_request
from almakane.pos.problems import problem
from almakane.pos.requests import Unread, read_fields
from almakane.pos.wrong_codes import Door, count_wrong_code, refuse_guessers
from almakane.web import public
from almakane.web.threads import leave_place, take_place

T = TypeVar("T")

bp = Blueprint("agents", __name__, url_prefix="/agent")
bp.before_request(public)  # a token in the request proves who it is, and each view asks for it
tell_problems(bp)

LONGEST_WAIT = 25  # seconds
_LOOKS_EACH = 0.25  # of a second: from a sale to its paper nobody should have to wait


def _now() -> datetime:
    return datetime.now(UTC)


def _agent() -> Agent:
    agent = agent_of_request()
    if agent is None:
        raise Unread(401, "unknown_token")
    return agent


def _done(work: Callable[[Session], T]) -> T:
    """Do something in a transaction of its own, tried again where that may help."""

    def do() -> T:
        with transaction() as session:
            return work(session)

    return retried(do)


@bp.post("/pairing")
def create_pairing() -> ResponseReturnValue:
    """Give a program that knows the code the token of its agent."""
    asked, now = read_fields(fields({"code": text(64, 1), "app": text(80)})), _now()
    refuse_guessers(Door.AGENT, now)

    def pair_it(session: Session) -> Paired | None:
        try:
            return pair(session, asked["code"], app=asked["app"], now=now)
        except NotPaired:
            count_wrong_code(session, Door.AGENT, now)
            return None

    paired = _done(pair_it)
    if paired is None:
        return problem(403, "not_paired")
    response = jsonify(name=paired.name, token=paired.token)
    response.headers["Cache-Control"] = "no-store"
    return response, 201


class _Given(NamedTuple):
    """What an agent is given: a job if there is one, and questions about older ones."""

    job: Leased | None
    lapsed: list[Lapsed]
    waited: bool


@bp.post("/leases")
def create_lease() -> ResponseReturnValue:
    """
    Give an agent its next job, and let it wait for one.

    An agent whose printer does not print is given none: what is queued comes when it prints again.
    """
    agent = _agent()
    asked = read_fields(
        fields(
            {
                "disk": text(32, 1),
                "profile": text(40, 1),
                "printer": word(*(condition.value for condition in Condition)),
                "wait": whole(0, LONGEST_WAIT),
            }
        )
    )
    from almakane.gateways.printer import paper_of  # noqa: PLC0415 - as in `printing`

    paper_of(asked["profile"])
    _hear(agent, asked)
    prints = Condition(asked["printer"]).prints
    given = _give(agent, asked["disk"], asked["wait"]) if prints else _ask_only(agent, asked)
    return jsonify(
        job=_told(given.job) if given.job else None,
        lapsed=[{"uid": one.uid, "lease": one.lease} for one in given.lapsed],
        waited=given.waited,
    )


def _hear(agent: Agent, asked: dict[str, Any]) -> None:
    now, profile, printer = _now(), asked["profile"], asked["printer"]
    news = is_news(db.session(), agent.id, profile, printer, now)
    db.session.rollback()
    if news:
        _done(lambda session: hear(session, agent.id, profile, printer, now))


def _ask_only(agent: Agent, asked: dict[str, Any]) -> _Given:
    found = lapsed(db.session(), agent.id, asked["disk"])
    db.session.rollback()
    return _Given(None, found, waited=False)


def _give(agent: Agent, disk: str, wait: int) -> _Given:
    """A job at once or after a while; who waits holds no transaction and no connection."""
    given = _look(agent, disk)
    if given.job or given.lapsed or not wait or not take_place():
        return given
    try:
        until = time.monotonic() + wait
        while time.monotonic() < until:
            time.sleep(_LOOKS_EACH)
            given = _look(agent, disk)
            if given.job or given.lapsed:
                break
    finally:
        leave_place()
    return given._replace(waited=True)


def _look(agent: Agent, disk: str) -> _Given:
    """Look without a transaction, and lease in one only where there is something."""
    now, session = _now(), db.session()
    found, asked = has_work(session, agent.id, now=now), lapsed(session, agent.id, disk)
    db.session.remove()
    if not found:
        return _Given(None, asked, waited=False)
    return _done(
        lambda session: _Given(
            lease(session, agent.id, disk, now=now),
            lapsed(session, agent.id, disk),
            waited=False,
        )
    )


def _told(job: Leased) -> dict[str, Any]:
    return {
        "uid": job.uid,
        "kind": job.kind.value,
        "lease": job.lease,
        "data": base64.b64encode(job.data).decode("ascii"),
        "sha256": job.sha256,
        # A span and no moment, for the agent's clock may be another.
        "expires_in_ms": max(0, int((job.expires_at - _now()).total_seconds() * 1000)),
    }


_SAID = (JobState.SENT, JobState.CONFIRMED, JobState.UNKNOWN, JobState.FAILED)


@bp.post("/jobs/<uid>/reports")
def create_report(uid: str) -> ResponseReturnValue:
    """Hear what became of a job."""
    agent = _agent()
    asked = read_fields(
        fields(
            {
                "lease": text(32, 1),
                "disk": text(32, 1),
                "said": word(NOT_BEGUN, *(state.value for state in _SAID)),
                "told": text(200),
            }
        )
    )
    try:
        state = _done(
            lambda session: report(
                *(session, agent.id, uid, asked["lease"], asked["disk"], asked["said"]),
                told=asked["told"],
                now=_now(),
            )
        )
    except NotLeased as error:
        if error.state is None:
            return problem(404, "no_such_job")
        return problem(409, "not_leased", state=error.state.value)
    return jsonify(state=state.value)
