"""How a device is heard of, and how its epoch ends: in order, or lost (sections 7 and 8)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.journal.chain import Head, Mode, retire_message
from almakane.journal.models import Epoch, EpochState, Heartbeat
from almakane.journal.queries import ChainFacts, Token, chains_of
from almakane.journal.signing import verifies

Heads = Mapping[Mode, Head]
MOST_SKEW_SECONDS = 120


class HeadsDiffer(Exception):
    """What a device holds is not what the server holds: it sends the rest first."""


class Beat(NamedTuple):
    """What a device says of itself."""

    heads: Heads
    unsent: int
    oldest_unsent_at: datetime | None
    at: datetime
    app: str
    persisted: bool
    free_bytes: int | None


def hear(session: Session, epoch_id: int, beat: Beat, now: datetime) -> None:
    """Remember what a device said last."""
    there = session.get(Heartbeat, epoch_id) or Heartbeat(epoch_id=epoch_id)
    there.heads = json.dumps(
        {mode.value: [head.seq, head.hash] for mode, head in beat.heads.items()}, sort_keys=True
    )
    there.unsent, there.oldest_unsent_at = beat.unsent, beat.oldest_unsent_at
    there.heard_at, there.app = now, beat.app
    there.skew_seconds = round((beat.at - now).total_seconds())
    there.persisted, there.free_bytes = beat.persisted, beat.free_bytes
    session.add(there)
    session.flush()


def chains_of_epoch(session: Session, token: Token) -> list[ChainFacts]:
    """The chains that a token's device writes."""
    return [
        chain for chain in chains_of(session, token.register_id) if chain.epoch_id == token.epoch_id
    ]


def retire(session: Session, token: Token, heads: Heads, proof: str, *, now: datetime) -> None:
    """
    End an epoch in order, at the device's own word; said again it is the same.

    Raises HeadsDiffer unless the heads are equal, and Refusal for a proof that proves nothing.
    """
    epoch = session.get_one(Epoch, token.epoch_id, with_for_update=True)
    chains = {chain.mode: chain for chain in chains_of_epoch(session, token)}
    held = {mode: chain.head for mode, chain in chains.items()}
    told = {**held, **heads}
    live = told[Mode.LIVE]
    if not verifies(token.key, proof, retire_message(token.register, token.epoch, live.hash)):
        raise Refusal("The device could not prove that it ends its own journal.", field="proof")
    if told != held:
        raise HeadsDiffer
    if epoch.state is EpochState.LIVE:
        epoch.state, epoch.ended_at, epoch.ended_by = EpochState.RETIRED, now, token.register
        session.flush()


class Missing(NamedTuple):
    """What a lost device is known to have held beyond what the server holds, by mode."""

    mode: Mode
    had: int
    hold: int


def lose(session: Session, hub_id: int, epoch_id: int, *, by: str, now: datetime) -> list[Missing]:
    """
    State that a device is lost: what continues its chain is quarantined from now on.

    Its token may still deliver events and nothing else. Gives what its last heartbeat told of and
    the server does not hold.
    """
    epoch = session.scalar(
        select(Epoch).where(Epoch.id == epoch_id, Epoch.hub_id == hub_id).with_for_update()
    )
    if epoch is None or not epoch.key:
        raise Refusal("There is no such device.", field="epoch")
    if epoch.state is EpochState.RETIRED:
        raise Refusal("This device was retired: nothing of it is missing.", field="epoch")
    if epoch.state is EpochState.LIVE:
        epoch.state, epoch.ended_at, epoch.ended_by = EpochState.LOST, now, by
        session.flush()
    return missing_of(session, epoch)


def missing_of(session: Session, epoch: Epoch) -> list[Missing]:
    """What a device told of in its last heartbeat and the server does not hold."""
    heard = session.get(Heartbeat, epoch.id)
    told = json.loads(heard.heads) if heard else {}
    return [
        Missing(chain.mode, told[chain.mode.value][0], chain.seq)
        for chain in chains_of(session, epoch.register_id)
        if chain.epoch_id == epoch.id
        and chain.mode.value in told
        and told[chain.mode.value][0] > chain.seq
    ]


def revoke_token(session: Session, hub_id: int, epoch_id: int) -> None:
    """Take a device's token away: it can tell us nothing more until it is given another one."""
    epoch = session.scalar(select(Epoch).where(Epoch.id == epoch_id, Epoch.hub_id == hub_id))
    if epoch is None:
        raise Refusal("There is no such device.", field="epoch")
    epoch.token_hash = None
    session.flush()
