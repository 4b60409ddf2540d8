"""Who knocks at the tills' door: a till by its epoch's token, an agent by its own."""

from flask import request
from sqlalchemy.orm import Session

from almakane.db import db, rows
from almakane.gateways.agents import Agent, find_agent
from almakane.journal.models import EpochState
from almakane.journal.queries import Token, find_token
from almakane.pos.journal import Deliverer, NotYours
from almakane.pos.requests import Unread


def bearer() -> str:
    """The token that this request bears, or nothing."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret if scheme.lower() == "bearer" else ""


def token_of_request(*, is_live: bool = True) -> Token:
    """The epoch whose token this request bears; a lost one's opens the journal and nothing else."""
    secret = bearer()
    token = find_token(db.session(), secret) if secret else None
    if token is None:
        raise Unread(401, "unknown_token")
    if is_live and token.state is not EpochState.LIVE:
        raise Unread(403, "epoch_ended")
    return token


def agent_of_request() -> Agent | None:
    """The agent whose token this request bears."""
    secret = bearer()
    agent = find_agent(db.session(), secret) if secret else None
    db.session.rollback()
    return agent


def as_deliverer(agent: Agent) -> Deliverer:
    """An agent as one who brings events of any till of its site."""
    return Deliverer(f"agent/{agent.name}", agent.hub_id, agent.site_id)


def register_at_site(session: Session, deliverer: Deliverer, register: str) -> int:
    """The register that `hub/CODE` names; raises NotYours where it does not stand at the site."""
    hub, _, code = register.partition("/")
    found = rows(
        session,
        "SELECT register.id FROM register JOIN hub ON hub.id = register.hub_id "
        "WHERE hub.id = ? AND register.site_id = ? AND hub.code = ? AND register.code = ?",
        (deliverer.hub_id, deliverer.site_id, hub, code),
    )
    if not found:
        raise NotYours
    return int(found[0][0])
