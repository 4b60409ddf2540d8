"""The demo's agent: it prints for the demo's tills, on the printer that is none."""

from datetime import UTC, datetime
from threading import Event, Thread

from flask import Flask
from sqlalchemy import select

from almakane.agent.disk import Disk
from almakane.agent.errand import Errand
from almakane.agent.press import Press
from almakane.agent.server import Server
from almakane.db import transaction
from almakane.gateways.agents import open_pairing, pair
from almakane.gateways.models import PrintAgent
from almakane.gateways.transports import read_way
from almakane.gateways.virtual_printer import VirtualPrinter
from almakane.pos.printers import bind_register
from almakane.sales.models import Register, RegisterKind
from almakane.settings import Settings

_NAME = "comptoir"


def open_agent(app: Flask, printer: VirtualPrinter, url: str) -> Event:
    """
    Start an agent that prints for each till of the first site; the event that is given stops it.

    It asks the server as any agent does, so it begins when the server answers.
    """
    settings: Settings = app.extensions["almakane"]
    token = _pair()
    disk = Disk(settings.data_dir / "demo-agent")
    press = Press(read_way(f"network:{printer.host}:{printer.port}"), disk)
    errand, stop = Errand(Server(url, token), press, printer.paper.profile), Event()
    Thread(target=errand.run, args=(stop,), name="agent", daemon=True).start()
    return stop


def _pair() -> str:
    """Pair the demo's agent anew at each start, and bind every till of its site to it."""
    now = datetime.now(UTC)
    with transaction() as session:
        tills = session.scalars(
            select(Register).where(Register.kind == RegisterKind.TILL).order_by(Register.id)
        ).all()
        hub_id, site_id = tills[0].hub_id, tills[0].site_id
        code = open_pairing(session, hub_id, site_id, _NAME, by="almakane", now=now)
        token = pair(session, code, app="demo", now=now).token
        agent = session.scalars(
            select(PrintAgent).where(PrintAgent.hub_id == hub_id, PrintAgent.name == _NAME)
        ).one()
        for till in tills:
            if till.site_id == site_id:
                bind_register(session, hub_id, till.code, agent.id)
    return token
