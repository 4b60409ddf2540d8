"""What a deliverer brought, read and verified before any transaction begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from almakane.journal.canonical import Unreadable
from almakane.journal.chain import digest, journal_message
from almakane.journal.event import Envelope, Place, read_text
from almakane.journal.signing import verifies
from almakane.texts import is_text

MOST_EVENTS = 100
MOST_BYTES = 1024 * 1024
MOST_EVENT_BYTES = 256 * 1024
_NAMES = {"text", "hash", "sig"}


class Misshapen(ValueError):
    """Not the shape of a delivery: nothing of it is kept."""


class TooLarge(ValueError):
    """One event is larger than the server takes: nothing of the delivery is kept."""


@dataclass(slots=True)
class Arrival:
    """An event at the door: what it says of its place, and whether its register wrote it."""

    envelope: Envelope
    value: dict[str, Any] | None
    place: Place | None
    is_true: bool = False

    @classmethod
    def read(cls, envelope: Envelope) -> "Arrival":
        """Read an event's place."""
        try:
            return cls(envelope, *read_text(envelope.text))
        except Unreadable:
            return cls(envelope, None, None)

    def verify(self, key: str) -> None:
        """Hash the text as it came, and look whether the key signed that."""
        hash_ = digest(self.envelope.text)
        self.is_true = (
            self.place is not None
            and hash_ == self.envelope.hash
            and verifies(key, self.envelope.sig, journal_message(hash_))
        )


def read_envelopes(body: object, most: int = MOST_EVENTS) -> list[Envelope]:
    """The events of a delivery, as three strings each; raises Misshapen or TooLarge."""
    events = body.get("events") if isinstance(body, dict) else None
    if not isinstance(events, list) or not 1 <= len(events) <= most:
        raise Misshapen("A delivery is a list of 1 to 100 events.")
    return [_envelope(event) for event in events]


def one_chain(arrivals: Sequence[Arrival]) -> tuple[str, int, str] | None:
    """
    Register, epoch and mode that all readable events of a delivery name; None if none is readable.

    Raises Misshapen for events of several chains.
    """
    chains = {arrival.place[:3] for arrival in arrivals if arrival.place}
    if len(chains) > 1:
        raise Misshapen("The events of one delivery are of one chain.")
    return next(iter(chains)) if chains else None


def _envelope(event: object) -> Envelope:
    if not isinstance(event, dict) or event.keys() != _NAMES:
        raise Misshapen("An event is text, hash and sig.")
    strings = [event[name] for name in ("text", "hash", "sig")]
    if not all(isinstance(one, str) and is_text(one) for one in strings):
        raise Misshapen("An event is three strings.")
    envelope = Envelope(*strings)
    if sum(len(one.encode()) for one in envelope) > MOST_EVENT_BYTES:
        raise TooLarge("An event has at most 256 KiB.")
    return envelope
