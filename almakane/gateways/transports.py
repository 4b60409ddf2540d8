"""
The ways to a printer: network, USB, serial line, file; each asked for its status if it can tell.

A finished write is no proof of paper, so the status is asked on the same line, after what was sent:
an answer that comes behind the bytes shows that these have arrived.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from escpos.printer import File, Network, Serial, Usb

from almakane.errors import Refusal
from almakane.gateways.condition import Condition

_SECONDS = 20  # for a printer that is busy with a long paper
_AT_ONCE_SECONDS = 3  # for one that has nothing to do yet

_STATUS = b"\x10\x04"
_PRINTER, _CAUSE, _PAPER = 1, 2, 4
_OFFLINE, _COVER, _LOW, _OUT = 0x08, 0x04, 0x0C, 0x60
_IS_STATUS = 0x12  # the bits that are set in every answer
_FIXED = 0x93  # those that tell an answer from anything else


class Unreachable(Exception):
    """No way to the printer; nothing was sent."""


class Broken(Exception):
    """The way broke while bytes were on it, or the printer fell silent: who knows what came out."""


class Way(NamedTuple):
    """How to reach a printer: `network`, `usb`, `serial` or `file`, and where."""

    kind: str
    where: tuple[str, ...]
    tells: bool  # whether it is asked how it is
    seconds: float = _SECONDS


def read_way(text: str, *, tells: bool = True, seconds: float = _SECONDS) -> Way:
    """`network:HOST:PORT`, `usb:VVVV:PPPP`, `serial:/dev/...` or `file:PATH`; raises Refusal."""
    kind, _, where = text.partition(":")
    match kind:
        case "network":
            host, _, port = where.rpartition(":")
            if host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536:
                return Way(kind, (host, port), tells, seconds)
        case "usb":
            parts = where.split(":")
            with suppress(ValueError):
                if len(parts) == 2 and all(0 < int(part, 16) < 65_536 for part in parts):
                    return Way(kind, tuple(parts), tells, seconds)
        case "serial" if where:
            return Way(kind, (where,), tells, seconds)
        case "file" if where:
            return Way(kind, (where,), tells=False)
    raise Refusal(
        "A printer is network:HOST:PORT, usb:VVVV:PPPP, serial:DEVICE or file:PATH, not %(way)s.",
        field="printer",
        way=text,
    )


class Line:
    """An open way to a printer."""

    def __init__(self, device: Any, way: Way) -> None:
        self._device = device
        self._way = way

    def write(self, data: bytes) -> None:
        """Send bytes; raises Broken."""
        try:
            self._wait_at_most(self._way.seconds)
            self._device._raw(data)
        except Exception as error:  # each library has its own
            raise Broken(str(error)) from error

    def condition(self, seconds: float | None = None) -> Condition:
        """
        How the printer is, asked behind whatever was sent before.

        Raises Broken where a printer that should tell does not.
        """
        if not self._way.tells:
            return Condition.UNTOLD
        until = time.monotonic() + (self._way.seconds if seconds is None else seconds)
        if not self._ask(_PRINTER, until) & _OFFLINE:
            paper = self._ask(_PAPER, until)
            return Condition.PAPER_LOW if paper & _LOW else Condition.READY
        if self._ask(_PAPER, until) & _OUT:
            return Condition.PAPER_OUT
        return Condition.COVER_OPEN if self._ask(_CAUSE, until) & _COVER else Condition.OFFLINE

    def _ask(self, question: int, until: float) -> int:
        try:
            self._device._raw(_STATUS + bytes([question]))
            while time.monotonic() < until:
                self._wait_at_most(until - time.monotonic())
                for byte in bytes(self._device._read()):
                    if byte & _FIXED == _IS_STATUS:
                        return byte
                if self._way.kind == "network":  # it would have waited: this is a farewell
                    break
        except Exception as error:  # each library has its own
            raise Broken(str(error)) from error
        raise Broken("The printer does not answer.")

    def _wait_at_most(self, seconds: float) -> None:
        if self._way.kind == "network":
            self._device.device.settimeout(max(0.05, seconds))


@contextmanager
def way_to(way: Way) -> Iterator[Line]:
    """Open a way to the printer, and close it again; raises Unreachable."""
    try:
        device = _device(way)
        device.open()
    except Exception as error:  # no escpos error where a library or a driver is missing
        raise Unreachable(str(error)) from error
    try:
        yield Line(device, way)
    finally:
        with suppress(Exception):  # what was said of the job holds, however the way ends
            device.close()


def condition_of(way: Way) -> Condition:
    """How a printer that has nothing to do is."""
    try:
        with way_to(way) as line:
            return line.condition(_AT_ONCE_SECONDS)
    except (Unreachable, Broken):
        return Condition.UNREACHABLE


def _device(way: Way) -> Any:
    match way.kind:
        case "network":
            return _Called(way.where[0], int(way.where[1]), timeout=_AT_ONCE_SECONDS)
        case "usb":
            vendor, product = (int(part, 16) for part in way.where)
            return Usb(vendor, product, timeout=int(way.seconds * 1000))
        case "serial":
            return Serial(way.where[0], timeout=1)
        case _:
            return _Appended(str(Path(way.where[0])))


class _Called(Network):  # type: ignore[misc]
    """A network printer, by any kind of address; the library leaves a failed call open."""

    def open(self, raise_not_found: bool = True) -> None:
        self.device = socket.create_connection((self.host, self.port), self.timeout)


class _Appended(File):  # type: ignore[misc]
    """A file that keeps what came before; a device knows no difference."""

    def open(self, raise_not_found: bool = True) -> None:
        self.device = Path(self.devfile).open("ab")  # noqa: SIM115 - closed as every way is
