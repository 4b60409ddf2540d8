"""The way to autonomy as a picture: where its two lines run, and where their words stand."""

from collections.abc import Sequence
from typing import NamedTuple

from almakane.money import BASIS
from almakane.payouts.autonomy import GOAL, Point, planned

_QUARTER = BASIS // 4
_MOST_LINES = 6
_HALF_A_WORD = 45
_TALLEST, _DEEPEST = 3 * BASIS, -BASIS  # beyond it a point lies on the edge; its number says more


class Frame(NamedTuple):
    """How large a picture is, and what is left free around it for words."""

    width: int
    height: int
    start: int
    end: int
    top: int
    bottom: int


WIDE = Frame(760, 320, 48, 20, 40, 34)
NARROW = Frame(360, 300, 44, 14, 40, 34)


class Mark(NamedTuple):
    """A value and where it stands, along one side."""

    value: int
    at: int


class Spot(NamedTuple):
    """A place in the picture."""

    x: int
    y: int


class Curve(NamedTuple):
    """A picture as numbers; `real` and `under` are empty where nothing is known."""

    frame: Frame
    first: int
    last: int
    lines: tuple[Mark, ...]  # percents, from above
    months: tuple[Mark, ...]
    plan: str
    plan_word: Spot
    real: tuple[str, ...]  # a path for each run of months without a gap
    under: tuple[str, ...]
    end: Spot | None


def draw_way(points: Sequence[Point], frame: Frame, *, mirrored: bool = False) -> Curve:
    """The planned line and the real one; `mirrored` for a page that is read from the right."""
    known = [
        (point.n, min(max(point.year, _DEEPEST), _TALLEST))
        for point in points
        if point.year is not None
    ]
    last = max(GOAL, len(points))
    lowest, highest, step = _scale([value for _n, value in known])
    inner = frame.width - frame.start - frame.end, frame.height - frame.top - frame.bottom

    def x(n: int) -> int:
        along = frame.start + inner[0] * n // last
        return frame.width - along if mirrored else along

    def y(value: int) -> int:
        return frame.top + inner[1] * (highest - value) // (highest - lowest)

    runs = [[Spot(x(n), y(value)) for n, value in run] for run in _runs(known)]
    plan = [Spot(x(0), y(0)), Spot(x(GOAL), y(BASIS))]
    if last > GOAL:
        plan.append(Spot(x(last), y(BASIS)))
    # The word of the planned line stands where the real one is not.
    at = 27 if not known or known[-1][0] < 21 else 5
    below = 14 + _HALF_A_WORD * inner[1] // inner[0]
    return Curve(
        frame,
        x(0),
        x(last),
        tuple(Mark(value // 100, y(value)) for value in range(highest, lowest - 1, -step)),
        tuple(Mark(n, x(n)) for n in range(12, last + 1, 12)),
        _path(plan),
        Spot(x(at), y(planned(at)) + (below if at > 20 else -16)),
        tuple(_path(run) for run in runs),
        tuple(f"{_path(run)}L{run[-1].x} {y(0)}L{run[0].x} {y(0)}z" for run in runs if run[1:]),
        runs[-1][-1] if runs else None,
    )


def _scale(values: Sequence[int]) -> tuple[int, int, int]:
    """The lowest and the highest line, and how far apart they are: the whole is always one."""
    step = _QUARTER
    while True:
        highest = -(-max(BASIS, *values, 0) // step) * step
        lowest = min(0, *values, 0) // step * step
        if (highest - lowest) // step <= _MOST_LINES:
            return lowest, highest, step
        step *= 2


def _runs(known: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Months that follow one another: no line is drawn over one that is not known."""
    runs: list[list[tuple[int, int]]] = []
    for n, value in known:
        if runs and runs[-1][-1][0] == n - 1:
            runs[-1].append((n, value))
        else:
            runs.append([(n, value)])
    return runs


def _path(spots: Sequence[Spot]) -> str:
    return "M" + "L".join(f"{spot.x} {spot.y}" for spot in spots)
