"""The chain of a register: genesis, hashes, and what is signed (sections 2, 4, 8 and 10)."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from almakane.journal.canonical import write

VERSION = 1


class Mode(StrEnum):
    """Trade, or practice that touches no book."""

    LIVE = "live"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a chain: its seq (0 where there is none) and hash (the genesis' then)."""

    seq: int
    hash: str


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, as lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def genesis_text(
    register: str, epoch: int, mode: Mode, key: str, previous: tuple[int, Head] | None
) -> str:
    """
    The text whose hash is the first event's `prev`.

    `register` is `hub/CODE`, `key` the device's public key (`""` for the server's own registers),
    `previous` the epoch before and the head that the server held of this mode's chain in it.
    """
    before = None
    if previous:
        epoch_before, head = previous
        before = {"epoch": epoch_before, "seq": head.seq, "hash": head.hash}
    return write(
        {
            "v": VERSION,
            "genesis": register,
            "epoch": epoch,
            "mode": mode.value,
            "key": key,
            "previous": before,
        }
    )


def journal_message(hash_: str) -> bytes:
    """What the signature of an event is over."""
    return f"almakane-journal-1:{hash_}".encode("ascii")


def enrol_message(code: str, key: str) -> bytes:
    """What proves that a device holds the key with which it enrols."""
    return f"almakane-enrol-1:{code}:{key}".encode("ascii")


def retire_message(register: str, epoch: int, live_hash: str) -> bytes:
    """What proves that a device itself ends its epoch."""
    return f"almakane-retire-1:{register}:{epoch}:{live_hash}".encode("ascii")


def ticket_message(payload: str) -> bytes:
    """What the signature of a ticket token is over."""
    return f"almakane-ticket-1:{payload}".encode("ascii")
