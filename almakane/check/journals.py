"""I4 and I5 for the registers' journals: chains verify, and each uid had its one effect."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Connection, text

from almakane.check.law import Broken, Rule

_EVENTS_AT_ONCE = 500
_LATEST = 50  # events of each chain that a start verifies

_APPLIED = """
SELECT event.id, event.uid, event.kind, event.hub_id
FROM journal_event event JOIN chain ON chain.id = event.chain_id JOIN epoch ON epoch.id = epoch_id
LEFT JOIN event_end ended ON ended.event_id = event.id
WHERE chain.mode = 'live' AND epoch.key <> ''
  AND (event.outcome <> 'quarantined' OR ended.how = 'retried')
"""

RULES = (
    Rule(
        "heads_are_the_last_events",
        "I4",
        "The chain stands at %(seq)s, and its last event is %(last)s of %(events)s.",
        """
        SELECT 'chain ' || chain.id AS found, chain.seq, COALESCE(MAX(event.seq), 0) AS last,
               COUNT(event.id) AS events
        FROM chain LEFT JOIN journal_event event ON event.chain_id = chain.id
        GROUP BY chain.id, chain.seq
        HAVING chain.seq <> COALESCE(MAX(event.seq), 0) OR chain.seq <> COUNT(event.id)
        """,
    ),
    Rule(
        "an_event_had_its_effect",
        "I5",
        "It was applied, and no effect of %(uid)s is written down for it.",
        f"""
        SELECT 'journal_event ' || applied.id AS found, applied.uid
        FROM ({_APPLIED}) applied LEFT JOIN effect ON effect.uid = applied.uid
        WHERE effect.uid IS NULL OR effect.event_id <> applied.id
        """,
    ),
    Rule(
        "an_effect_has_its_event",
        "I5",
        "Its event was never applied.",
        f"""
        SELECT 'effect ' || effect.uid AS found
        FROM effect
        LEFT JOIN ({_APPLIED}) applied ON applied.id = effect.event_id
        LEFT JOIN event_end ended ON ended.adopted_id = effect.event_id
        LEFT JOIN stray_end strayed ON strayed.adopted_id = effect.event_id
        LEFT JOIN journal_event event ON event.id = effect.event_id
        WHERE applied.id IS NULL AND ended.id IS NULL AND strayed.id IS NULL
          AND COALESCE(event.sig, 'none') <> ''
        """,
    ),
    Rule(
        "a_ticket_of_a_journal_is_in_the_books",
        "I5",
        "The ticket %(uid)s is in the journal, and not in the books.",
        f"""
        SELECT 'journal_event ' || applied.id AS found, applied.uid
        FROM ({_APPLIED}) applied LEFT JOIN sale ON sale.uid = applied.uid
        WHERE applied.kind IN ('sale', 'refund') AND sale.id IS NULL
        """,
    ),
    Rule(
        "a_shift_of_a_journal_is_in_the_books",
        "I5",
        "The shift %(uid)s is in the journal, and not in the books.",
        f"""
        SELECT 'journal_event ' || applied.id AS found, applied.uid
        FROM ({_APPLIED}) applied LEFT JOIN shift ON shift.uid = applied.uid
        WHERE applied.kind = 'shift_opened' AND shift.id IS NULL
        """,
    ),
    Rule(
        "a_taking_is_spent_by_its_ticket",
        "I9",
        "It was used by %(event_uid)s, which is no ticket of the books.",
        """
        SELECT 'used ' || used.id AS found, used.event_uid
        FROM used JOIN taking ON taking.uid = used.uid
        LEFT JOIN sale ON sale.uid = used.event_uid
        WHERE sale.id IS NULL AND used.event_uid <> 'void'
        """,
    ),
)


class _Chain(NamedTuple):
    id: int
    register: str
    epoch: int
    mode: str
    key: str
    genesis: str
    seq: int
    hash: str


_CHAINS = """
SELECT chain.id, hub.code || '/' || register.code, epoch.epoch, chain.mode, epoch.key,
       chain.genesis, chain.seq, chain.hash
FROM chain JOIN epoch ON epoch.id = chain.epoch_id
JOIN register ON register.id = epoch.register_id JOIN hub ON hub.id = register.hub_id
ORDER BY chain.id
"""
_EVENTS = """
SELECT id, seq, text, hash, sig FROM journal_event
WHERE chain_id = :chain AND seq > :after AND seq <= :upto ORDER BY seq
"""
# The name of whoever bought and those of cards, orders and couriers are in no seal of the books.
_NAMED = """
SELECT event.id, sale.customer, tender.kind, tender.ref
FROM journal_event event
JOIN sale ON sale.uid = event.uid AND sale.hub_id = event.hub_id
LEFT JOIN tender ON tender.sale_id = sale.id AND tender.kind <> 'cash'
WHERE event.chain_id = :chain AND event.seq > :after AND event.seq <= :upto
  AND event.kind IN ('sale', 'refund') AND event.outcome <> 'quarantined'
"""


def broken_journals(connection: Connection, *, fast: bool) -> Iterator[Broken]:
    """Each chain from its genesis, or its latest events: hashes, signatures, places and head."""
    for row in connection.execute(text(_CHAINS)).all():
        yield from _broken_chain(connection, _Chain(*row), fast=fast)


def _broken_chain(connection: Connection, chain: _Chain, *, fast: bool) -> Iterator[Broken]:
    broken, differ = Broken("I4", "journals_verify"), Broken("I5", "a_ticket_names_whom_it_named")
    start = max(0, chain.seq - _LATEST) if fast else 0
    before = _hash(chain.genesis) if start == 0 else None
    for after in range(start, chain.seq, _EVENTS_AT_ONCE):
        window = {
            "chain": chain.id,
            "after": after,
            "upto": min(after + _EVENTS_AT_ONCE, chain.seq),
        }
        booked = _named_in_books(connection, window)
        for event_id, seq, told, hash_, sig in connection.execute(text(_EVENTS), window):
            row, says = f"journal_event {event_id}", _read(told)
            if _hash(told) != hash_:
                broken.add("Its hash is not that of its text.", row)
            elif chain.key and not _signed(chain.key, hash_, sig):
                broken.add("The register did not sign it.", row)
            elif not _is_here(says, chain, seq, before):
                broken.add("It says that it belongs elsewhere.", row)
            elif event_id in booked and booked[event_id] != _named_by(says["body"]):
                differ.add("The books name another buyer, card, order or courier than it.", row)
            before = hash_
    if before is not None and before != chain.hash:
        broken.add("The head is not the hash of its last event.", f"chain {chain.id}")
    yield broken
    yield differ


_Named = tuple[str | None, list[tuple[str, str]]]  # the customer; kind and name of each tender


def _named_in_books(connection: Connection, window: dict[str, int]) -> dict[int, _Named]:
    """Of each ticket of some events, whom it names in the books."""
    found: dict[int, _Named] = {}
    for event_id, customer, kind, ref in connection.execute(text(_NAMED), window):
        tenders = found.setdefault(event_id, (customer, []))[1]
        if kind is not None:
            tenders.append((kind, ref))
            tenders.sort()
    return found


def _named_by(body: dict[str, Any]) -> _Named:
    """The same as the register wrote it."""
    tenders = [(one["kind"], one["ref"]) for one in body["tenders"] if one["kind"] != "cash"]
    return body["customer"], sorted(tenders)


def _read(told: str) -> dict[str, Any]:
    """What an event says; nothing where somebody left no event there."""
    try:
        says = json.loads(told)
    except ValueError:
        return {}
    return says if isinstance(says, dict) else {}


def _is_here(told: dict[str, Any], chain: _Chain, seq: int, before: str | None) -> bool:
    here = (chain.register, chain.epoch, chain.mode, seq)
    says = tuple(told.get(name) for name in ("register", "epoch", "mode", "seq"))
    return says == here and (before is None or told.get("prev") == before)


def _hash(told: str) -> str:
    return hashlib.sha256(told.encode()).hexdigest()


def _signed(key: str, hash_: str, sig: str) -> bool:
    try:
        raw = _bytes(sig)
        r, s = (int.from_bytes(part) for part in (raw[:32], raw[32:]))
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(key))
        message = b"almakane-journal-1:" + hash_.encode()
        point.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def _bytes(told: str) -> bytes:
    return base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))
