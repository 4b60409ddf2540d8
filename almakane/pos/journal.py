"""The door of the journal: who delivers proves himself, what he delivers proves itself."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import db, retried, transaction
from almakane.journal.batch import Arrival, Misshapen, one_chain
from almakane.journal.chain import Mode
from almakane.journal.delivery import Result, Stop, Taken, take
from almakane.journal.event import Envelope, moment_text
from almakane.journal.models import EpochState
from almakane.journal.queries import ChainFacts, chains_of, find_chain, prunable_seq
from almakane.journal.strays import Kept, keep_strays_of
from almakane.pos.applying import RECEIPT, apply
from almakane.pos.turns import share_commit


class NotYours(Exception):
    """This deliverer may not bring events of that register, or nothing may come for it any more."""


class Deliverer(NamedTuple):
    """Who brings events: a till its own, an agent or a manager those of a site."""

    name: str
    hub_id: int
    site_id: int
    register_id: int | None = None  # of a till

    def may_bring(self, chain: ChainFacts) -> bool:
        """Whether a chain's register is its own, or stands at its site."""
        if self.register_id is not None:
            return chain.register_id == self.register_id
        return (chain.hub_id, chain.site_id) == (self.hub_id, self.site_id)


def deliver(
    envelopes: Sequence[Envelope],
    deliverer: Deliverer,
    *,
    now: datetime,
    tell: Sequence[str] = RECEIPT,
) -> Taken:
    """
    Take a delivery in: verified before the transaction begins, answered after its commit.

    `tell` is what each ticket asks to be done for the world. Raises Misshapen for events of several
    chains, and NotYours.
    """
    arrivals = [Arrival.read(envelope) for envelope in envelopes]
    named = one_chain(arrivals)
    session = db.session()
    chain = find_chain(session, named[0], named[1], Mode(named[2])) if named else None
    if chain is None and named is None and deliverer.register_id is not None:
        chain = _live_chain(session, deliverer.register_id)
    if chain is None and named is None:
        raise Misshapen("No event of this delivery says which chain it is of.")
    if chain is None or chain.is_server or not deliverer.may_bring(chain):
        raise NotYours
    if chain.state is EpochState.RETIRED:
        raise NotYours
    found = chain
    for arrival in arrivals:
        arrival.verify(found.key)

    def take_them(session: Session, *, boldly: bool = False) -> Taken:
        taken = take(
            *(session, found.id, arrivals, partial(apply, tell=tell)),
            deliverer=deliverer.name,
            now=now,
            boldly=boldly,
        )
        if taken.chain.state is EpochState.RETIRED:  # since it was looked at above
            raise NotYours
        taken.prunable = prunable_seq(session, found.id, now)
        return taken

    def take_it(session: Session) -> Taken:
        return take_them(session, boldly=True)

    # A single event comes from a till at work: nearly always all is well with it.
    return share_commit(take_them, take_it if len(arrivals) == 1 else None)


def keep_strays(
    register_id: int,
    envelopes: Sequence[Envelope],
    why: str,
    deliverer: Deliverer,
    *,
    now: datetime,
) -> Kept:
    """Keep events that have no place, for a person."""

    def keep_them() -> Kept:
        with transaction() as session:
            return keep_strays_of(
                *(session, deliverer.hub_id, register_id, envelopes),
                why=why,
                by=deliverer.name,
                now=now,
            )

    return retried(keep_them)


def _live_chain(session: Session, register_id: int) -> ChainFacts | None:
    """The chain that a till writes to now."""
    chains = [one for one in chains_of(session, register_id) if one.mode is Mode.LIVE]
    return chains[-1] if chains else None


def answer(taken: Taken, *, now: datetime) -> dict[str, Any]:
    """A delivery's answer, as the page shows it."""
    chain = taken.chain
    return {
        "register": chain.register,
        "epoch": chain.epoch,
        "mode": chain.mode.value,
        "held": {"seq": chain.seq, "hash": chain.hash},
        "prunable_seq": taken.prunable,
        "server_time": moment_text(now),
        "stopped": _stop(taken.stopped) if taken.stopped else None,
        "results": [_result(result) for result in taken.results],
    }


def _stop(stop: Stop) -> dict[str, Any]:
    told: dict[str, Any] = {"seq": stop.seq, "reason": stop.reason}
    if stop.expected:
        told["expected"] = {"seq": stop.expected.seq, "prev": stop.expected.hash}
    return told


def _result(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"seq": result.seq, "outcome": str(result.outcome)}
    if result.first:
        told["first"] = result.first
    if result.flags:
        told["flags"] = list(result.flags)
    if result.reason:
        told |= {"reason": result.reason, "field": result.field}
    return told
