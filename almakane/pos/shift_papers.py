"""What a shift brings out besides receipts: a Z at its end, an X while it runs, an open drawer."""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import insert_rows, rows, utc_text
from almakane.errors import Refusal
from almakane.gateways.models import JobKind
from almakane.gateways.paper import KICK
from almakane.gateways.spool import LIVES, Job
from almakane.journal.delivery import Where
from almakane.journal.event import Event, moment_text, read_moment
from almakane.pos.ink import printed
from almakane.pos.papers import house_of
from almakane.pos.report import report
from almakane.pos.shift_figures import figures_of
from almakane.web import settings
from almakane.web.languages import LANGUAGES
from almakane.web.voices import voice

REPORT, DRAWER = "report", "drawer"  # the outbox rows that are ours


def ask_for_paper(session: Session, where: Where, event: Event, kind: str) -> None:
    """Leave a row for the worker: what an event brings out once it is committed."""
    told = {
        "event": event.uid,
        "register": where.register_id,
        "shift": event.body["shift"],
        "by": event.cashier,
        "at": moment_text(event.at),
    }
    insert_rows(
        session,
        "outbox",
        ("hub_id", "uid", "kind", "body", "due_at"),
        [(where.hub_id, f"{kind}/{event.uid}", kind, json.dumps(told), utc_text(where.now))],
        conflict="(uid) DO NOTHING",
    )


class _Printer(NamedTuple):
    """Who prints for a register, how, and how far its till's clock is off."""

    agent_id: int
    profile: str
    code: str
    skew_seconds: int


_PRINTER = """
SELECT printer.agent_id, agent.profile, register.code, heartbeat.skew_seconds
FROM register JOIN register_printer printer ON printer.register_id = register.id
JOIN print_agent agent ON agent.id = printer.agent_id
LEFT JOIN epoch ON epoch.register_id = register.id AND epoch.state = 'live'
LEFT JOIN heartbeat ON heartbeat.epoch_id = epoch.id
WHERE register.id = ? AND register.hub_id = ?
"""


def _printer_of(session: Session, hub_id: int, register_id: int) -> _Printer | None:
    found = rows(session, _PRINTER, (register_id, hub_id))
    if not found:
        return None
    [(agent_id, profile, code, skew)] = found
    return _Printer(agent_id, profile or "", code, skew or 0)


def _since(told: dict[str, Any], printer: _Printer, now: datetime) -> datetime:
    """When it happened, by our clock; a clock that runs ahead prolongs nothing."""
    return min(read_moment(told["at"], "at") - timedelta(seconds=printer.skew_seconds), now)


def z_for(session: Session, hub_id: int, told: dict[str, Any], *, now: datetime) -> Job | None:
    """The Z of a shift that was closed just now."""
    printer = _printer_of(session, hub_id, told["register"])
    if printer is None:
        return None
    ends = _since(told, printer, now) + LIVES[JobKind.REPORT]
    if ends <= now:
        return None
    return _report(session, hub_id, told, printer, now=now, expires_at=ends)


def kick_for(session: Session, hub_id: int, told: dict[str, Any], *, now: datetime) -> Job | None:
    """A drawer that somebody opened without a sale; ten seconds later it stays shut."""
    printer = _printer_of(session, hub_id, told["register"])
    if printer is None:
        return None
    ends = _since(told, printer, now) + LIVES[JobKind.DRAWER]
    if ends <= now:
        return None
    return Job(
        *(hub_id, printer.agent_id, told["register"], JobKind.DRAWER, told["event"], 0),
        *(f"{printer.code} {told['shift'][:8]}", printed(KICK), told["by"], ends),
    )


def x_for(
    session: Session, hub_id: int, register_id: int, shift: str, uid: str, *, now: datetime
) -> Job:
    """
    The shift so far, as the journal has come; the uid is the paper's own.

    Raises Refusal, reason `no_printer` where nobody prints for the register, and `unknown` for a
    shift that is not this register's.
    """
    found = rows(
        session,
        "SELECT opened_by FROM shift WHERE uid = ? AND register_id = ? AND hub_id = ?",
        (shift, register_id, hub_id),
    )
    if not found:
        raise Refusal("There is no such shift here.", field="shift", reason="unknown")
    printer = _printer_of(session, hub_id, register_id)
    if printer is None:
        raise Refusal("No agent prints for this register: choose one first.", reason="no_printer")
    told = {"event": uid, "register": register_id, "shift": shift, "by": found[0][0]}
    job = _report(session, hub_id, told, printer, now=now, expires_at=now + LIVES[JobKind.REPORT])
    if job is None:
        raise Refusal("There is no such shift here.", field="shift", reason="unknown")
    return job


def _report(
    session: Session,
    hub_id: int,
    told: dict[str, Any],
    printer: _Printer,
    *,
    now: datetime,
    expires_at: datetime,
) -> Job | None:
    found = rows(
        session,
        "SELECT name, language FROM app_user WHERE hub_id = ? AND login = ?",
        (hub_id, told["by"]),
    )
    name, wish = found[0] if found else (told["by"], None)
    language = wish if wish in LANGUAGES else settings().language
    figures = figures_of(session, hub_id, told["shift"], by=name, now=now)
    if figures is None:
        return None
    shift, site_id = figures
    house = house_of(session, hub_id, site_id, shift.day)
    data = printed(report(shift, house, voice(language), language), printer.profile)
    title = f"{'Z' if shift.closing else 'X'} {printer.code} {shift.day.isoformat()}"
    return Job(
        *(hub_id, printer.agent_id, told["register"], JobKind.REPORT, told["event"], 0),
        *(title, data, told["by"], expires_at),
    )
