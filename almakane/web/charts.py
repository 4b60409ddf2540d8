"""A chart of one or two lines as plain places: what a page draws, and where its words stand."""

from collections.abc import Sequence
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


def draw_lines(
    real: Sequence[int],
    plan: Sequence[int] = (),
    *,
    top: int,
    marks: Sequence[tuple[int, str]],
    labels: Sequence[tuple[int, str]] = (),
    end_words: str = "",
    plan_words: str = "",
    is_rtl: bool = False,
) -> Lines:
    """
    The chart of values at equal distances, from 0 to `top`; the plan may run on beyond what is.

    `marks` are (value, words) of the lines across, `labels` (index, words) under the chart. What
    runs right to left is mirrored by its style sheet; only the places of words turn here.
    """
    many = max(len(real), len(plan), 2)

    def across(index: int) -> int:
        return index * _SIZE // (many - 1)

    def down(value: int) -> int:
        return _SIZE - max(0, min(value, top)) * _SIZE // top

    def told(index: float) -> float:
        """Where words of that index stand, in hundredths from the left."""
        part = index / (many - 1) * 100
        return round(100 - part if is_rtl else part, 1)

    def path(values: Sequence[int]) -> str:
        if len(values) < 2:
            return ""
        return "M" + "L".join(f"{across(i)} {down(value)}" for i, value in enumerate(values))

    line = path(real)
    last = len(real) - 1
    middle = min((len(plan) + max(last, 0)) // 2, len(plan) - 1)
    return Lines(
        real=line,
        under=f"{line}L{across(last)} {_SIZE}L0 {_SIZE}z" if line else "",
        plan=path(plan),
        end=Place(told(last), down(real[-1]) / 10) if real else None,
        end_words=end_words,
        end_is_late=last > (many - 1) * 0.85,
        plan_at=Place(told(middle), down(plan[middle]) / 10) if plan else None,
        plan_words=plan_words,
        marks=tuple(Mark(down(value) / 10, words, value in (0, top)) for value, words in marks),
        labels=tuple(
            Label(told(index), words, index > (many - 1) * 0.9) for index, words in labels
        ),
        start=told(0),
    )
