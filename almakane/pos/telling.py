"""What an event says of itself, read for a person, whatever a broken or hostile device wrote."""

import json
import re
from datetime import datetime
from typing import Any, NamedTuple

from almakane.journal.canonical import LARGEST_INTEGER, Unreadable, read_loosely
from almakane.journal.event import UID, Unfit, read_moment

_LONGEST = 80

# What would turn the line, break it, or not show: written as JSON's own escapes, which read back
# as the same text.
_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)


class Telling(NamedTuple):
    """An event's own words; empty or none where it says nothing that could be read."""

    register: str
    epoch: int | None
    mode: str
    seq: int | None
    kind: str
    uid: str
    at: datetime | None
    cashier: str
    number: str
    cash: int | None
    body: str  # as a person reads and corrects it
    is_object: bool  # whether that body is JSON that could be sent back
    shift: str  # its uid, where the event names one


def tell(text: str) -> Telling:
    """Read an event's text as far as it goes."""
    try:
        value = read_loosely(text)
    except Unreadable:
        value = {}
    body = value.get("body")
    return Telling(
        register=_word(value.get("register")),
        epoch=_whole(value.get("epoch")),
        mode=_word(value.get("mode")),
        seq=_whole(value.get("seq")),
        kind=_word(value.get("kind")),
        uid=_word(value.get("uid")),
        at=_moment(value.get("at")),
        cashier=_word(value.get("cashier")),
        number=_word(body.get("number")) if isinstance(body, dict) else "",
        cash=_cash(value.get("kind"), body),
        body=written(body) if isinstance(body, dict) else shown(text),
        is_object=isinstance(body, dict),
        shift=_shift(body.get("shift")) if isinstance(body, dict) else "",
    )


def _shift(value: object) -> str:
    return value if isinstance(value, str) and UID.fullmatch(value) else ""


def written(body: dict[str, Any]) -> str:
    """A body as a person reads and corrects it."""
    try:
        return shown(json.dumps(body, indent=2, ensure_ascii=False, sort_keys=True))
    except RecursionError:
        return "{}"


def shown(text: str) -> str:
    """A text in which nothing is unseen; within JSON it still means the same."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _cash(kind: object, body: object) -> int | None:
    """The cash that came in, or went out below zero, by the event's word; none if it says none."""
    if not isinstance(body, dict):
        return None
    if kind == "cash_moved":
        amount = _whole(body.get("amount"))
        return -amount if amount is not None and body.get("direction") == "out" else amount
    tenders, change = body.get("tenders"), _whole(body.get("change"))
    if kind not in ("sale", "refund") or not isinstance(tenders, list) or change is None:
        return None
    cash = -change
    for tender in tenders:
        if not isinstance(tender, dict):
            return None
        amount = _whole(tender.get("amount"))
        if tender.get("kind") == "cash":
            if amount is None:
                return None
            cash += amount
    return cash


def _word(value: object) -> str:
    return shown(value)[:_LONGEST] if isinstance(value, str) else ""


def _whole(value: object) -> int | None:
    return value if type(value) is int and abs(value) <= LARGEST_INTEGER else None


def _moment(value: object) -> datetime | None:
    try:
        return read_moment(value, "at")
    except Unfit:
        return None
