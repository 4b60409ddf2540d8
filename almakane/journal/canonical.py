"""Canonical JSON, so that Python and JavaScript write one value as the same bytes (section 3)."""

import json
import re
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


def is_text(text: str) -> bool:
    """Whether a string can be hashed and kept: no half of a character, no NUL."""
    return "\x00" not in text and not _HALF.search(text)


def _check(value: Any, left: int) -> None:
    if isinstance(value, dict):
        _check_depth(left)
        for key, inner in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise NotCanonical("A key is written a to z, 0 to 9 and _.")
            _check(inner, left - 1)
    elif isinstance(value, list):
        _check_depth(left)
        for inner in value:
            _check(inner, left - 1)
    elif isinstance(value, str):
        if _HALF.search(value):
            raise NotCanonical("A text has half a character.")
    elif isinstance(value, bool) or value is None:
        pass
    elif not isinstance(value, int) or abs(value) > LARGEST_INTEGER:
        raise NotCanonical("A number is an integer that JavaScript holds.")


def _check_depth(left: int) -> None:
    if left < 1:
        raise NotCanonical("It is nested too deep.")
