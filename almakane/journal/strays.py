"""Events that have no place in a chain are kept for a person (section 7)."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import insert_rows, rows, utc_text
from almakane.errors import Refusal
from almakane.journal.batch import Arrival
from almakane.journal.event import Envelope
from almakane.journal.queries import ChainFacts, chains_of

MOST_BYTES = 50 * 1024 * 1024  # of one register


class Kept(NamedTuple):
    """How many strays of a delivery are new, and how many were there."""

    kept: int
    known: int


def keep_strays(
    session: Session,
    chain: ChainFacts,
    envelopes: Sequence[Envelope],
    *,
    why: str,
    by: str,
    now: datetime,
) -> Kept:
    """Keep strays of a chain's register, each once."""
    return keep_strays_of(
        session, chain.hub_id, chain.register_id, envelopes, why=why, by=by, now=now
    )


def keep_strays_of(
    session: Session,
    hub_id: int,
    register_id: int,
    envelopes: Sequence[Envelope],
    *,
    why: str,
    by: str,
    now: datetime,
) -> Kept:
    """
    Keep strays of a register, each once per text, hash and signature.

    Raises Refusal, reason `too_many_strays`, where they would be more than 50 MiB.
    """
    fresh = {_mark(envelope): envelope for envelope in envelopes}
    known = {
        mark
        for (mark,) in rows(
            session,
            "SELECT mark FROM stray WHERE register_id = ? AND mark IN (??)",
            (register_id, list(fresh)),
        )
    }
    new = {mark: envelope for mark, envelope in fresh.items() if mark not in known}
    [(there,)] = rows(
        session, "SELECT COALESCE(SUM(size), 0) FROM stray WHERE register_id = ?", (register_id,)
    )
    if new and int(there) + sum(map(_size, new.values())) > MOST_BYTES:
        raise Refusal(
            "This register has too many strays: a manager has to look at them first.",
            reason="too_many_strays",
        )
    insert_rows(
        session,
        "stray",
        (
            *("hub_id", "register_id", "mark", "text", "hash", "sig", "size", "verifies", "why"),
            *("received_at", "deliverer"),
        ),
        [
            (
                *(hub_id, register_id, mark, *envelope, _size(envelope)),
                *(is_true, why[:500], utc_text(now), by[:80]),
            )
            for (mark, envelope), is_true in zip(
                new.items(), _verified(session, register_id, new.values()), strict=True
            )
        ],
        conflict="(register_id, mark) DO NOTHING",
    )
    return Kept(len(new), len(envelopes) - len(new))


def _mark(envelope: Envelope) -> str:
    whole = hashlib.sha256()
    for one in envelope:
        data = one.encode()
        whole.update(len(data).to_bytes(8) + data)
    return whole.hexdigest()


def _size(envelope: Envelope) -> int:
    return sum(len(one.encode()) for one in envelope)


def _verified(session: Session, register_id: int, envelopes: Iterable[Envelope]) -> list[bool]:
    """Whether the keys of the epochs that strays name, at this register, signed them."""
    keys = {(chain.register, chain.epoch): chain.key for chain in chains_of(session, register_id)}
    verified = []
    for envelope in envelopes:
        arrival = Arrival.read(envelope)
        key = keys.get((arrival.place.register, arrival.place.epoch)) if arrival.place else None
        if key:
            arrival.verify(key)
        verified.append(arrival.is_true)
    return verified
