"""
Long files: looked at by a program of their own, while the server goes on serving.

What came of it lies in the data folder under a name of the file and of what it was matched with, so
it is looked at once, and again only when one of the two has changed. All of it can be made anew.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import BoundedSemaphore, Thread

from almakane.errors import Refusal
from almakane.inventory.dry_run import (
    Proposal,
    finish,
    known_as_text,
    proposal_of,
    refusal_as_data,
    refusal_of,
    wrong_of,
)
from almakane.inventory.matching import Known
from almakane.inventory.piece_list import Wrong
from almakane.settings import ROOT

_AT_ONCE = BoundedSemaphore(1)  # the others wait: a shop has two processors or four
_LONGEST_SECONDS = 600
_WORD_SECONDS = 10  # between two words that it is at work
_QUIET_SECONDS = 60  # without a word from it, and it is looked at anew
_KEPT_SECONDS = 24 * 3600

_TOO_MUCH = Refusal(
    "This file asks for more than we can do: save it as CSV, or divide it.", field="sheet"
)


class Look:
    """A look at a long file: under way, or done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def is_done(self) -> bool:
        """Whether all of it was looked at, or somebody gave up."""
        return (self.folder / "done").exists()

    @property
    def lines(self) -> int:
        """How many lines were looked at so far."""
        try:
            return int((self.folder / "progress").read_text("ascii") or 0)
        except (OSError, ValueError):
            return 0

    def proposal(self) -> Proposal:
        """What the file would add; raises Refusal where it cannot be read."""
        outcome = json.loads((self.folder / "done").read_text("utf-8"))
        if "refused" in outcome:
            raise refusal_of(outcome["refused"])
        return proposal_of(outcome["proposal"])

    def wrong(self, limit: int | None = None, offset: int = 0) -> Iterator[Wrong]:
        """What is wrong with its lines, in their order, read as it is asked for."""
        with (self.folder / "wrong").open(encoding="utf-8") as told:
            for line in islice(told, offset, None if limit is None else offset + limit):
                yield wrong_of(line)


def look_into(content: bytes, known: Known, folder: Path) -> Look:
    """The look at a file, begun where nobody has; `folder` keeps all of them."""
    text = known_as_text(known).encode(errors="surrogatepass")
    name = hashlib.sha256(hashlib.sha256(content).digest() + text).hexdigest()[:40]
    look = Look(folder / name)
    if look.is_done:
        return look
    _forget_old(folder)
    if look.folder.exists() and _is_quiet(look.folder):
        shutil.rmtree(look.folder, ignore_errors=True)
    try:
        look.folder.mkdir(parents=True)
    except FileExistsError:
        return look  # somebody else's request has begun it
    (look.folder / "sheet").write_bytes(content)
    (look.folder / "known").write_bytes(text)
    (look.folder / "progress").write_text("0", "ascii")
    Thread(target=_look, args=(look.folder,), daemon=True).start()
    return look


def _look(folder: Path) -> None:
    while not _AT_ONCE.acquire(timeout=_WORD_SECONDS):
        _give_word(folder)
    try:
        ended = _ended(folder)
        with suppress(OSError):
            if ended and not (folder / "done").exists():
                finish(folder, {"refused": refusal_as_data(_TOO_MUCH)})
            (folder / "sheet").unlink(missing_ok=True)
    finally:
        _AT_ONCE.release()


def _ended(folder: Path) -> int:
    """How the program ended that looked at a file; 1 where it came to no end."""
    command = [sys.executable, "-m", "almakane.inventory.dry_run", str(folder)]
    until = time.monotonic() + _LONGEST_SECONDS
    with subprocess.Popen(  # our own program, told nothing but a folder of ours
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as program:
        while time.monotonic() < until:
            _give_word(folder)
            with suppress(subprocess.TimeoutExpired):
                return program.wait(_WORD_SECONDS)
        program.kill()
    return 1


def _give_word(folder: Path) -> None:
    """Show that somebody works on it: one that waits, or says nothing for long, is not dead."""
    with suppress(OSError):
        (folder / "progress").touch()


def _is_quiet(folder: Path) -> bool:
    """Whether nobody works on it any more: the server was stopped in between."""
    try:
        return time.time() - (folder / "progress").stat().st_mtime > _QUIET_SECONDS
    except OSError:
        return False


def _forget_old(folder: Path) -> None:
    for old in folder.glob("*") if folder.exists() else ():
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(old)
