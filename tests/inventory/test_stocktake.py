"""What differs when people count while others sell: told apart from what nobody can know."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.inventory.stocktake import (
    Explained,
    Known,
    Moved,
    Outcome,
    Seen,
    difference,
    explain,
    settles,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("there", "happened", "found"),
    [
        (0, [], 0),
        (1, [], -1),
        (1, [("seen", 1)], 0),
        (5, [("seen", 3)], -2),
        (5, [("seen", 3), ("seen", 3)], 1),
        (0, [("seen", 1)], 1),
        # sold between two scans, from what was counted or from what was not
        (5, [("seen", 3), ("out", 1), ("seen", 1)], 0),
        (5, [("seen", 3), ("out", 1), ("seen", 2)], 0),
        (5, [("seen", 3), ("out", 1), ("seen", 3)], 1),
        (5, [("seen", 2), ("out", 1), ("seen", 1)], -1),
        # sold before it was seen, and seen after it was sold
        (1, [("out", 1)], 0),
        (1, [("out", 1), ("seen", 1)], 1),
        (1, [("seen", 1), ("out", 1)], 0),
        # what comes in need not be scanned, and may be
        (1, [("seen", 1), ("in", 2)], 0),
        (1, [("seen", 1), ("in", 2), ("seen", 2)], 0),
        (1, [("in", 2), ("seen", 1)], 0),
        (1, [("in", 2), ("seen", 4)], 1),
        (1, [("seen", 1), ("out", 1), ("in", 1), ("seen", 1)], 0),
        (3, [("in", 2)], -3),
    ],
)
def test_a_difference_is_what_nothing_explains(
    there: int, happened: list[tuple[str, int]], found: int
) -> None:
    moves, scans = [], []
    for minute, (what, quantity) in enumerate(happened):
        if what == "seen":
            scans.append(Seen(at(minute), quantity))
        else:
            moves.append(Moved(at(minute), quantity if what == "in" else -quantity))
    assert difference(there, moves, scans) == found


def test_what_is_told_late_is_replayed_when_it_happened() -> None:
    sold_early, seen = Moved(at(1), -1), Seen(at(5), 2)
    assert difference(3, [sold_early], [seen]) == 0
    assert difference(3, [Moved(at(9), -1)], [seen]) == 0
    assert difference(3, [], [seen]) == -1


class Step(NamedTuple):
    """What happens in the shop: so many are seen, go or come."""

    what: str
    quantity: int


STEPS = st.lists(
    st.builds(Step, st.sampled_from(["seen", "out", "in"]), st.integers(1, 3)), max_size=7
)


def every_way(there: int, steps: Sequence[Step]) -> int:
    """
    The least difference over all ways in which it can have been, by trying every one of them.

    A way says of each piece that left whether it had been scanned, had not and should be, or had
    come in meanwhile.
    """
    ways = {(0, there, 0, 0)}  # scanned, awaited, arrived, scanned beyond what there was
    for step in steps:
        after: set[tuple[int, int, int, int]] = set()
        for scanned, awaited, arrived, extra in ways:
            after |= _next(step, scanned, awaited, arrived, extra)
        ways = after
    least = min(ways, key=lambda way: way[1] + way[3])
    return least[3] - least[1]


def _next(
    step: Step, scanned: int, awaited: int, arrived: int, extra: int
) -> set[tuple[int, int, int, int]]:
    if step.what == "in":
        return {(scanned, awaited, arrived + step.quantity, extra)}
    found = set()
    for a, b, c in product(range(step.quantity + 1), repeat=3):
        if a + b + c != step.quantity:
            continue
        if step.what == "out" and a <= scanned and b <= awaited and c <= arrived:
            found.add((scanned - a, awaited - b, arrived - c, extra))
        if step.what == "seen" and a <= awaited and b <= arrived:
            found.add((scanned + a + b, awaited - a, arrived - b, extra + c))
    return found


@given(st.integers(0, 6), STEPS)
def test_the_difference_is_the_least_over_every_way_it_can_have_been(
    there: int, told: list[Step]
) -> None:
    steps, left = [], there
    for step in told:  # no more leaves than there is
        quantity = min(step.quantity, left) if step.what == "out" else step.quantity
        if quantity:
            steps.append(Step(step.what, quantity))
            left += {"in": 1, "out": -1}.get(step.what, 0) * quantity
    moves = [
        Moved(at(n), step.quantity if step.what == "in" else -step.quantity)
        for n, step in enumerate(steps)
        if step.what != "seen"
    ]
    scans = [Seen(at(n), step.quantity) for n, step in enumerate(steps) if step.what == "seen"]
    assert difference(there, moves, scans) == every_way(there, steps)


@given(st.integers(0, 8), st.integers(0, 2**32), st.integers(0, 30))
def test_who_counts_every_piece_finds_no_difference_whatever_is_sold_meanwhile(
    there: int, seed: int, moments: int
) -> None:
    """A plain shop of pieces that one can take into the hand."""
    chance = Random(seed)  # noqa: S311 - a shop of a test
    waiting, counted = ["piece"] * there, 0
    shelf_counted: list[str] = []
    moves, scans = [], []
    for minute in range(moments):
        act = chance.choice(["scan", "scan", "sell", "come"])
        if act == "scan" and waiting:
            shelf_counted.append(waiting.pop())
            scans.append(Seen(at(minute), 1))
            counted += 1
        elif act == "sell" and (waiting or shelf_counted):
            side = chance.choice([side for side in (waiting, shelf_counted) if side])
            side.pop()
            moves.append(Moved(at(minute), -1))
        elif act == "come":  # before the counter, or behind her back
            chance.choice([waiting, shelf_counted]).append("piece")
            moves.append(Moved(at(minute), 1))
    scans += [Seen(at(moments + n), 1) for n in range(len(waiting))]
    assert difference(there, moves, scans) == 0


@given(st.integers(0, 9), st.lists(st.integers(1, 4), max_size=4))
def test_where_nothing_moves_the_difference_is_exact(there: int, seen: list[int]) -> None:
    scans = [Seen(at(n), quantity) for n, quantity in enumerate(seen)]
    assert difference(there, [], scans) == sum(seen) - there


# What a difference becomes


def outcomes(lines: list[Explained]) -> list[tuple[int, bool, int, str, int]]:
    return [
        (line.place_id, line.missing, line.quantity, line.outcome.value, line.other)
        for line in lines
    ]


def test_what_is_missing_here_and_found_there_has_moved() -> None:
    assert outcomes(explain(7, {1: -3, 2: 2}, Known())) == [
        (1, True, 2, "moved", 2),
        (2, False, 2, "moved", 1),
        (1, True, 1, "lost", 0),
    ]


def test_what_was_sold_beyond_the_books_is_settled_before_anything_is_lost() -> None:
    assert outcomes(explain(7, {1: -3}, Known(oversold=(2,)))) == [
        (1, True, 2, "settled", 0),
        (1, True, 1, "lost", 0),
    ]
    assert outcomes(explain(7, {1: -1}, Known(oversold=(2,)))) == [(1, True, 1, "lost", 0)]


def test_what_is_found_came_from_elsewhere_or_had_been_lost_or_nobody_knows() -> None:
    known = Known(elsewhere={5: 1}, lost=((9, 1), (8, 4)))
    assert outcomes(explain(7, {1: 4}, known)) == [
        (1, False, 1, "moved", 5),
        (1, False, 1, "found", 9),
        (1, False, 2, "found", 8),
    ]
    assert outcomes(explain(7, {1: 1}, Known())) == [(1, False, 1, "left", 0)]


@given(
    st.dictionaries(st.integers(1, 4), st.integers(-5, 5).filter(bool), max_size=4),
    st.dictionaries(st.integers(5, 7), st.integers(0, 3), max_size=3),
    st.lists(st.integers(1, 3), max_size=3),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), max_size=3, unique_by=lambda x: x[0]),
)
def test_every_piece_of_a_difference_is_explained_once_and_no_place_gives_more_than_it_has(
    differences: dict[int, int],
    elsewhere: dict[int, int],
    oversold: list[int],
    lost: list[tuple[int, int]],
) -> None:
    lines = explain(7, differences, Known(elsewhere, oversold, lost))
    for place, quantity in differences.items():
        told = sum(line.quantity for line in lines if line.place_id == place)
        assert told == abs(quantity)
        assert {line.missing for line in lines if line.place_id == place} == {quantity < 0}
    for place, there in elsewhere.items():
        assert (
            sum(
                line.quantity
                for line in lines
                if line.other == place and line.outcome is Outcome.MOVED
            )
            <= there
        )
    for loss_id, left in lost:
        found = [line for line in lines if line.outcome is Outcome.FOUND and line.other == loss_id]
        assert sum(line.quantity for line in found) <= left
    settled = sum(line.quantity for line in lines if line.outcome is Outcome.SETTLED)
    assert settled <= sum(oversold)
    assert settles(oversold, settled) == settled
