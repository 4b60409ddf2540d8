"""The door of the journal: who delivers proves himself, what he delivers proves itself."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import Remembered, db, retried, transaction
from almakane.journal.batch import Arrival, Misshapen, one_chain
from almakane.journal.chain import Mode
from almakane.journal.delivery import Result, Stop, Taken, take
from almakane.journal.event import Envelope, moment_text
from almakane.journal.models import EpochState
from almakane.journal.queries import ChainFacts, chains_of, find_chain, opens, prunable_seq
from almakane.journal.strays import Kept, keep_strays_of
from almakane.pos.applying import RECEIPT, apply
from almakane.pos.turns import share_commit


class NotYours(Exception):
    """This deliverer may not bring events of that register, or nothing may come for it any more."""


class ShutOut(Exception):
    """This deliverer's token opened the door once, and does so no more."""


class Deliverer(NamedTuple):
    """Who brings events: a till its own, an agent or a manager those of a site."""

    name: str
    hub_id: int
    site_id: int
    register_id: int | None = None  # of a till
    token_hash: str | None = None  # of a till that is at the door itself

    def may_bring(self, chain: ChainFacts) -> bool:
        """Whether a chain's register is its own, or stands at its site."""
        if self.register_id is not None:
            return chain.register_id == self.register_id
        return (chain.hub_id, chain.site_id) == (self.hub_id, self.site_id)


class _Met(NamedTuple):
    """What of a chain never changes: its number, and the key that its events are signed with."""

    chain_id: int
    key: str


# Who was let in before, and which chain they wrote to: a till at work needs no look at the books
# before its transaction. Whether its token still opens, and its epoch is not retired, is what may
# have changed, and that the transaction sees.
_deliverers: Remembered[str, Deliverer] = Remembered()
_chains: Remembered[tuple[str, str, int, str], _Met] = Remembered()


def deliverer_met(session: Session, token_hash: str) -> Deliverer | None:
    """The till with a token, if it delivered before; whether it still may, `deliver` asks."""
    return _deliverers.get(session, token_hash)


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
    chains, NotYours and ShutOut.
    """
    arrivals = [Arrival.read(envelope) for envelope in envelopes]
    named = one_chain(arrivals)
    mark = (deliverer.token_hash, *named) if deliverer.token_hash and named else None
    met = mark and _chains.get(db.session(), mark)
    chain_id, key = met or _meet(db.session(), deliverer, named)
    for arrival in arrivals:
        arrival.verify(key)

    def take_them(session: Session, *, boldly: bool = False) -> Taken:
        taken = take(
            *(session, chain_id, arrivals, partial(apply, tell=tell)),
            deliverer=deliverer.name,
            now=now,
            boldly=boldly,
        )
        _look_again(session, deliverer, taken.chain)
        if mark and not met:
            _deliverers.put(session, mark[0], deliverer)
            _chains.put(session, mark, _Met(chain_id, key))
        taken.prunable = prunable_seq(session, chain_id, now)
        return taken

    def take_it(session: Session) -> Taken:
        return take_them(session, boldly=True)

    # Nearly always all is well: a savepoint for each event would cost more than to begin again.
    return share_commit(take_them, take_it)


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


def _meet(session: Session, deliverer: Deliverer, named: tuple[str, int, str] | None) -> _Met:
    """The chain that a delivery is for; raises NotYours, or Misshapen where nothing names one."""
    chain = find_chain(session, named[0], named[1], Mode(named[2])) if named else None
    if chain is None and named is None and deliverer.register_id is not None:
        chain = _live_chain(session, deliverer.register_id)
    if chain is None and named is None:
        raise Misshapen("No event of this delivery says which chain it is of.")
    if chain is None or chain.is_server or not deliverer.may_bring(chain):
        raise NotYours
    if chain.state is EpochState.RETIRED:
        raise NotYours
    return _Met(chain.id, chain.key)


def _look_again(session: Session, deliverer: Deliverer, chain: ChainFacts) -> None:
    """Raise what stands against a delivery now that its chain is locked; nothing is kept then."""
    hash_, register_id = deliverer.token_hash, deliverer.register_id
    is_own = hash_ == chain.token_hash  # and not the chain of an epoch before
    if hash_ and register_id and not is_own and not opens(session, hash_, register_id):
        raise ShutOut
    if chain.state is EpochState.RETIRED:
        raise NotYours


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
