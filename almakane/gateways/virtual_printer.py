"""
A printer that is none: it listens where a real one would, answers its status, and draws its tape.

Everything that goes wrong with real printers can be made to go wrong: no paper, offline, an open
cover, a connection that breaks after some bytes, a slow one. As with a real one, what was sent
while it could not print is printed when it can again.
"""

import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType

from almakane.gateways.drawing import Picture
from almakane.gateways.escpos_reader import Command, Reader, UnknownCommand
from almakane.gateways.printer import Paper, paper_of
from almakane.gateways.tape import Tape

_KEPT = 50  # papers, and kicks of the drawer
_CHUNK = 1024
_FIXED_BITS = 0x12  # in every answer, by which a client knows one


@dataclass(slots=True)
class Faults:
    """What is wrong with the printer just now; all of it may change while it prints."""

    paper_out: bool = False
    paper_low: bool = False
    offline: bool = False
    cover_open: bool = False
    cut_after: int | None = None  # bytes of a connection, then it breaks
    seconds_per_chunk: float = 0  # of 1024 bytes

    @property
    def stops(self) -> bool:
        """Whether nothing is printed."""
        return self.paper_out or self.offline or self.cover_open

    def answer(self, question: int) -> int:
        """The byte that answers `DLE EOT`: 1 the printer, 2 why offline, 3 errors, 4 paper."""
        if question == 1:
            return _FIXED_BITS | (0x08 if self.stops else 0)
        if question == 2:
            cover, out = (0x04 if self.cover_open else 0), (0x20 if self.paper_out else 0)
            return _FIXED_BITS | cover | out
        if question == 4:
            low, out = (0x0C if self.paper_low else 0), (0x60 if self.paper_out else 0)
            return _FIXED_BITS | low | out
        return _FIXED_BITS


@dataclass(frozen=True, slots=True)
class Printed:
    """Something that came out: a paper, or the drawer sprang open (no picture)."""

    n: int  # counted from 1
    at: datetime
    picture: Picture | None


class VirtualPrinter:
    """
    A printer on a port of this machine; port 0 takes any that is free.

    `with VirtualPrinter() as printer:` serves until the end of the block. One connection at a time
    is served, as a real one does. `errors` keeps what a real printer would have misread.
    """

    def __init__(self, paper: Paper | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.paper = paper or paper_of()
        self.faults = Faults()
        self.errors: list[str] = []
        self.received = 0  # bytes, since the start
        self.on_printed: Callable[[Printed], None] = lambda printed: None
        self.on_error: Callable[[str], None] = lambda error: None
        self._printed: deque[Printed] = deque(maxlen=_KEPT)
        self._count = 0
        self._tape = Tape(self.paper)
        self._waiting: deque[Command] = deque()  # sent while it could not print
        self._changed = Condition()
        self._open = True
        self._socket = socket.create_server((host, port))
        self.host, self.port = self._socket.getsockname()[:2]
        self._thread = Thread(target=self._serve, name="virtual printer", daemon=True)

    def __enter__(self) -> "VirtualPrinter":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to listen, in a thread that does not keep the program alive."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections."""
        self._open = False
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def printed(self) -> list[Printed]:
        """What came out, the newest first."""
        with self._changed:
            return list(reversed(self._printed))

    def papers(self) -> list[Picture]:
        """The papers that were cut off, the newest first."""
        return [one.picture for one in self.printed() if one.picture is not None]

    def hanging(self) -> Picture | None:
        """The paper that hangs from the printer, not cut off."""
        with self._changed:
            return self._tape.hanging

    def set(self, **faults: bool | float | None) -> None:
        """Change what is wrong; what waited is printed if nothing keeps it from that any more."""
        with self._changed:
            for name, value in faults.items():
                setattr(self.faults, name, value)
            self._print_what_waits()

    def wait(self, papers: int = 1, seconds: float = 5) -> None:
        """Wait until so many papers came out, or an error did; TimeoutError where none does."""
        with self._changed:
            there = self._changed.wait_for(
                lambda: self.errors or sum(p.picture is not None for p in self._printed) >= papers,
                timeout=seconds,
            )
        if not there:
            raise TimeoutError(f"Not so many papers came out: {papers}.")

    def check(self) -> None:
        """Raise what a real printer would have misread."""
        if self.errors:
            raise UnknownCommand(self.errors[0])

    def _serve(self) -> None:
        while self._open:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                self._listen(connection)
            if not self.paper.cuts:
                self._tear()

    def _listen(self, connection: socket.socket) -> None:
        reader, received = Reader(), 0
        while data := connection.recv(_CHUNK):
            if self.faults.seconds_per_chunk:
                time.sleep(self.faults.seconds_per_chunk)
            broken = self.faults.cut_after
            if broken is not None and received + len(data) >= broken:
                data = data[: broken - received]
            received += len(data)
            try:
                self._take(reader, data, connection)
            except (ValueError, LookupError) as error:  # UnknownCommand is one of the former
                with self._changed:
                    self.errors.append(str(error))
                    self.on_error(str(error))
                    self._changed.notify_all()
                return
            if broken is not None and received >= broken:  # gone at once, with no farewell
                no_wait = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_wait)
                return

    def _take(self, reader: Reader, data: bytes, connection: socket.socket) -> None:
        with self._changed:
            self.received += len(data)
            for command in reader.feed(data):
                if command.name == "status":
                    connection.sendall(bytes([self.faults.answer(command.numbers[0])]))
                else:
                    self._waiting.append(command)
            self._print_what_waits()

    def _tear(self) -> None:
        """Without a knife somebody tears the paper off when a job is done."""
        with self._changed:
            if self._tape.hanging:
                self._tape.tear()
                self._came_out(self._tape.papers.pop())
                self._changed.notify_all()

    def _print_what_waits(self) -> None:
        while self._waiting and not self.faults.stops:
            papers, kicks = len(self._tape.papers), self._tape.kicks
            self._tape.print(self._waiting.popleft())
            if len(self._tape.papers) > papers:
                self._came_out(self._tape.papers.pop())
            if self._tape.kicks > kicks:
                self._came_out(None)
        self._changed.notify_all()

    def _came_out(self, picture: Picture | None) -> None:
        self._count += 1
        printed = Printed(self._count, datetime.now(UTC), picture)
        self._printed.append(printed)
        self.on_printed(printed)


def serve_to_folder(
    host: str, port: int, profile: str, folder: Path, *, tell: Callable[[str], None]
) -> None:
    """Print into a folder, a picture a paper, until the program is stopped."""
    printer = VirtualPrinter(paper_of(profile), host, port)
    folder.mkdir(parents=True, exist_ok=True)

    def keep(printed: Printed) -> None:
        if printed.picture is None:
            tell("The drawer sprang open.")
            return
        path = folder / f"{printed.at:%Y%m%d-%H%M%S}-{printed.n:03d}.png"
        printed.picture.save(path)
        tell(f"Printed {path}")

    printer.on_printed = keep
    printer.on_error = lambda error: tell(f"Misread: {error}")
    printer.start()
    tell(f"A {profile} listens on {printer.host}:{printer.port} (Ctrl+C stops)")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        printer.stop()


def send(host: str, port: int, data: bytes, seconds: float = 5) -> None:
    """
    Write bytes to a printer and go.

    That they were taken is no proof of paper: whoever needs that asks for the status as well.
    """
    with socket.create_connection((host, port), timeout=seconds) as connection:
        connection.sendall(data)
