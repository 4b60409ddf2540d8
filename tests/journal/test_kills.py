"""The server is killed while two deliverers bring a day: nothing is lost, nothing comes twice."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from almakane.settings import ROOT
from tests.factories import mad
from tests.journal.shop import Shop, ask, broken
from tests.scale import count
from tests.till.client import Till, back_of, line
from tests.till.journal import Event

KILLS = count(10, 300)
EVENTS_A_KILL = 24


class Server:
    """The shop in a process of its own."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        self._arguments = [database_url, str(data_dir)]
        self.port = 0

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.serving", *self._arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()
        assert self._process.returncode == -9

    def post(self, till: Till, events: list[Event]) -> tuple[int, Any] | None:
        """Deliver; None where no answer came."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {till.token}"}
        try:
            connection.request("POST", "/pos/journal", json.dumps({"events": events}), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            connection.close()


@contextmanager
def serving(server: Server) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.kill()


def write_some(shop: Shop, till: Till, chance: random.Random, many: int) -> None:
    """A stretch of a day: sales, and now and then a line that comes back."""
    for _ in range(many):
        sale = till.sell(
            line(shop.pot, mad(280), qty=chance.randint(1, 3)), line(shop.bowl, mad(95))
        )
        if chance.random() < 0.2:
            till.give_back(back_of(sale, 1, qty=1))


def deliver(server: Server, till: Till, chance: random.Random) -> None:
    """Bring events in pieces that overlap, some sent twice, until no answer comes or all is in."""
    at = max(0, till.live.held - chance.randint(0, 5))
    while at < till.live.seq:
        size = chance.randint(1, 12)
        batch = till.live.events[at : at + size]
        for _ in range(chance.choice((1, 1, 2, 3))):
            answer = server.post(till, batch)
            if answer is None:
                return
            status, told = answer
            assert status in (200, 409, 503), answer
            if status == 200:
                till.live.held = max(till.live.held, told["held"]["seq"])
            elif status == 409:
                assert told["stopped"]["reason"] == "gap", told
        at = max(0, min(at + size, till.live.held) - chance.randint(0, 3))


def test_a_server_that_is_killed_loses_nothing_and_doubles_nothing(
    shop: Shop, till: Till, database_url: str, data_dir: Path
) -> None:
    chance = random.Random(1912)  # noqa: S311 - when to pull the plug is no secret
    server = Server(database_url, data_dir)
    for _ in range(KILLS):
        write_some(shop, till, chance, EVENTS_A_KILL)
        server.start()
        deliverers = [
            threading.Thread(target=deliver, args=(server, till, random.Random(seed)))  # noqa: S311
            for seed in (chance.random(), chance.random())
        ]
        for one in deliverers:
            one.start()
        time.sleep(0.05 + chance.random() * 0.4)
        server.kill()
        for one in deliverers:
            one.join()

    with serving(server):
        while till.live.held < till.live.seq:
            answer = server.post(till, till.live.events[till.live.held : till.live.held + 100])
            assert answer
            assert answer[0] == 200, answer
            till.live.held = answer[1]["held"]["seq"]

    held = ask("SELECT text, hash, outcome FROM journal_event ORDER BY seq")
    assert [(text, hash_) for text, hash_, _ in held] == [
        (event["text"], event["hash"]) for event in till.live.events
    ]
    assert {outcome for _, _, outcome in held} == {"recorded", "flagged"}
    told = [json.loads(event["text"]) for event in till.live.events]
    tickets = {one["uid"]: one["body"]["totals"]["due"] for one in told if "totals" in one["body"]}
    assert dict(ask("SELECT uid, due FROM sale")) == tickets
    assert ask("SELECT COUNT(*) FROM stray") == [(0,)]
    assert broken() == []
