"""A chart of bars as plain numbers: how high each stands, and the lines that it is read by."""

from collections.abc import Sequence
from typing import NamedTuple

_LINES = 4  # at most, besides zero
_TALL = 1_000  # parts that the whole height is divided into
_SMALLEST = 1_00  # a line stands for whole dirhams


class Bar(NamedTuple):
    """Where a bar begins, counted from above, and how tall it is, in thousandths of the height."""

    y: int
    height: int


class Chart(NamedTuple):
    """Bars in their order; `marks` are the values of the lines, from above, equally far apart."""

    bars: tuple[Bar, ...]
    marks: tuple[int, ...]
    lines: tuple[int, ...]
    zero: int


def draw_bars(values: Sequence[int]) -> Chart:
    """The bars of those values; what is below zero hangs from the zero line."""
    highest, lowest = max(0, *values, 0), min(0, *values, 0)
    step = _step(highest - lowest)
    top = -(-highest // step) * step
    bottom = lowest // step * step
    if top == bottom:
        top = step
    span = top - bottom

    def place(value: int) -> int:
        return (top - value) * _TALL // span

    bars = []
    for value in values:
        upper, lower = place(max(value, 0)), place(min(value, 0))
        bars.append(Bar(upper, lower - upper))
    marks = tuple(range(top, bottom - 1, -step))
    return Chart(tuple(bars), marks, tuple(place(mark) for mark in marks), place(0))


def _step(span: int) -> int:
    """The round distance between two lines that needs few of them: 1, 2 or 5 and noughts."""
    step = _SMALLEST
    while True:
        for factor in (1, 2, 5):
            if step * factor * _LINES >= span:
                return step * factor
        step *= 10
