"""An event as it travels and as it reads (section 3)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from almakane.journal.canonical import (
    DEEPEST,
    LARGEST_INTEGER,
    NotCanonical,
    Unreadable,
    check_canonical,
    read_loosely,
    write,
)
from almakane.journal.chain import VERSION, Mode

HASH = re.compile(r"[0-9a-f]{64}")
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
REGISTER = re.compile(r"[a-z0-9][a-z0-9-]{0,15}/[A-Z][A-Z0-9]{0,7}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_FIELDS = (
    *("v", "register", "epoch", "mode", "seq", "prev", "uid", "kind", "at", "cashier", "body"),
)
LONGEST_CASHIER = 80


class Unfit(Exception):
    """
    An event in place that cannot be applied: it is kept, and waits for a person.

    `reason` is one of the protocol's words, `field` where in the text it is.
    """

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class Envelope(NamedTuple):
    """The three strings of an event, as they came."""

    text: str
    hash: str
    sig: str


class Place(NamedTuple):
    """Where in which chain an event says that it belongs."""

    register: str
    epoch: int
    mode: Mode
    seq: int
    prev: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event that reads as the page says; its body's shape is checked by `bodies`."""

    uid: str
    kind: str
    at: datetime
    cashier: str
    body: dict[str, Any]


def read_place(value: dict[str, Any]) -> Place:
    """Where an event belongs; raises Unreadable for one that names no place."""
    register, epoch, mode = value.get("register"), value.get("epoch"), value.get("mode")
    seq, prev = value.get("seq"), value.get("prev")
    if (
        not (isinstance(register, str) and REGISTER.fullmatch(register))
        or not (_is_count(epoch) and _is_count(seq))
        or mode not in ("live", "training")
        or not (isinstance(prev, str) and HASH.fullmatch(prev))
    ):
        raise Unreadable
    return Place(register, epoch, Mode(mode), seq, prev)  # type: ignore[arg-type]


def read_event(text: str, value: dict[str, Any]) -> Event:
    """What an event tells; raises Unfit for what the page does not allow."""
    try:
        check_canonical(text, value)
    except NotCanonical as error:
        raise Unfit("not_canonical") from error
    if type(value.get("v")) is not int or value["v"] != VERSION:
        raise Unfit("unknown_version", "v")
    for name in sorted(value.keys() - set(_FIELDS)):
        raise Unfit("unknown_field", name)
    for name in _FIELDS:
        if name not in value:
            raise Unfit("missing_field", name)
    uid, kind, cashier, body = value["uid"], value["kind"], value["cashier"], value["body"]
    if not (isinstance(uid, str) and UID.fullmatch(uid)):
        raise Unfit("bad_value", "uid")
    if not isinstance(kind, str):
        raise Unfit("bad_value", "kind")
    if not isinstance(cashier, str) or not 1 <= len(cashier) <= LONGEST_CASHIER:
        raise Unfit("bad_value", "cashier")
    if "\x00" in cashier:
        raise Unfit("bad_value", "cashier")
    if not isinstance(body, dict):
        raise Unfit("bad_value", "body")
    return Event(uid, kind, read_moment(value["at"], "at"), cashier, body)


def read_moment(value: object, field: str) -> datetime:
    """A moment as the page writes it, `YYYY-MM-DDThh:mm:ss.mmmZ`; raises Unfit."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None  # the 30th of February
        if moment and 2000 <= moment.year < 2200:
            return moment
    raise Unfit("bad_value", field)


def moment_text(moment: datetime) -> str:
    """A moment as the page writes it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat("T", "milliseconds") + "Z"


def event_text(place: Place, event: Event, deepest: int = DEEPEST) -> str:
    """The canonical text of an event."""
    return write(
        {
            **{"v": VERSION, "register": place.register, "epoch": place.epoch},
            **{"mode": place.mode.value, "seq": place.seq, "prev": place.prev},
            **{"uid": event.uid, "kind": event.kind, "at": moment_text(event.at)},
            **{"cashier": event.cashier, "body": event.body},
        },
        deepest,
    )


def _is_count(value: object) -> bool:
    return type(value) is int and 1 <= value <= LARGEST_INTEGER


def read_text(text: str) -> tuple[dict[str, Any], Place]:
    """What an event's text holds and where it belongs; raises Unreadable."""
    value = read_loosely(text)
    return value, read_place(value)
