"""The one place that writes to the printer: whoever asks, a job is printed once."""

import logging
from threading import Lock
from typing import NamedTuple

from almakane.agent.disk import Disk, Said
from almakane.gateways.condition import Condition
from almakane.gateways.transports import Broken, Unreachable, Way, condition_of, way_to

log = logging.getLogger(__name__)


class NotBegun(Exception):
    """Nothing was written, neither on the disk nor to the printer, and the job may come again."""

    def __init__(self, condition: Condition, told: str = "") -> None:
        super().__init__(told or condition.value)
        self.condition = condition


class Outcome(NamedTuple):
    """What is known of a job after it was printed, now or before."""

    said: Said
    told: str


class Press:
    """A printer and the disk that knows what it was given."""

    def __init__(self, way: Way, disk: Disk) -> None:
        self.disk = disk
        self._way = way
        self._lock = Lock()
        for uid in disk.begun():  # the power went while these were printed
            disk.end(uid, Said.UNKNOWN)

    def condition(self) -> Condition:
        """How the printer is."""
        with self._lock:
            return condition_of(self._way)

    def print(self, uid: str, data: bytes, lease: str | None = None) -> Outcome:
        """
        Print a job, unless it was begun before; raises NotBegun where the printer is not ready.

        The disk knows of it before the printer does, so that no power cut prints it twice.
        """
        with self._lock:
            known = self.disk.find(uid)
            if known:
                return Outcome(known.said, "known from before")
            try:
                with way_to(self._way) as line:
                    try:
                        condition = line.condition()
                    except Broken as error:
                        raise NotBegun(Condition.UNREACHABLE, str(error)) from error
                    if not condition.prints:
                        raise NotBegun(condition)
                    try:
                        self.disk.begin(uid, lease)
                    except OSError as error:
                        raise NotBegun(condition, f"The disk takes nothing: {error}") from error
                    try:
                        line.write(data)
                        outcome = _judge(line.condition())
                    except Broken as error:
                        outcome = Outcome(Said.UNKNOWN, str(error))
            except Unreachable as error:
                raise NotBegun(Condition.UNREACHABLE, str(error)) from error
            self.disk.end(uid, outcome.said)
            return outcome


def _judge(after: Condition) -> Outcome:
    """What the printer's condition after a job says of the job."""
    if after is Condition.UNTOLD:
        return Outcome(Said.SENT, after.value)
    if after.prints:
        return Outcome(Said.CONFIRMED, after.value)
    return Outcome(Said.UNKNOWN, after.value)
