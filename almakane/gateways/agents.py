"""Agents: how one comes to a site by a code, proves itself by a token, and is shut out."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from almakane.db import rows, utc_text
from almakane.errors import Refusal
from almakane.gateways.models import PrintAgent

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no 0 O 1 I, which people misread
_CODE_LENGTH = 8
_OPEN = timedelta(minutes=10)
_HEARD_EACH = timedelta(seconds=20)  # an agent that says the same is written down so often


class NotPaired(Exception):
    """The code opens nothing; whoever asks counts the try, by where it came from."""


class Agent(NamedTuple):
    """The agent that a bearer token was given to."""

    id: int
    hub_id: int
    hub: str
    site_id: int
    name: str


class Paired(NamedTuple):
    """What an agent learns when it is paired."""

    name: str
    token: str


def open_pairing(
    session: Session, hub_id: int, site_id: int, name: str, *, by: str, now: datetime
) -> str:
    """
    Let a program be the agent of this name for ten minutes; gives the code to type there.

    One that has the name already works on until the code is used.
    """
    agent = session.scalar(
        select(PrintAgent)
        .where(PrintAgent.hub_id == hub_id, PrintAgent.name == name)
        .with_for_update()
    )
    if agent is not None and agent.site_id != site_id:
        raise Refusal("%(name)s is the name of an agent elsewhere.", field="name", name=name)
    if agent is None:
        agent = PrintAgent(
            hub_id=hub_id, site_id=site_id, name=name, app="", profile="", printer=""
        )
        session.add(agent)
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    agent.pairing_hash, agent.pairing_until = _hash(code), now + _OPEN
    agent.wrong_tries, agent.opened_by = 0, by
    session.flush()
    return code


def pair(session: Session, code: str, *, app: str, now: datetime) -> Paired:
    """Make whoever knows the code the agent that it was opened for; raises NotPaired."""
    agent = session.scalar(
        select(PrintAgent)
        .where(PrintAgent.pairing_hash == _hash(code), PrintAgent.pairing_until > now)
        .with_for_update()
    )
    if agent is None:
        raise NotPaired
    token = secrets.token_urlsafe(32)
    agent.token_hash, agent.paired_at, agent.app = _hash(token), now, app
    agent.pairing_hash = agent.pairing_until = None
    session.flush()
    return Paired(agent.name, token)


def shut_out(session: Session, hub_id: int, agent_id: int) -> None:
    """Take an agent's token and code away: it prints nothing more, and delivers nothing."""
    session.execute(
        update(PrintAgent)
        .where(PrintAgent.id == agent_id, PrintAgent.hub_id == hub_id)
        .values(token_hash=None, pairing_hash=None, pairing_until=None)
    )


def find_agent(session: Session, token: str) -> Agent | None:
    """Whose token this is."""
    found = rows(
        session,
        "SELECT agent.id, hub.id, hub.code, agent.site_id, agent.name FROM print_agent agent "
        "JOIN hub ON hub.id = agent.hub_id WHERE agent.token_hash = ?",
        (_hash(token),),
    )
    return Agent(*found[0]) if found else None


def is_news(session: Session, agent_id: int, profile: str, printer: str, now: datetime) -> bool:
    """Whether what an agent says of itself is to be written down."""
    since = utc_text(now - _HEARD_EACH)
    return not rows(
        session,
        "SELECT 1 FROM print_agent WHERE id = ? AND profile = ? AND printer = ? AND seen_at > ?",
        (agent_id, profile, printer, since),
    )


def hear(session: Session, agent_id: int, profile: str, printer: str, now: datetime) -> None:
    """Write down what an agent says of itself and of its printer."""
    rows(
        session,
        "UPDATE print_agent SET profile = ?, printer = ?, seen_at = ? WHERE id = ?",
        (profile, printer, utc_text(now), agent_id),
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
