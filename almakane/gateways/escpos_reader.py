"""
ESC/POS bytes as commands: exactly those that our printers are sent, and no other.

A byte sequence that nobody has thought of must not pass in silence, so whatever is unknown raises.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from escpos import capabilities
from escpos.codepages import CodePages

from almakane.gateways.printer import Paper

# Name, how many bytes follow, which values the first of them may have.
_FIXED: dict[bytes, tuple[str, int, Iterable[int]]] = {
    b"\x1b@": ("init", 0, ()),
    b"\x1bt": ("code page", 1, range(256)),
    b"\x1b!": ("print mode", 1, (0x00, 0x10, 0x20, 0x30)),
    b"\x1bE": ("bold", 1, (0, 1)),
    b"\x1bM": ("font", 1, (0, 1)),
    b"\x1ba": ("align", 1, (0, 1, 2)),
    b"\x1b3": ("line spacing", 1, range(256)),
    b"\x1bd": ("feed", 1, range(256)),
    b"\x1bp": ("drawer", 3, (0, 1)),
    b"\x1dB": ("inverse", 1, (0, 1)),
    b"\x1dV": ("cut", 1, (0, 1)),
    b"\x1dh": ("bar height", 1, range(1, 256)),
    b"\x1dw": ("bar width", 1, range(2, 7)),
    b"\x1df": ("bar text font", 1, (0, 1)),
    b"\x1dH": ("bar text", 1, (0, 1, 2, 3)),
    b"\x10\x04": ("status", 1, (1, 2, 3, 4)),
}
_OPENINGS = (0x1B, 0x1D, 0x10)
_EAN13, _CODE128 = 2, 73
_QR_FUNCTIONS = {65: "qr model", 67: "qr size", 69: "qr level", 80: "qr data", 81: "qr print"}


class UnknownCommand(ValueError):
    """Bytes that no printer of ours is ever sent."""


class Command(NamedTuple):
    """One command: its name, its small numbers, and the bytes that it carries."""

    name: str
    numbers: tuple[int, ...] = ()
    data: bytes = b""


class Reader:
    """Reads commands from bytes that come in pieces; a command that is not whole yet waits."""

    def __init__(self) -> None:
        self._held = b""
        self._read = 0

    def feed(self, data: bytes) -> Iterator[Command]:
        """The commands that are whole now; raises UnknownCommand where there is one."""
        self._held += data
        while self._held:
            try:
                command, length = _next(self._held)
            except UnknownCommand as error:
                raise UnknownCommand(f"Byte {self._read}: {error}") from None
            if command is None:
                return
            self._held = self._held[length:]
            self._read += length
            yield command

    @property
    def is_whole(self) -> bool:
        """Whether nothing of a command is waiting for the rest of it."""
        return not self._held


def read(data: bytes) -> list[Command]:
    """All commands of a job; raises UnknownCommand, also where its end is missing."""
    reader = Reader()
    commands = list(reader.feed(data))
    if not reader.is_whole:
        raise UnknownCommand("The job ends in the middle of a command.")
    return commands


def _next(data: bytes) -> tuple[Command | None, int]:
    """The first command and its length; none where more bytes are needed."""
    if data[0] == 0x0A:
        return Command("line"), 1
    if data[0] >= 0x20 and data[0] != 0x7F:
        length = next((i for i, b in enumerate(data) if b < 0x20 or b == 0x7F), len(data))
        return Command("text", data=data[:length]), length
    if data[0] not in _OPENINGS:
        raise UnknownCommand(f"{data[:1].hex()} is no command.")
    if len(data) < 2:
        return None, 0
    if data[:2] in _FIXED:
        return _fixed(data)
    if data[:2] in _LONG:
        return _LONG[data[:2]](data)
    raise UnknownCommand(f"{data[:4].hex(' ')} is no command.")


def _fixed(data: bytes) -> tuple[Command | None, int]:
    name, count, allowed = _FIXED[data[:2]]
    if len(data) < 2 + count:
        return None, 0
    numbers = tuple(data[2 : 2 + count])
    if numbers and numbers[0] not in allowed:
        raise UnknownCommand(f"{name} knows no {numbers[0]}.")
    return Command(name, numbers), 2 + count


def _raster(data: bytes) -> tuple[Command | None, int]:
    if len(data) < 8:
        return None, 0
    if data[2:4] != b"0\x00":
        raise UnknownCommand(f"{data[:4].hex(' ')} is no raster of ours.")
    width, height = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
    length = 8 + width * height
    if len(data) < length:
        return None, 0
    return Command("raster", (width * 8, height), data[8:length]), length


def _bars(data: bytes) -> tuple[Command | None, int]:
    if len(data) < 4:
        return None, 0
    if data[2] == _EAN13:
        end = data.find(b"\0", 3)
        return (Command("ean13", (), data[3:end]), end + 1) if end >= 0 else (None, 0)
    if data[2] == _CODE128:
        length = 4 + data[3]
        return (
            (Command("code128", (), data[4:length]), length) if len(data) >= length else (None, 0)
        )
    raise UnknownCommand(f"Bar code {data[2]} is none of ours.")


def _two_dimensional(data: bytes) -> tuple[Command | None, int]:
    if len(data) < 7:
        return None, 0
    length = 5 + int.from_bytes(data[3:5], "little")
    if data[2:3] != b"k" or data[5] != ord("1") or data[6] not in _QR_FUNCTIONS:
        raise UnknownCommand(f"{data[:7].hex(' ')} is no QR command.")
    if len(data) < length:
        return None, 0
    return Command(_QR_FUNCTIONS[data[6]], (), data[7:length]), length


_LONG: dict[bytes, Callable[[bytes], tuple[Command | None, int]]] = {
    b"\x1dv": _raster,
    b"\x1dk": _bars,
    b"\x1d(": _two_dimensional,
}


def codec_of(paper: Paper, code_page: int) -> str:
    """The name that Python has for a code page of a printer."""
    pages = capabilities.CAPABILITIES["profiles"][paper.profile]["codePages"]
    name = pages.get(str(code_page), "")
    if not name or name == "Unknown":
        raise UnknownCommand(f"{paper.profile} has no code page {code_page}.")
    return str(CodePages.get_encoding(name).get("python_encode", ""))


def listing(data: bytes, paper: Paper) -> str:
    """A job in words, a command a line: what the tests keep of a receipt beside its picture."""
    lines, codec = list[str](), "ascii"
    for name, numbers, carried in read(data):
        told = [name, *map(str, numbers)]
        if name == "code page":
            codec = codec_of(paper, numbers[0])
            told.append(codec)
        elif name == "text":
            told.append(f"|{carried.decode(codec)}|")
        elif name == "raster":
            pass  # its dots are for the picture to show
        elif carried:
            told.append(carried.decode("latin-1"))
        lines.append(" ".join(told))
    return "\n".join(lines) + "\n"
