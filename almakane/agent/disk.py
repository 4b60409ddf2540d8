"""
What an agent remembers through a power cut: each job it began, written before the first byte.

One JSON object a line, added and forced to the disk. A line that was cut short was never answered
for, so nothing hung on it.
"""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from almakane.errors import Refusal

_KEPT_SECONDS = 30 * 24 * 3600


class Said(StrEnum):
    """What is known of a job that was begun."""

    BEGUN = "begun"  # and nothing after it: it may have come out
    SENT = "sent"
    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"


class Known(NamedTuple):
    """A job that this disk knows."""

    uid: str
    lease: str | None  # none: a till on this machine asked
    said: Said
    is_heard: bool  # the server took the report
    at: float


class Disk:
    """The folder of one agent, in which no second one may write."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._path = folder / "jobs.jsonl"
        self._lock = Lock()
        self._guard = (folder / "lock").open("w")
        try:
            fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._guard.close()
            raise Refusal("Another agent works in %(path)s.", path=folder) from error
        self.name = self._named()
        self._known: dict[str, Known] = {}
        for line in _lines(self._path):
            self._take(line)
        self._rewrite()

    def find(self, uid: str) -> Known | None:
        """What is known of a job."""
        with self._lock:
            return self._known.get(uid)

    def begin(self, uid: str, lease: str | None) -> None:
        """Remember that a job is about to be printed; OSError if the disk does not take it."""
        self._add(uid, lease=lease, said=Said.BEGUN)

    def end(self, uid: str, said: Said) -> None:
        """Remember what became of it."""
        self._add(uid, said=said)

    def heard(self, uid: str) -> None:
        """Remember that the server knows."""
        self._add(uid, heard=True)

    def unheard(self) -> list[Known]:
        """What the server was not told yet."""
        with self._lock:
            return [
                one
                for one in self._known.values()
                if one.lease and not one.is_heard and one.said is not Said.BEGUN
            ]

    def begun(self) -> list[str]:
        """The jobs that were begun, and nobody knows what became of them."""
        with self._lock:
            return [one.uid for one in self._known.values() if one.said is Said.BEGUN]

    def close(self) -> None:
        """Let another agent work here."""
        self._guard.close()

    def _add(self, uid: str, **fields: Any) -> None:
        line = {"uid": uid, "at": round(time.time(), 3), **fields}
        with self._lock:
            append(self._path, [json.dumps(line)])
            self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        uid, before = line["uid"], self._known.get(line["uid"])
        self._known[uid] = Known(
            uid,
            line.get("lease", before.lease if before else None),
            Said(line["said"]) if "said" in line else before.said if before else Said.UNKNOWN,
            bool(line.get("heard", before.is_heard if before else False)),
            float(line["at"]),
        )

    def _rewrite(self) -> None:
        """Begin with one line a job, and none of long ago: nobody asks for those again."""
        since = time.time() - _KEPT_SECONDS
        kept = [one for one in self._known.values() if one.at > since]
        self._known = {one.uid: one for one in kept}
        lines = [
            json.dumps(
                {
                    "uid": one.uid,
                    "at": one.at,
                    "lease": one.lease,
                    "said": one.said.value,
                    "heard": one.is_heard,
                }
            )
            for one in kept
        ]
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        append(fresh, lines)
        fresh.rename(self._path)
        _force(self.folder)

    def _named(self) -> str:
        """The disk's own name, made once: a lease that it does not know is not another's."""
        path = self.folder / "name"
        if not path.exists():
            fresh = self.folder / "name.new"
            fresh.unlink(missing_ok=True)
            append(fresh, [secrets.token_urlsafe(16)])
            fresh.rename(path)
            _force(self.folder)
        return path.read_text("ascii").strip()


def append(path: Path, lines: list[str]) -> None:
    """Add lines to a file and force them to the disk; a line that was cut short is closed first."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        is_cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = ("\n" if is_cut else "") + "".join(f"{line}\n" for line in lines)
        _write(descriptor, data.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if size == 0:
        _force(path.parent)  # its name must be there as well


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _force(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for text in path.read_bytes().split(b"\n"):
        try:
            line = json.loads(text)
        except ValueError:
            continue  # empty, or cut short
        if isinstance(line, dict) and "uid" in line and "at" in line:
            yield line
