"""What staff read of printing: what waits for a person, what came last, and how printers are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from almakane.gateways.models import JobState, PrintAgent, PrintJob, RegisterPrinter
from almakane.hubs.models import Site
from almakane.sales.models import Register, RegisterKind

_SILENT = timedelta(minutes=2)  # an agent asks each half minute
_LATEST = 50


class AgentCard(NamedTuple):
    """An agent, its place, and whether it is heard of."""

    agent: PrintAgent
    site: str
    is_heard: bool


class Bound(NamedTuple):
    """A till, who prints for it, and who could."""

    code: str
    agent_id: int | None
    agents: tuple[PrintAgent, ...]


class Board(NamedTuple):
    """The page."""

    unknown: Sequence[PrintJob]
    latest: Sequence[PrintJob]
    agents: list[AgentCard]
    registers: list[Bound]
    names: dict[int, str]  # of agents


def print_board(session: Session, hub_id: int, now: datetime) -> Board:
    """Everything on the page, in as many queries however much there is."""
    jobs = (
        select(PrintJob)
        .options(defer(PrintJob.data, raiseload=True))
        .where(PrintJob.hub_id == hub_id)
    )
    unknown = session.scalars(
        jobs.where(PrintJob.state == JobState.UNKNOWN).order_by(PrintJob.id)
    ).all()
    latest = session.scalars(jobs.order_by(PrintJob.id.desc()).limit(_LATEST)).all()
    found = session.execute(
        select(PrintAgent, Site.name)
        .join(Site, Site.id == PrintAgent.site_id)
        .where(PrintAgent.hub_id == hub_id)
        .order_by(PrintAgent.name)
    ).all()
    agents = [AgentCard(agent, site, _is_heard(agent, now)) for agent, site in found]
    tills = session.execute(
        select(Register.code, Register.site_id, RegisterPrinter.agent_id)
        .outerjoin(RegisterPrinter, RegisterPrinter.register_id == Register.id)
        .where(Register.hub_id == hub_id, Register.kind == RegisterKind.TILL)
        .order_by(Register.code)
    ).all()
    registers = [
        Bound(
            code,
            agent_id,
            tuple(card.agent for card in agents if card.agent.site_id == site_id),
        )
        for code, site_id, agent_id in tills
    ]
    names = {card.agent.id: card.agent.name for card in agents}
    return Board(unknown, latest, agents, registers, names)


def _is_heard(agent: PrintAgent, now: datetime) -> bool:
    return bool(agent.token_hash and agent.seen_at and now - agent.seen_at < _SILENT)
