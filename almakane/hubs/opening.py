"""The hours of a shop, as people type them and as they are kept: `10:00-13:00 14:30-19:00`."""

import re
from collections.abc import Sequence

from almakane.errors import Refusal

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST_SPANS = 3
_SPAN = re.compile(
    r"(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?)?\s*[-–—]\s*(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?)?", re.ASCII
)
_BETWEEN = re.compile(r"[\s,;،]*")

Span = tuple[int, int]  # minutes from midnight: it opens, it closes


def read_hours(text: str, field: str) -> str:
    """What was typed of a day, as it is kept; "" is closed. Raises Refusal, naming the field."""
    wrong = Refusal("Write hours like 10:00-13:00, 14:30-19:00; empty is closed.", field=field)
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        span = _SPAN.match(text, at)
        if span is None:
            raise wrong
        opens, closes = (int(span[n]) * 60 + int(span[n + 1] or 0) for n in (1, 3))
        if int(span[2] or 0) > 59 or int(span[4] or 0) > 59:
            raise wrong
        found.append((opens, closes))
        between = _BETWEEN.match(text, span.end())
        at = between.end() if between else span.end()
    edges = [edge for span in found for edge in span]
    if len(found) > _MOST_SPANS or edges != sorted(set(edges)) or (edges and edges[-1] > 24 * 60):
        raise wrong
    return " ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in found)


def spans_of(kept: str) -> tuple[Span, ...]:
    """The spans of a day as it is kept."""
    return tuple(
        (_minutes(opens), _minutes(closes))
        for opens, _, closes in (span.partition("-") for span in kept.split())
    )


def alike(days: Sequence[str]) -> list[tuple[int, int, str]]:
    """Days in a row that have the same hours: first, last, and those; closed ones are left out."""
    found: list[tuple[int, int, str]] = []
    for n, hours in enumerate(days):
        if found and found[-1][1] == n - 1 and found[-1][2] == hours:
            found[-1] = (found[-1][0], n, hours)
        else:
            found.append((n, n, hours))
    return [row for row in found if row[2]]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
