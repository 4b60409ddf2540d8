"""The agent as a program: its parts put together, in threads that end with it."""

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

from almakane.agent.copies import SILENCE_SECONDS, Copies, deliver_when_silent
from almakane.agent.disk import Disk
from almakane.agent.door import Door, Keys, kept_secret
from almakane.agent.errand import Errand
from almakane.agent.press import Press
from almakane.agent.server import Server
from almakane.errors import Refusal
from almakane.gateways.printer import WIDE, paper_of
from almakane.gateways.transports import Way


class Set(NamedTuple):
    """What the command line says."""

    url: str
    token_file: Path
    way: Way
    folder: Path
    profile: str = WIDE
    door: int | None = None  # its port; none: no door
    origins: tuple[str, ...] = ()  # besides the server's own
    code: str | None = None  # of a pairing
    silence: float = SILENCE_SECONDS


def run_agent(given: Set, stop: Event, tell: Callable[[str], None]) -> None:
    """Be an agent until told to stop; raises Refusal for what cannot be."""
    paper = paper_of(given.profile)
    if given.code:
        write_token(given.token_file, Server(given.url).pair(given.code))
        tell(f"Paired; the token is in {given.token_file}.")
    server = Server(given.url, read_token(given.token_file))
    disk = Disk(given.folder)
    press = Press(given.way, disk)
    copies = Copies(given.folder / "journal")
    door = None
    if given.door is not None:
        keys = Keys(kept_secret(given.folder), frozenset({server.origin, *given.origins}))
        door = Door(given.door, keys, press, copies, paper)
        door.open()
        tell(f"The door is 127.0.0.1:{door.port}; tills of {', '.join(sorted(keys.origins))}")
        tell(f"are paired with {keys.secret}")
        Thread(
            target=deliver_when_silent,
            args=(copies, server, stop),
            kwargs={"silence": given.silence},
            name="copies",
            daemon=True,
        ).start()
    tell(f"Printing for {server.origin} (Ctrl+C stops)")
    try:
        Errand(server, press, given.profile).run(stop)
    finally:
        if door:
            door.shut()
        disk.close()


def read_token(path: Path) -> str:
    """The token that a pairing wrote."""
    if not path.exists():
        raise Refusal(
            "There is no token at %(path)s: pair the agent with a code that a manager opens.",
            field="token_file",
            path=path,
        )
    return path.read_text("ascii").strip()


def write_token(path: Path, token: str) -> None:
    """Keep a token where only this user reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(f"{token}\n", "ascii")
    fresh.rename(path)
