"""The power goes at each step of a job, and the agent is killed at random: nothing comes twice."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from almakane.agent.disk import Disk, Said
from almakane.agent.press import Press
from almakane.agent.program import write_token
from almakane.agent.server import Server
from almakane.gateways.tape import draw_tape
from almakane.gateways.transports import Line
from almakane.gateways.virtual_printer import Printed
from almakane.pos import agents
from almakane.settings import ROOT
from tests.agent.site import Counter, pass_time
from tests.journal.shop import ask, broken
from tests.scale import count

KILLS = count(10, 100)
SALES_A_KILL = 2


class PowerCut(BaseException):
    """The machine is off."""


def cut(owner: Any, name: str, *, after: bool) -> Callable[[pytest.MonkeyPatch], None]:
    """Let the power go before or after one act."""

    def arm(monkeypatch: pytest.MonkeyPatch) -> None:
        act = getattr(owner, name)

        def acted(*args: Any, **kwargs: Any) -> Any:
            if after:
                act(*args, **kwargs)
            raise PowerCut

        monkeypatch.setattr(owner, name, acted)

    return arm


STEPS = {
    "before it is written down": (cut(Disk, "begin", after=False), "confirmed", 1),
    "after it is written down": (cut(Disk, "begin", after=True), "unknown", 0),
    "before the first byte": (cut(Line, "write", after=False), "unknown", 0),
    "after the last byte": (cut(Line, "write", after=True), "unknown", 1),
    "before the end is written down": (cut(Disk, "end", after=False), "unknown", 1),
    "after the end is written down": (cut(Disk, "end", after=True), "confirmed", 1),
    "before the report": (cut(Server, "report", after=False), "confirmed", 1),
    "after the report": (cut(Server, "report", after=True), "confirmed", 1),
    "after the report is written down": (cut(Disk, "heard", after=True), "confirmed", 1),
    "before the job is looked at": (cut(Press, "print", after=False), "confirmed", 1),
}


@pytest.fixture
def pictures(counter: Counter) -> Iterator[Tally[bytes]]:
    """Every paper that came out, and how often."""
    came, lock = Tally[bytes](), threading.Lock()

    def note(printed: Printed) -> None:
        if printed.picture is not None:
            with lock:
                came[printed.picture.tobytes()] += 1

    counter.printer.on_printed = note
    yield came
    counter.printer.on_printed = lambda printed: None


@pytest.mark.parametrize("lapses", [True, False], ids=["late", "at once"])
def test_after_a_power_cut_nothing_comes_twice(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, pictures: Tally[bytes], lapses: bool
) -> None:
    for step, (arm, state, came) in STEPS.items():
        before, uid = pictures.total(), counter.sell()
        with monkeypatch.context() as armed:
            arm(armed)
            with pytest.raises(PowerCut):
                counter.errand.round()
        if lapses:
            pass_time(31)
        counter.restart()
        counter.rounds()
        pass_time(31)
        counter.rounds()
        if came:
            counter.printer.wait(before + came)
        assert (counter.state(uid), pictures.total() - before) == (state, came), step


def test_another_disk_clears_nothing(counter: Counter, data_dir: Path) -> None:
    """An agent whose folder was lost knows nothing of what it printed."""
    uid = counter.sell()
    counter.errand._server.lease(counter.press.disk.name, "TM-T88V", "ready", 0)
    pass_time(31)
    counter.press.disk.close()
    counter.folder = data_dir / "another"
    counter.open_agent()
    counter.rounds()
    assert counter.state(uid) == "unknown"
    assert counter.printer.papers() == []


def test_a_line_that_was_cut_short_says_nothing(data_dir: Path) -> None:
    disk = Disk(data_dir / "disk")
    disk.begin("receipt-1", "lease")
    disk.close()
    path = data_dir / "disk" / "jobs.jsonl"
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        disk = Disk(data_dir / "disk")
        assert disk.begun() in ([], ["receipt-1"])
        disk.begin("receipt-2", None)
        disk.close()
        disk = Disk(data_dir / "disk")
        known = disk.find("receipt-2")
        assert known
        assert known.said is Said.BEGUN
        disk.close()


# The program itself, killed


class Agent:
    """`almakane agent` in a process of its own."""

    def __init__(self, counter: Counter, port: int) -> None:
        self._arguments = [
            *(sys.executable, "-m", "almakane.cli", "agent"),
            *("--server", f"http://127.0.0.1:{port}"),
            *("--token-file", str(counter.folder.parent / "token")),
            *("--printer", f"network:{counter.printer.host}:{counter.printer.port}"),
            *("--data", str(counter.folder)),
        ]
        write_token(counter.folder.parent / "token", counter.server._token)

    def start(self) -> None:
        self._process = subprocess.Popen(self._arguments, cwd=ROOT, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.returncode == -9


def test_an_agent_that_is_killed_prints_nothing_twice(
    counter: Counter, port: int, pictures: Tally[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    give = agents._give  # who was killed must not keep a place for long
    monkeypatch.setattr(agents, "_give", lambda agent, disk, wait: give(agent, disk, min(wait, 1)))
    chance = random.Random(9109)  # noqa: S311 - when to pull the plug is no secret
    counter.press.disk.close()
    counter.printer.set(seconds_per_chunk=0.03)  # so that a kill meets a job half-way
    agent, expected = Agent(counter, port), dict[str, bytes]()
    for _ in range(KILLS):
        for _ in range(SALES_A_KILL):
            uid = counter.sell()
            [(data,)] = ask("SELECT data FROM print_job WHERE uid = ?", uid)
            [picture] = draw_tape(bytes(data), counter.printer.paper)
            expected[uid] = picture.tobytes()
        before = leases()
        agent.start()
        until = time.monotonic() + 30
        while time.monotonic() < until and leases() == before:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.4)
        agent.kill()
        pass_time(31 if chance.random() < 0.5 else 0)
    counter.printer.set(seconds_per_chunk=0)
    agent.start()
    until = time.monotonic() + 60 + KILLS
    while time.monotonic() < until and open_jobs():
        pass_time(31)
        time.sleep(0.3)
    time.sleep(0.5)
    agent.kill()

    states = dict(ask("SELECT uid, state FROM print_job"))
    assert set(states) == set(expected)
    assert set(states.values()) <= {"confirmed", "unknown"}
    assert set(pictures) <= set(expected.values())
    for uid, state in states.items():
        times = pictures[expected[uid]]
        assert times == 1 if state == "confirmed" else times <= 1, (uid, state, times)
    assert broken() == []
    counter.open_agent()
    sys.stdout.write(f"{KILLS} kills: {Tally(states.values())}\n")


def leases() -> int:
    """How often a job was given, ever: a kill must meet a program that has begun its work."""
    [(found,)] = ask("SELECT COUNT(*) FROM print_job_step WHERE state = 'leased'")
    return int(found)


def open_jobs() -> bool:
    return bool(ask("SELECT 1 FROM print_job WHERE state IN ('queued', 'leased') LIMIT 1"))
