"""A shop that is served, a till at its door, and an agent beside a printer that is none."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import Any

from flask import Flask
from waitress import create_server, wasyncore

from almakane.agent.disk import Disk
from almakane.agent.errand import Errand
from almakane.agent.press import Press
from almakane.agent.server import Server
from almakane.db import rows, transaction
from almakane.gateways.agents import open_pairing
from almakane.gateways.printer import WIDE
from almakane.gateways.transports import read_way
from almakane.gateways.virtual_printer import VirtualPrinter
from almakane.pos.printing import print_receipts
from tests.factories import mad
from tests.journal.shop import Shop, ask
from tests.till.client import Till, line

URL = "https://almakane.example"


def wire_to(port: int) -> Any:
    """A till's wire to a server on this machine."""

    def send(
        method: str, path: str, headers: dict[str, str], data: bytes | None
    ) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", port, timeout=40)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    return send


@contextmanager
def served(app: Flask, threads: int = 8) -> Iterator[int]:
    """Serve an app on a port of this machine, as `almakane serve` does; gives the port."""
    server = create_server(app, host="127.0.0.1", port=0, threads=threads)
    stop = Event()

    def run() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.1, map=server._map, count=1)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(server._map)

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        stop.set()
        thread.join(timeout=10)


def pair_agent(shop: Shop, url: str, name: str = "comptoir", site: str = "medina") -> Server:
    """Pair a program with the shop; gives its way to the server."""
    with transaction() as session:
        [(site_id,)] = rows(session, "SELECT id FROM site WHERE code = ?", (site,))
        code = open_pairing(session, shop.hub_id, site_id, name, by="hind", now=datetime.now(UTC))
    return Server(url, Server(url).pair(code))


def bind(register: str, agent: str = "comptoir") -> None:
    """Let an agent print for a register."""
    with transaction() as session:
        rows(
            session,
            "INSERT INTO register_printer (register_id, agent_id) "
            "SELECT register.id, agent.id FROM register, print_agent agent "
            "WHERE register.code = ? AND agent.name = ?",
            (register, agent),
        )


@dataclass
class Counter:
    """A till, an agent and a printer on one counter."""

    shop: Shop
    port: int
    folder: Path
    printer: VirtualPrinter
    server: Server
    till: Till = field(init=False)
    seconds: float = 2

    def __post_init__(self) -> None:
        self.till = Till(wire_to(self.port), now=datetime.now(UTC))
        status, told = self.till.enrol(self.shop.code())
        assert status == 201, told
        self.till.open_shift()
        self.till.send()
        self.open_agent()

    def open_agent(self) -> None:
        """Start the agent's program on its disk."""
        way = read_way(f"network:{self.printer.host}:{self.printer.port}", seconds=self.seconds)
        self.press = Press(way, Disk(self.folder))
        self.errand = Errand(self.server, self.press, WIDE, wait=0)

    def restart(self) -> None:
        """Stop the agent's program and start it again."""
        self.press.disk.close()
        self.open_agent()

    def sell(self, *, cash: bool = False) -> str:
        """Sell a pot, send it, and let the worker work; gives the job's uid."""
        self.till.now = datetime.now(UTC)
        card = {"kind": "terminal", "amount": mad(280), "ref": "004711", "auth": None}
        sale = self.till.sell(
            line(self.shop.pot, mad(280)), **({} if cash else {"tenders": [card]})
        )
        for status, told in self.till.send():
            assert status == 200, told
        self.work()
        return f"receipt-{json.loads(sale['text'])['uid']}-0"

    def work(self) -> None:
        print_receipts(URL, now=datetime.now(UTC))

    def rounds(self, most: int = 6) -> None:
        """Let the agent go round until nothing is there for it."""
        for _ in range(most):
            if self.errand.round():
                return

    def state(self, uid: str) -> str:
        """What the spool knows of a job."""
        [(state,)] = ask("SELECT state FROM print_job WHERE uid = ?", uid)
        return str(state)

    def kicks(self) -> int:
        """How often the drawer sprang open."""
        return sum(one.picture is None for one in self.printer.printed())


def pass_time(seconds: int, column: str = "leased_until") -> None:
    """Make what the spool waits for so much older: leases, or `expires_at`."""
    with transaction() as session:
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        older = (
            f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-{seconds} seconds')"
            if is_sqlite
            else f"{column} - interval '{seconds} seconds'"
        )
        rows(session, f"UPDATE print_job SET {column} = {older}")
