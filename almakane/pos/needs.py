"""What at a register needs a hand, the most urgent first."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from almakane.journal.epochs import MOST_SKEW_SECONDS
from almakane.pos.queries import Board

SILENT_AFTER = timedelta(minutes=10)
LEAST_FREE_BYTES = 200 * 1024 * 1024


class Grade(StrEnum):
    """How urgent a need is, as pages draw it: money is not in the books, or something may fail."""

    STOPS = "stops"
    WAITS = "waits"


class What(StrEnum):
    """What is needed."""

    QUARANTINED = "quarantined"
    STRAYS = "strays"
    MISSING = "missing"
    OTHER_HEAD = "other_head"
    ORPHAN_SHIFT = "orphan_shift"
    UNSENT = "unsent"
    SILENT = "silent"
    REVOKED = "revoked"
    CLOCK = "clock"
    NOT_KEPT = "not_kept"
    SPACE = "space"
    FLAGGED = "flagged"
    FLAGS = "flags"


_STOPS = {What.QUARANTINED, What.STRAYS, What.MISSING, What.OTHER_HEAD, What.ORPHAN_SHIFT}


class Need(NamedTuple):
    """One thing that needs a hand, and how many of it."""

    what: What
    number: int = 1

    @property
    def grade(self) -> Grade:
        """How urgent it is."""
        return Grade.STOPS if self.what in _STOPS else Grade.WAITS


def needs_of(board: Board, now: datetime) -> list[Need]:
    """What needs a hand at a register now."""
    found = [
        (What.QUARANTINED, board.quarantined),
        (What.STRAYS, board.strays),
        *_of_device(board),
        (What.ORPHAN_SHIFT, int(board.shift is not None and board.shift.is_orphan)),
        *_of_what_was_heard(board, now),
        (What.FLAGGED, board.flagged),
        (What.FLAGS, board.flags),
    ]
    return [Need(what, number) for what, number in found if number]


def _of_device(board: Board) -> list[tuple[What, int]]:
    device = board.device
    if device is None or board.is_server:
        return []
    is_other = any(head.is_other for head in device.heads)
    return [
        (What.MISSING, sum(head.missing for head in device.heads) if device.is_lost else 0),
        (What.OTHER_HEAD, int(is_other and device.is_live)),
    ]


def _of_what_was_heard(board: Board, now: datetime) -> list[tuple[What, int]]:
    """A device's own word of itself counts for as long as it is enrolled."""
    device = board.device
    if device is None or board.is_server or not device.is_live:
        return []
    needs = [(What.REVOKED, int(device.epoch.token_hash is None))]
    heard = device.heard
    if heard is None:
        return needs
    is_silent = board.shift is not None and now - heard.heard_at > SILENT_AFTER
    free = heard.free_bytes
    return [
        *needs,
        (What.UNSENT, heard.unsent),
        (What.SILENT, int(is_silent)),
        (What.CLOCK, int(abs(heard.skew_seconds) > MOST_SKEW_SECONDS)),
        (What.NOT_KEPT, int(not heard.persisted)),
        (What.SPACE, int(free is not None and free < LEAST_FREE_BYTES)),
    ]
