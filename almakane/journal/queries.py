"""Whose a chain is, where it stands, and what waits for a person."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import locking, rows, utc_text
from almakane.journal.chain import Head, Mode
from almakane.journal.models import EpochState

KEPT_BY_TILLS = timedelta(days=7)  # what a server restored from a backup may ask for again


class ChainFacts(NamedTuple):
    """A chain, its register and its head."""

    id: int
    hub_id: int
    site_id: int
    register_id: int
    register: str  # hub/CODE
    code: str
    zone: str
    epoch_id: int
    epoch: int
    mode: Mode
    key: str
    state: EpochState
    is_server: bool
    seq: int
    hash: str
    last_number: int
    sales: int
    refunds: int
    token_hash: str | None  # of its epoch's token, while that opens anything

    @property
    def head(self) -> Head:
        """Its last event."""
        return Head(self.seq, self.hash)


_CHAIN = """
SELECT chain.id, hub.id, register.site_id, register.id, hub.code, register.code, hub.zone,
       epoch.id, epoch.epoch, chain.mode, epoch.key, epoch.state, register.kind,
       chain.seq, chain.hash, chain.last_number, chain.sales, chain.refunds, epoch.token_hash
FROM chain
JOIN epoch ON epoch.id = chain.epoch_id
JOIN register ON register.id = epoch.register_id
JOIN hub ON hub.id = register.hub_id
"""


def find_chain(session: Session, register: str, epoch: int, mode: Mode) -> ChainFacts | None:
    """The chain that an event names, `register` being `hub/CODE`."""
    hub, _, code = register.partition("/")
    where = "WHERE hub.code = ? AND register.code = ? AND epoch.epoch = ? AND chain.mode = ?"
    found = rows(session, _CHAIN + where, (hub, code, epoch, mode.value))
    return _facts(found[0]) if found else None


def lock_chain(session: Session, chain_id: int) -> ChainFacts:
    """A chain with its head, its row locked until the commit."""
    [row] = rows(session, locking(session, _CHAIN + "WHERE chain.id = ?", "chain"), (chain_id,))
    return _facts(row)


def chains_of(session: Session, register_id: int) -> list[ChainFacts]:
    """Every chain of a register, the oldest epoch first."""
    order = "WHERE register.id = ? ORDER BY epoch.epoch, chain.mode"
    return [_facts(row) for row in rows(session, _CHAIN + order, (register_id,))]


def _facts(row: Any) -> ChainFacts:
    hub_id, site_id, register_id, hub, code, zone = row[1:7]
    return ChainFacts(
        *(row[0], hub_id, site_id, register_id, f"{hub}/{code}", code, zone, row[7], row[8]),
        *(Mode(row[9]), row[10], EpochState(row[11]), row[12] == "server", *row[13:]),
    )


class Token(NamedTuple):
    """The epoch that a bearer token was given to."""

    epoch_id: int
    epoch: int
    state: EpochState
    key: str
    hub_id: int
    site_id: int
    register_id: int
    register: str
    code: str
    zone: str


_EPOCH_OF = """
SELECT epoch.id, epoch.epoch, epoch.state, epoch.key, hub.id, register.site_id, register.id,
       hub.code, register.code, hub.zone
FROM epoch JOIN register ON register.id = epoch.register_id JOIN hub ON hub.id = register.hub_id
WHERE epoch.token_hash = ?
"""


def token_hash(token: str) -> str:
    """What is kept of a token: SHA-256, for 256 random bits need no salt."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find_token(session: Session, token: str) -> Token | None:
    """Whose a till's token is, if it still opens anything."""
    found = rows(session, _EPOCH_OF, (token_hash(token),))
    if not found:
        return None
    [(epoch_id, epoch, state, key, hub_id, site_id, register_id, hub, code, zone)] = found
    return Token(
        *(epoch_id, epoch, EpochState(state), key, hub_id, site_id, register_id),
        *(f"{hub}/{code}", code, zone),
    )


def opens(session: Session, hash_: str, register_id: int) -> bool:
    """Whether a token, told by its hash, still opens anything of a register."""
    sql = "SELECT 1 FROM epoch WHERE token_hash = ? AND register_id = ?"
    return bool(rows(session, sql, (hash_, register_id)))


def prunable_seq(session: Session, chain_id: int, now: datetime) -> int:
    """Up to which seq a till may forget: what arrived long enough ago to be in every backup."""
    found = rows(
        session,
        "SELECT seq FROM journal_event WHERE chain_id = ? AND received_at <= ? "
        "ORDER BY received_at DESC, seq DESC LIMIT 1",
        (chain_id, utc_text(now - KEPT_BY_TILLS)),
    )
    return int(found[0][0]) if found else 0


class Held(NamedTuple):
    """An event that the server holds: its hash, and what became of it when it arrived."""

    hash: str
    outcome: str


def held_at(session: Session, chain_id: int, places: list[int]) -> dict[int, Held]:
    """seq to what is held there."""
    found = rows(
        session,
        "SELECT seq, hash, outcome FROM journal_event WHERE chain_id = ? AND seq IN (??)",
        (chain_id, places),
    )
    return {seq: Held(hash_, outcome) for seq, hash_, outcome in found}


class Waiting(NamedTuple):
    """A quarantined event that nobody has ended yet."""

    id: int
    chain_id: int
    text: str
    hash: str
    sig: str
    reason: str


_WAITING = """
SELECT event.id, event.chain_id, event.text, event.hash, event.sig, event.reason
FROM journal_event event LEFT JOIN event_end ended ON ended.event_id = event.id
WHERE event.hub_id = ? AND ended.id IS NULL AND event.reason
"""


def waiting_for(session: Session, hub_id: int, uids: list[str]) -> list[Waiting]:
    """The events that wait for these facts, oldest first."""
    if not uids:
        return []
    reasons = [f"needs:{uid}" for uid in uids]
    found = rows(session, f"{_WAITING} IN (??) ORDER BY event.id", (hub_id, reasons))
    return [Waiting(*row) for row in found]


def find_waiting(session: Session, hub_id: int, event_id: int) -> Waiting | None:
    """One quarantined event, if it still waits."""
    found = rows(session, f"{_WAITING} IS NOT NULL AND event.id = ?", (hub_id, event_id))
    return Waiting(*found[0]) if found else None


def has_effect(session: Session, uid: str) -> bool:
    """Whether a fact has had its one effect, over all registers."""
    return bool(rows(session, "SELECT 1 FROM effect WHERE uid = ?", (uid,)))
