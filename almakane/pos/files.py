"""An exported journal that a manager brings as a file: delivered as if its till had sent it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from almakane.db import db
from almakane.errors import Refusal
from almakane.journal.batch import MOST_EVENTS, Arrival, Misshapen, TooLarge, read_envelopes
from almakane.journal.chain import Mode
from almakane.journal.delivery import Stop
from almakane.journal.event import Envelope
from almakane.journal.queries import find_chain, held_at
from almakane.pos.journal import Deliverer, NotYours, deliver, keep_strays

MOST_BYTES = 8 * 1024 * 1024

Chain = tuple[str, int, str]  # register, epoch, mode


class Site(NamedTuple):
    """For whose register the file was brought, and by whom."""

    hub_id: int
    site_id: int
    register_id: int
    by: str


@dataclass(slots=True)
class Brought:
    """What became of the events of one chain in a file."""

    chain: Chain | None  # none: what could not be read
    counts: dict[str, int] = field(default_factory=dict)  # by outcome, `replayed` and `stray` too
    held: int = 0
    stopped: Stop | None = None
    is_foreign: bool = False  # of a register that is not at this site, or of a retired device
    left_out: int = 0  # behind a gap

    def count(self, outcome: str, number: int = 1) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + number


def read_file(data: bytes) -> list[Envelope]:
    """The events of a file, one JSON object a line or all of them in one; raises Refusal."""
    if not data.strip():
        raise Refusal("This file is empty.", field="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal("This file holds no journal that could be read.", field="file") from error
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    try:
        if isinstance(whole, dict) and "events" in whole:
            events = whole["events"]
        else:
            events = [json.loads(line) for line in text.splitlines() if line.strip()]
        return read_envelopes({"events": events}, most=max(1, len(data)))
    except (ValueError, RecursionError, Misshapen, TooLarge) as error:
        raise Refusal("This file holds no journal that could be read.", field="file") from error


def bring(
    envelopes: Iterable[Envelope], site: Site, *, keep_rest: bool, now: datetime
) -> list[Brought]:
    """
    Deliver a file's events, chain by chain and in their order, a hundred at a time.

    Nothing is dropped: what can be read and has no place is kept as a stray, and so is what
    follows a gap where `keep_rest`. Opens its own transactions, as a delivery does.
    """
    chains: dict[Chain, list[Arrival]] = {}
    unread: list[Envelope] = []
    for envelope in envelopes:
        arrival = Arrival.read(envelope)
        if arrival.place is None:
            unread.append(envelope)
        else:
            chains.setdefault(arrival.place[:3], []).append(arrival)
    brought = [
        _bring_chain(chain, arrivals, site, keep_rest=keep_rest, now=now)
        for chain, arrivals in chains.items()
    ]
    if unread:
        kept = Brought(None)
        _stray(kept, unread, "unverifiable", site, now)
        brought.append(kept)
    return brought


def _bring_chain(
    chain: Chain, arrivals: list[Arrival], site: Site, *, keep_rest: bool, now: datetime
) -> Brought:
    told = Brought(chain)
    deliverer = Deliverer(site.by, site.hub_id, site.site_id)
    arrivals = sorted(arrivals, key=lambda one: one.place.seq if one.place else 0)
    for start in range(0, len(arrivals), MOST_EVENTS):
        batch = [one.envelope for one in arrivals[start : start + MOST_EVENTS]]
        try:
            taken = deliver(batch, deliverer, now=now)
        except NotYours:
            told.is_foreign = True
            _keep_of_retired(told, chain, arrivals, site, now)
            return told
        told.held = taken.chain.seq
        for result in taken.results:
            told.count(str(result.outcome))
        if taken.stopped:
            told.stopped = taken.stopped
            rest = [one.envelope for one in arrivals[start + len(taken.results) :]]
            if taken.stopped.reason == "gap" and not keep_rest:
                told.left_out = len(rest)
            else:
                why = "" if taken.stopped.reason == "gap" else taken.stopped.reason
                at = site._replace(register_id=taken.chain.register_id)
                _stray(told, rest, why, at, now)
            break
    return told


def _keep_of_retired(
    told: Brought, named: Chain, arrivals: list[Arrival], site: Site, now: datetime
) -> None:
    """A retired device wrote all that we hold; whatever else bears its name has no place."""
    session = db.session()
    chain = find_chain(session, named[0], named[1], Mode(named[2]))
    if chain is None or chain.register_id != site.register_id:
        session.rollback()
        return
    places = [one.place.seq for one in arrivals if one.place]
    held = held_at(session, chain.id, sorted(places))
    session.rollback()
    told.held, told.is_foreign = chain.seq, False
    rest = [
        one.envelope
        for one in arrivals
        if not (one.place and (there := held.get(one.place.seq))) or there.hash != one.envelope.hash
    ]
    told.count("replayed", len(arrivals) - len(rest))
    if rest:
        _stray(told, rest, "", site, now)


def _stray(told: Brought, envelopes: list[Envelope], why: str, site: Site, now: datetime) -> None:
    deliverer = Deliverer(site.by, site.hub_id, site.site_id, site.register_id)
    for start in range(0, len(envelopes), MOST_EVENTS):
        batch = envelopes[start : start + MOST_EVENTS]
        keep_strays(site.register_id, batch, why, deliverer, now=now)
        told.count("stray", len(batch))
