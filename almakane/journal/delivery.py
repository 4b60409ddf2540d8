"""Taking in what a register wrote: place by place, whatever the events say (section 7)."""

import logging
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from almakane.db import insert_row, insert_rows, may_pass, rows, utc_text
from almakane.errors import Refusal
from almakane.inventory.queries import lock_lots
from almakane.journal.batch import Arrival
from almakane.journal.bodies import check_body, ticket_count
from almakane.journal.chain import Head, Mode
from almakane.journal.event import Envelope, Event, Unfit, read_event, read_text
from almakane.journal.models import EndHow, EpochState, Outcome
from almakane.journal.queries import (
    ChainFacts,
    Waiting,
    has_effect,
    held_at,
    lock_chain,
    waiting_for,
)
from almakane.journal.strays import keep_strays
from almakane.texts import can_be_kept

log = logging.getLogger(__name__)

TICKETS = ("sale", "refund")
_NUMBERED = re.compile(r"(lines|returns)\[(\d+)\]")


class Where(NamedTuple):
    """Where an event stands while it is applied, and what its chain told before it."""

    hub_id: int
    site_id: int
    register_id: int
    register: str  # hub/CODE
    code: str
    zone: str
    epoch_id: int
    epoch: int
    now: datetime
    told: "Told | None"  # nothing for an event that is applied out of its turn


class Told(NamedTuple):
    """The last ticket's count, and the perpetual sums with it."""

    number: int
    sales: int
    refunds: int


# Gives the flags of what was applied; raises Unfit or Refusal for what cannot be.
Apply = Callable[[Session, Where, Event], tuple[str, ...]]


class Result(NamedTuple):
    """What became of one event of a delivery."""

    seq: int
    outcome: str  # recorded, flagged, quarantined or replayed
    first: str | None = None
    flags: tuple[str, ...] = ()
    reason: str | None = None
    field: str | None = None


class Stop(NamedTuple):
    """Where a delivery stopped; what came before it is committed."""

    seq: int | None
    reason: str  # fork, gap or unverifiable
    expected: Head | None = None  # of a gap: the seq to send from, and the hash before it


@dataclass(slots=True)
class Taken:
    """What became of a delivery, and the head after it."""

    chain: ChainFacts
    results: list[Result] = field(default_factory=list)
    stopped: Stop | None = None
    prunable: int = 0  # up to which seq a till may forget


def take(
    session: Session,
    chain_id: int,
    arrivals: Sequence[Arrival],
    apply: Apply,
    *,
    deliverer: str,
    now: datetime,
    boldly: bool = False,
) -> Taken:
    """
    Take verified events one by one, each under a savepoint; the caller commits once.

    A defect of ours is `could_not_apply` and stops nobody; what may pass when it is tried again (a
    deadlock, a lost connection) is raised, and nothing is kept. `boldly` does without savepoints,
    and raises Stumbled where one was needed: the caller rolls back and takes it all again.
    """
    chain = lock_chain(session, chain_id)
    if len(arrivals) > 1:
        lock_lots(session, chain.hub_id, codes=sorted(_codes(arrivals)))
    taking = _Taking(session, chain, apply, deliverer, now, boldly=boldly)
    places = [arrival.place for arrival in arrivals if arrival.place]
    held = {}
    if places and min(place.seq for place in places) <= chain.seq:
        held = held_at(session, chain.id, sorted({place.seq for place in places}))
    strays: list[Envelope] = []
    stopped: Stop | None = None
    for arrival in arrivals:
        place, hash_ = arrival.place, arrival.envelope.hash
        if place is None or not arrival.is_true:
            stopped = Stop(place.seq if place else None, "unverifiable")
        elif place.seq <= taking.head.seq:
            there = held.get(place.seq)
            if there and there.hash == hash_:
                taking.results.append(Result(place.seq, "replayed", first=there.outcome))
                continue
            if place.seq in taking.fresh and taking.fresh[place.seq][0] == hash_:
                first = taking.fresh[place.seq][1]
                taking.results.append(Result(place.seq, "replayed", first=first))
                continue
            stopped = Stop(place.seq, "fork")
        elif place.seq > taking.head.seq + 1:
            head = taking.head
            stopped = Stop(place.seq, "gap", Head(head.seq + 1, head.hash))
        elif place.prev != taking.head.hash:
            stopped = Stop(place.seq, "fork")
        else:
            taking.place(arrival)
            continue
        if stopped.reason != "gap":
            strays.append(arrival.envelope)
        break
    if strays and stopped:
        with suppress(Refusal):  # too many already: what came before the stop is kept all the same
            keep_strays(session, chain, strays, why=stopped.reason, by=deliverer, now=now)
    return taking.end(stopped)


def _codes(arrivals: Sequence[Arrival]) -> set[str]:
    """The lots that a delivery is about: locked at once, in one order, as others lock theirs."""
    codes: set[str] = set()
    for arrival in arrivals:
        body = arrival.value.get("body") if arrival.value else None
        lines = body.get("lines") if isinstance(body, dict) else None
        for line in lines if isinstance(lines, list) else []:
            code = line.get("code") if isinstance(line, dict) else None
            if isinstance(code, str) and can_be_kept(code, 64):
                codes.add(code)
    return codes


class _Taking:
    """A delivery under way: the head as it moves, and the facts that it brought."""

    def __init__(
        self,
        session: Session,
        chain: ChainFacts,
        apply: Apply,
        deliverer: str,
        now: datetime,
        *,
        boldly: bool,
    ) -> None:
        self._session, self._chain, self._apply = session, chain, apply
        self._deliverer, self._now, self._boldly = deliverer, now, boldly
        self.head = chain.head
        self._told = Told(chain.last_number, chain.sales, chain.refunds)
        self._applied: list[str] = []
        self.results: list[Result] = []
        self.fresh: dict[int, tuple[str, str]] = {}  # seq to hash and outcome, of this delivery

    def place(self, arrival: Arrival) -> None:
        """Give an event its place; what it says decides only what becomes of it."""
        envelope, value, place = arrival.envelope, arrival.value, arrival.place
        if value is None or place is None:
            raise ValueError("An event without a place is a stray.")
        result = self._become(envelope, value, place.seq)
        uid, kind = value.get("uid"), value.get("kind")
        event_id = insert_row(
            self._session,
            "journal_event",
            EVENT_COLUMNS,
            (
                *(self._chain.hub_id, self._chain.id, place.seq, _word(uid, 36), _word(kind, 16)),
                *(*envelope, result.outcome, " ".join(result.flags), result.reason),
                *(result.field, utc_text(self._now), self._deliverer[:80]),
            ),
        )
        if result.outcome != Outcome.QUARANTINED and place.mode is Mode.LIVE:
            have_effect(self._session, str(uid), event_id)
            self._applied.append(str(uid))
        if kind in TICKETS:
            self._told = told_by(value.get("body"), self._told)
        self.head = Head(place.seq, envelope.hash)
        self.results.append(result)
        self.fresh[place.seq] = (envelope.hash, result.outcome)

    def end(self, stopped: Stop | None) -> Taken:
        """Move the head, and apply what waited for what has come."""
        if self.head.seq > self._chain.seq:
            rows(
                self._session,
                "UPDATE chain SET seq = ?, hash = ?, last_number = ?, sales = ?, refunds = ? "
                "WHERE id = ?",
                (*(self.head.seq, self.head.hash), *self._told, self._chain.id),
            )
            apply_waiting(self._session, self._chain.hub_id, self._applied, self._apply, self._now)
        chain = self._chain._replace(seq=self.head.seq, hash=self.head.hash)
        return Taken(chain, self.results, stopped)

    def _become(self, envelope: Envelope, value: dict[str, Any], seq: int) -> Result:
        chain = self._chain
        try:
            event = read_event(envelope.text, value)
            check_body(event.kind, event.body)
            check_number(chain, event)
            if chain.state is EpochState.LOST:
                raise Unfit("epoch_lost")
            if chain.mode is Mode.TRAINING:
                return Result(seq, Outcome.RECORDED)
            where = where_of(chain, self._now, self._told)
            flags = apply_once(self._session, where, event, self._apply, boldly=self._boldly)
        except Unfit as unfit:
            told = (unfit.reason[:60], unfit.field and unfit.field[:120])
            return Result(seq, Outcome.QUARANTINED, None, (), *told)
        return Result(seq, Outcome.FLAGGED if flags else Outcome.RECORDED, flags=flags)


EVENT_COLUMNS = (
    *("hub_id", "chain_id", "seq", "uid", "kind", "text", "hash", "sig", "outcome", "flags"),
    *("reason", "field", "received_at", "deliverer"),
)


def _word(value: object, most: int) -> str:
    """A word of an event for its columns; nothing where it says none that could be one."""
    return value if isinstance(value, str) and can_be_kept(value, most) else ""


def where_of(chain: ChainFacts, now: datetime, told: Told | None) -> Where:
    """Where an event of a chain is applied."""
    return Where(
        *(chain.hub_id, chain.site_id, chain.register_id, chain.register, chain.code, chain.zone),
        *(chain.epoch_id, chain.epoch, now, told),
    )


def told_by(body: object, before: Told) -> Told:
    """What a ticket tells of its count and of the perpetual sums, however little can be read."""
    number = ticket_count(body)
    perpetual = body.get("perpetual") if isinstance(body, dict) else None
    sums = perpetual if isinstance(perpetual, dict) else {}
    sales, refunds = sums.get("sales"), sums.get("refunds")
    if not all(type(one) is int and 0 <= one < 2**53 for one in (sales, refunds)):
        sales, refunds = before.sales, before.refunds
    return Told(before.number + 1 if number is None else number, int(sales), int(refunds))  # type: ignore[arg-type]


def check_number(chain: ChainFacts, event: Event) -> None:
    """Raise Unfit for a ticket whose number is not of its own register, epoch and mode."""
    if event.kind not in TICKETS:
        return
    series = f"{chain.code}-{chain.epoch}-" + ("X" if chain.mode is Mode.TRAINING else "")
    number = event.body["number"]
    if not (number.startswith(series) and number[len(series) :].isdigit()):
        raise Unfit("bad_value", "body.number")


def apply_once(
    session: Session, where: Where, event: Event, apply: Apply, *, boldly: bool = False
) -> tuple[str, ...]:
    """
    Let an event have its effect, under a savepoint; gives its flags.

    Raises Unfit with the protocol's reason for what has no effect, and leaves nothing behind;
    `boldly` does without the savepoint, and raises Stumbled instead.
    """
    if has_effect(session, event.uid):
        raise Unfit("uid_twice", "uid")
    try:
        with nullcontext() if boldly else _savepoint(session):
            return apply(session, where, event)
    except Exception as error:
        if isinstance(error, DBAPIError) and may_pass(error):
            raise
        if boldly:
            raise Stumbled from error
        raise _unfit(error, event, where) from error


class Stumbled(Exception):
    """An event could not be applied, and what it wrote on the way has to be undone."""


def _unfit(error: Exception, event: Event, where: Where) -> Unfit:
    """Why an event has no effect, in the protocol's words."""
    if isinstance(error, Unfit):
        return error
    if isinstance(error, Refusal):
        at = f"body.{_where_it_stands(error.field, event.body)}" if error.field else None
        return Unfit(error.reason or "bad_value", at)
    error_id = secrets.token_hex(4)
    log.error("Error %s: event %s of %s", error_id, event.uid, where.register, exc_info=error)
    return Unfit(f"could_not_apply:{error_id}")


def _where_it_stands(field: str, body: dict[str, Any]) -> str:
    """A refusal's `lines[n]` names a line by its number, the page's by its place, from 0 on."""
    named = _NUMBERED.fullmatch(field)
    if named is None:
        return field
    places = [
        place for place, line in enumerate(body.get(named[1], ())) if line["n"] == int(named[2])
    ]
    return f"{named[1]}[{places[0]}]" if places else named[1]


@contextmanager
def _savepoint(session: Session) -> Iterator[None]:
    with session.begin_nested():
        yield


def have_effect(session: Session, uid: str, event_id: int) -> None:
    """Write down which event had the one effect of a uid."""
    insert_rows(session, "effect", ("uid", "event_id"), [(uid, event_id)])


def apply_waiting(
    session: Session, hub_id: int, uids: list[str], apply: Apply, now: datetime
) -> None:
    """Apply what waited for these facts; a return's sale has come at last."""
    while waiting := waiting_for(session, hub_id, uids):
        uids = []
        for one in waiting:
            try:
                uid, flags = apply_waiting_one(session, one, apply, now)
            except Unfit:
                continue  # it still waits, now for a person
            end_event(session, one.id, EndHow.RETRIED, "almakane", "", now, flags)
            uids.append(uid)


def apply_waiting_one(
    session: Session, waiting: Waiting, apply: Apply, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Apply a quarantined event as it is; gives its uid and flags, raises Unfit."""
    facts = lock_chain(session, waiting.chain_id)
    value, _ = read_text(waiting.text)
    event = read_event(waiting.text, value)
    check_body(event.kind, event.body)
    check_number(facts, event)
    if facts.mode is Mode.TRAINING:
        return event.uid, ()  # practice touches no book, however late it is taken
    flags = apply_once(session, where_of(facts, now, None), event, apply)
    have_effect(session, event.uid, waiting.id)
    return event.uid, flags


def end_event(
    session: Session,
    event_id: int,
    how: EndHow,
    by: str,
    why: str,
    now: datetime,
    flags: tuple[str, ...] = (),
    adopted_id: int | None = None,
) -> None:
    """Write down how an event ended."""
    insert_rows(
        session,
        "event_end",
        ("event_id", "how", "actor", "why", "at", "flags", "adopted_id"),
        [(event_id, how.value, by, why, utc_text(now), " ".join(flags), adopted_id)],
    )
