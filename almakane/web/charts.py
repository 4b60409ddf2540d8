"""A chart of one or two lines as plain places: what a page draws, and where its words stand."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

_SIZE = 1000  # parts that the height and the width of the picture are divided into


class Place(NamedTuple):
    """Where something stands, in hundredths of the width and the height, from the left above."""

    x: float
    y: float


class Mark(NamedTuple):
    """A line across the chart, and what it stands for."""

    y: float
    words: str
    is_axis: bool


class Label(NamedTuple):
    """Words under the chart."""

    x: float
    words: str
    is_last: bool


class Lines(NamedTuple):
    """A chart: paths in thousandths, places of words in hundredths."""

    real: str
    under: str
    plan: str
    end: Place | None
    end_words: str
    end_is_late: bool
    plan_at: Place | None
    plan_words: str
    marks: tuple[Mark, ...]
    labels: tuple[Label, ...]
    start: float


class Scale(NamedTuple):
    """The lowest and the highest line across a chart, and how far apart they are."""

    bottom: int
    top: int
    step: int

    @property
    def lines(self) -> range:
        """Where the lines are, from above."""
        return range(self.top, self.bottom - 1, -self.step)


def scale(values: Sequence[int], whole: int, most: int = 6) -> Scale:
    """A scale in parts of a whole, which is always on it as nothing is, of few lines."""
    step = max(1, whole // 4)
    while True:
        top = -(-max(whole, *values, 0) // step) * step
        bottom = min(0, *values, 0) // step * step
        if (top - bottom) // step <= most:
            return Scale(bottom, top, step)
        step *= 2


def draw_lines(
    real: Sequence[int | None],
    plan: Sequence[int] = (),
    *,
    top: int,
    bottom: int = 0,
    axes: Collection[int] | None = None,
    marks: Sequence[tuple[int, str]],
    labels: Sequence[tuple[int, str]] = (),
    end_words: str = "",
    plan_words: str = "",
    is_rtl: bool = False,
) -> Lines:
    """
    The chart of values at equal distances, from `bottom` to `top`; the plan may run on beyond.

    No line is drawn over a value that is not known, and what lies beyond stands at the edge.
    `marks` are (value, words) of the lines across, those of `axes` strong (nothing and the top,
    unless said); `labels` (index, words) under the chart. What runs right to left is mirrored by
    its style sheet; only the places of words turn here.
    """
    many = max(len(real), len(plan), 2)

    def across(index: int) -> int:
        return index * _SIZE // (many - 1)

    def down(value: int) -> int:
        return _SIZE - (max(bottom, min(value, top)) - bottom) * _SIZE // (top - bottom)

    def told(index: float) -> float:
        """Where words of that index stand, in hundredths from the left."""
        part = index / (many - 1) * 100
        return round(100 - part if is_rtl else part, 1)

    def path(values: Sequence[tuple[int, int]]) -> str:
        return "M" + "L".join(f"{across(i)} {down(value)}" for i, value in values)

    runs = [run for run in _runs(real) if len(run) > 1]
    known = [(i, value) for i, value in enumerate(real) if value is not None]
    last, value = known[-1] if known else (-1, 0)
    middle = min((len(plan) + max(last, 0)) // 2, len(plan) - 1)
    return Lines(
        real="".join(path(run) for run in runs),
        under="".join(
            f"{path(run)}L{across(run[-1][0])} {down(0)}L{across(run[0][0])} {down(0)}z"
            for run in runs
        ),
        plan=path(list(enumerate(plan))) if len(plan) > 1 else "",
        end=Place(told(last), down(value) / 10) if known else None,
        end_words=end_words,
        end_is_late=last > (many - 1) * 0.85,
        plan_at=Place(told(middle), down(plan[middle]) / 10) if plan else None,
        plan_words=plan_words,
        marks=tuple(
            Mark(down(value) / 10, words, value in ((0, top) if axes is None else axes))
            for value, words in marks
        ),
        labels=tuple(
            Label(told(index), words, index > (many - 1) * 0.9) for index, words in labels
        ),
        start=told(0),
    )


def _runs(values: Sequence[int | None]) -> list[list[tuple[int, int]]]:
    """Values that follow one another, each with its index."""
    runs: list[list[tuple[int, int]]] = []
    for i, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1][0] == i - 1:
            runs[-1].append((i, value))
        else:
            runs.append([(i, value)])
    return runs
