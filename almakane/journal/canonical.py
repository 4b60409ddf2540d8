"""Canonical JSON, so that Python and JavaScript write one value as the same bytes (section 3)."""

import json
import re
from collections.abc import Iterable
from typing import Any

DEEPEST = 6
LARGEST_INTEGER = 9_007_199_254_740_991  # what a JavaScript number holds exactly

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_HALF = re.compile("[\ud800-\udfff]")
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


class NotCanonical(ValueError):
    """A value that the page does not allow, or a text that is not written as it says."""


class Unreadable(ValueError):
    """A text that is no JSON object at all."""


def write(value: Any, deepest: int = DEEPEST) -> str:
    """A value as canonical JSON; raises NotCanonical for what it does not allow."""
    _check(value, deepest)
    return str(_encode(value))


def read_loosely(text: str) -> dict[str, Any]:
    """
    A JSON object, however it is written; the last of a key that comes twice.

    For finding an event's place: whether it is canonical is asked afterwards. Raises Unreadable.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(value, dict):
        raise Unreadable
    return value


def check_canonical(text: str, value: dict[str, Any]) -> None:
    """Raise NotCanonical unless the text is the canonical form of what was read from it."""
    if write(value) != text:
        raise NotCanonical("It is not written in canonical form.")


def _check(value: Any, left: int) -> None:
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise NotCanonical("A key is written a to z, 0 to 9 and _.")
        _check_each(value.values(), left)
    elif isinstance(value, list):
        _check_each(value, left)
    elif isinstance(value, str):
        if not value.isascii() and _HALF.search(value):
            raise NotCanonical("A text has half a character.")
    elif isinstance(value, bool) or value is None:
        pass
    elif not isinstance(value, int) or abs(value) > LARGEST_INTEGER:
        raise NotCanonical("A number is an integer that JavaScript holds.")


def _check_each(values: Iterable[Any], left: int) -> None:
    if left < 1:
        raise NotCanonical("It is nested too deep.")
    for value in values:
        # Nearly all of an event is short texts and small numbers, which need no call of their own.
        if type(value) is str and value.isascii():
            continue
        if type(value) is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            continue
        _check(value, left - 1)
