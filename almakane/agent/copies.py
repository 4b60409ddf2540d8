"""
A second copy of the journals of the tills on this machine, and its way to the server.

It is kept as it came: nothing is verified here and nothing is made. When a till has been silent for
a while, the server is asked what it holds, and is brought what it lacks; the events prove
themselves.
"""

import json
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Lock
from typing import Any, NamedTuple
from urllib.parse import quote

from almakane.agent.disk import append
from almakane.agent.server import Server, Unanswered

log = logging.getLogger(__name__)

SILENCE_SECONDS = 600.0
_MOST_EVENTS, _MOST_BYTES = 100, 900_000  # of one delivery, a little under what the server takes
_LARGEST = 256 * 1024
_REGISTER = re.compile(r"[A-Za-z0-9_-]{1,16}/[A-Z][A-Z0-9]{0,7}")


class NotAnEvent(Exception):
    """What was brought does not even say whose it is."""


class Chain(NamedTuple):
    """One (epoch, mode) of a register's journal."""

    epoch: int
    mode: str


class Copies:
    """The copies in one folder, a file a register."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = Lock()
        self._last: dict[str, dict[Chain, int]] = {}
        self._stopped: dict[tuple[str, Chain], int] = {}  # where the server took no more
        for path in folder.glob("*.jsonl"):
            register = path.stem.replace(".", "/", 1)
            for event in _events(path):
                self._note(register, event)

    def keep(self, event: dict[str, str]) -> None:
        """Write an event down and force it to the disk; raises NotAnEvent, or OSError."""
        told = _told(event)
        with self._lock:
            line = {name: event[name] for name in ("text", "hash", "sig")}
            append(self._path(told["register"]), [json.dumps(line, ensure_ascii=False)])
            self._note(told["register"], event)

    def registers(self) -> list[str]:
        """Whose journals are kept here."""
        with self._lock:
            return sorted(self._last)

    def silence(self, register: str) -> float:
        """For how many seconds a register has brought nothing."""
        return time.time() - self._path(register).stat().st_mtime

    def last(self, register: str) -> dict[Chain, int]:
        """The last place that is kept of each chain."""
        with self._lock:
            return dict(self._last.get(register, {}))

    def deliver(self, register: str, server: Server) -> int:
        """Bring the server what it lacks of a register; gives how many events it took."""
        answer = server.ask("GET", f"/pos/journal/head?register={quote(register, safe='')}")
        if not answer.is_good:
            log.warning("The server does not tell of %s: %s", register, answer.status)
            return 0
        held = {
            Chain(one["epoch"], one["mode"]): int(one["held"]["seq"])
            for one in answer.told["chains"]
        }
        return sum(
            self._bring(register, chain, held[chain], server)
            for chain, last in self.last(register).items()
            if chain in held
            and held[chain] < last
            and self._stopped.get((register, chain), 0) < last
        )

    def _bring(self, register: str, chain: Chain, held: int, server: Server) -> int:
        taken = 0
        for batch in _batches(self._after(register, chain, held)):
            answer = server.ask("POST", "/pos/journal", {"events": batch})
            if not answer.is_good:
                log.warning("Of %s the server took no more: %s", register, answer.told)
                self._stopped[register, chain] = self.last(register)[chain]
                break
            taken += len(batch)
        return taken

    def _after(self, register: str, chain: Chain, held: int) -> list[dict[str, str]]:
        """The events of a chain after a place, in their order, each once."""
        found = dict[tuple[int, str], dict[str, str]]()
        with self._lock:
            for event in _events(self._path(register)):
                told = _told(event)
                if Chain(told["epoch"], told["mode"]) == chain and told["seq"] > held:
                    found.setdefault((told["seq"], event["hash"]), event)
        return [found[place] for place in sorted(found)]

    def _note(self, register: str, event: dict[str, str]) -> None:
        told = _told(event)
        last, chain = self._last.setdefault(register, {}), Chain(told["epoch"], told["mode"])
        last[chain] = max(last.get(chain, 0), told["seq"])

    def _path(self, register: str) -> Path:
        return self._folder / f"{register.replace('/', '.')}.jsonl"


def deliver_when_silent(
    copies: Copies, server: Server, stop: Event, *, silence: float = SILENCE_SECONDS
) -> None:
    """Bring the server what silent tills left here, until told to stop."""
    while not stop.wait(min(60.0, silence / 4)):
        for register in copies.registers():
            try:
                if copies.silence(register) >= silence:
                    copies.deliver(register, server)
            except (Unanswered, OSError) as error:
                log.info("Not delivered: %s", error)
            except Exception:
                log.exception("The copy of %s could not be delivered", register)


def _told(event: Any) -> dict[str, Any]:
    """Whose an event says it is, and its place; raises NotAnEvent where it says none."""
    if not isinstance(event, dict) or not all(
        isinstance(event.get(name), str) for name in ("text", "hash", "sig")
    ):
        raise NotAnEvent
    if len(event["text"].encode("utf-8", "replace")) > _LARGEST:
        raise NotAnEvent
    try:
        told = json.loads(event["text"])
    except (ValueError, RecursionError) as error:
        raise NotAnEvent from error
    if (
        not isinstance(told, dict)
        or not isinstance(told.get("register"), str)
        or not _REGISTER.fullmatch(told["register"])
        or told.get("mode") not in ("live", "training")
        or not all(type(told.get(name)) is int and told[name] > 0 for name in ("epoch", "seq"))
    ):
        raise NotAnEvent
    return told


def _events(path: Path) -> Iterator[dict[str, str]]:
    """The events of a file; a line that was cut short was not answered for."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                event = json.loads(line)
                _told(event)
            except (ValueError, NotAnEvent):
                continue
            yield event


def _batches(events: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    batch, size = list[dict[str, str]](), 0
    for event in events:
        length = len(json.dumps(event, ensure_ascii=False).encode()) + 2
        if batch and (len(batch) >= _MOST_EVENTS or size + length > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += length
    if batch:
        yield batch
