"""
Counting while selling: what differs, whatever was sold between two scans.

Five cups are on the shelf. Three are scanned, one is sold, one more is scanned. If the cup that was
sold had been scanned, the last one was overlooked and stands there; if it had not, nothing is
missing. Nobody can know, so nothing is said to be missing: a difference is what no way of it
explains.

A move is replayed at the moment when it happened, not when it was told. What came in while the
count went on need not be scanned, for it may stand where the count has been already.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Moved(NamedTuple):
    """So many came to a place (or left it, below zero) at a moment."""

    at: datetime
    quantity: int


class Seen(NamedTuple):
    """So many were scanned at a place at a moment."""

    at: datetime
    quantity: int


def difference(there: int, moves: Sequence[Moved], scans: Sequence[Seen]) -> int:
    """
    What a place has more (or less, below zero) of a lot than the books, as little as can be.

    `there` is what the books had when the count of the place began, and `moves` came after that.
    """
    if not moves:  # of most lots: nobody bought one while it was counted
        return sum(scan.quantity for scan in scans) - max(0, there)
    return _Place(there).run(_in_order(moves, scans))


def _in_order(moves: Iterable[Moved], scans: Iterable[Seen]) -> list[Moved | Seen]:
    """By moment; of one and the same moment what helps the count most: in, seen, out."""
    told: list[tuple[datetime, int, Moved | Seen]] = [
        *((move.at, 0 if move.quantity > 0 else 2, move) for move in moves),
        *((scan.at, 1, scan) for scan in scans),
    ]
    return [happened for _at, _order, happened in sorted(told, key=lambda one: one[:2])]


class _Place:
    """A place as it was, in the two ways that leave the least to explain."""

    def __init__(self, there: int) -> None:
        self.there = there  # by the books
        self.marked = 0  # scanned and still there, if what left had been scanned wherever it can
        self.extra = 0  # scanned beyond what there was
        self.awaited = max(0, there)  # not scanned yet, if what left had not been scanned
        self.arrived = 0  # came in meanwhile: may be scanned or not

    def run(self, happenings: Iterable[Moved | Seen]) -> int:
        for happened in happenings:
            if isinstance(happened, Seen):
                self._see(happened.quantity)
            elif happened.quantity > 0:
                self.there += happened.quantity
                self.arrived += happened.quantity
            else:
                self._let_go(-happened.quantity)
        return self.extra or -self.awaited

    def _see(self, quantity: int) -> None:
        room = max(0, self.there - self.marked)
        self.extra += max(0, quantity - room)
        self.marked += min(quantity, room)
        awaited = min(quantity, self.awaited)
        self.awaited -= awaited
        self.arrived -= min(quantity - awaited, self.arrived)

    def _let_go(self, quantity: int) -> None:
        self.there -= quantity
        self.marked = max(0, self.marked - quantity)
        unseen = min(quantity, self.awaited)
        self.awaited -= unseen
        self.arrived -= min(quantity - unseen, self.arrived)


class Outcome(StrEnum):
    """What a difference of a count becomes."""

    LOST = "lost"  # a loss is written
    SETTLED = "settled"  # it was sold beyond the books before
    MOVED = "moved"  # it stands elsewhere in the house
    FOUND = "found"  # it had been written off as lost
    LEFT = "left"  # nobody knows: a person looks into it


@dataclass(frozen=True, slots=True)
class Known:
    """What the books know of a lot besides the places that are counted."""

    elsewhere: Mapping[int, int] = field(default_factory=dict)  # place to what stands there
    oversold: Sequence[int] = ()  # what open flags say was sold beyond the books, oldest first
    lost: Sequence[tuple[int, int]] = ()  # losses and what is left of each, latest first


class Explained(NamedTuple):
    """A part of a difference, and what it becomes; `other` is the other place, or the loss."""

    lot_id: int
    place_id: int
    missing: bool
    quantity: int
    outcome: Outcome
    other: int = 0


def explain(lot_id: int, differences: Mapping[int, int], known: Known) -> list[Explained]:
    """
    What the differences of one lot, place to quantity, become.

    What is missing at one place and found at another has moved. Of what is still missing some was
    sold beyond the books; the rest is lost. What is found otherwise came from a place that is not
    counted now, or had been lost; of the rest nobody knows.
    """
    missing = {place: -count for place, count in sorted(differences.items()) if count < 0}
    found = {place: count for place, count in sorted(differences.items()) if count > 0}
    lines: list[Explained] = []

    def take(place: int, is_missing: bool, count: int, outcome: Outcome, other: int = 0) -> None:
        if count > 0:
            (missing if is_missing else found)[place] -= count
            lines.append(Explained(lot_id, place, is_missing, count, outcome, other))

    for source in sorted(missing):
        for target in sorted(found):
            count = min(missing[source], found[target])
            take(source, True, count, Outcome.MOVED, target)
            take(target, False, count, Outcome.MOVED, source)
    settled = settles(known.oversold, sum(missing.values()))
    for place in sorted(missing):
        count = min(missing[place], settled)
        settled -= count
        take(place, True, count, Outcome.SETTLED)
        take(place, True, missing[place], Outcome.LOST)
    elsewhere, lost = dict(known.elsewhere), dict(known.lost)
    for place in sorted(found):
        for source in sorted(elsewhere):
            count = min(found[place], elsewhere[source])
            elsewhere[source] -= count
            take(place, False, count, Outcome.MOVED, source)
        for loss_id in list(lost):
            count = min(found[place], lost[loss_id])
            lost[loss_id] -= count
            take(place, False, count, Outcome.FOUND, loss_id)
        take(place, False, found[place], Outcome.LEFT)
    return lines


def settles(flagged: Iterable[int], most: int) -> int:
    """How many pieces end whole flags of what was oversold, the oldest first, and no more."""
    settled = 0
    for amount in flagged:
        if settled + amount <= most:
            settled += amount
    return settled
