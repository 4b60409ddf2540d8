"""Paper that a till describes in JSON, read strictly: the parts of a strip and no others."""

from dataclasses import MISSING, fields
from enum import StrEnum
from typing import Any, get_type_hints

from almakane.gateways.paper import (
    Barcode,
    Cut,
    DrawerKick,
    Feed,
    Part,
    Qr,
    Row,
    Rule,
    Strip,
    Text,
)

_PARTS: dict[str, type[Part]] = {
    part.kind: part for part in (Text, Row, Rule, Qr, Barcode, Feed, Cut, DrawerKick)
}
_LANGUAGES = ("fr", "ar", "en")
_MOST_PARTS = 2_000
_LONGEST = 2_000


class NotPaper(ValueError):
    """What was described is no strip of paper."""


def read_strip(told: Any) -> Strip:
    """A strip from `{"language", "parts": [{"kind", ...}]}`; raises NotPaper."""
    if not isinstance(told, dict) or told.keys() != {"language", "parts"}:
        raise NotPaper("A strip has a language and parts.")
    language, parts = told["language"], told["parts"]
    if language not in _LANGUAGES or not isinstance(parts, list) or len(parts) > _MOST_PARTS:
        raise NotPaper("A strip has a language of ours and a list of parts.")
    return Strip(language, tuple(_part(part) for part in parts))


def _part(told: Any) -> Part:
    kind = told.get("kind") if isinstance(told, dict) else None
    part = _PARTS.get(kind) if isinstance(kind, str) else None
    if part is None:
        raise NotPaper(f"There is no part called {kind}.")
    types = get_type_hints(part)
    wanted = {one.name: one for one in fields(part)}
    given = {name: value for name, value in told.items() if name != "kind"}
    if given.keys() - wanted.keys():
        raise NotPaper(f"{kind} has no {', '.join(sorted(given.keys() - wanted.keys()))}.")
    lacks = [one.name for one in wanted.values() if one.default is MISSING]
    if set(lacks) - given.keys():
        raise NotPaper(f"{kind} lacks {', '.join(sorted(set(lacks) - given.keys()))}.")
    return part(**{name: _value(types[name], value) for name, value in given.items()})


def _value(wanted: Any, value: Any) -> Any:
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        try:
            return wanted(value)
        except ValueError as error:
            raise NotPaper(str(error)) from error
    if wanted in (str, int, bool):
        if type(value) is not wanted:
            raise NotPaper(f"{value!r} is no {wanted.__name__}.")
        if wanted is str and len(value) > _LONGEST:
            raise NotPaper("A text is too long.")
        if wanted is int and not 0 <= value <= 100:
            raise NotPaper(f"{value} is too many.")
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):  # amounts of a row
        return tuple(_value(str, one) for one in value)
    raise NotPaper(f"{value!r} is no list of texts.")
