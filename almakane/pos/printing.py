"""From a committed ticket to bytes for the printer beside its till."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import db, retried, rows, transaction
from almakane.errors import Refusal
from almakane.gateways.models import JobKind, JobState
from almakane.gateways.outbox import Errand, end_errand, open_errands, put_off, take_errand
from almakane.gateways.paper import KICK
from almakane.gateways.spool import (
    LIVES,
    Job,
    as_moment,
    end_overdue,
    give_up,
    is_overdue,
    lock_job,
    next_copy,
    spool,
)
from almakane.pos.ink import printed
from almakane.pos.papers import receipt_of
from almakane.pos.shift_papers import DRAWER, REPORT, kick_for, z_for

log = logging.getLogger(__name__)

RECEIPT = "receipt"
_OURS = (RECEIPT, REPORT, DRAWER)  # the outbox rows that are ours
_AT_ONCE = 20
_LATER = timedelta(minutes=1)


class _Sold(NamedTuple):
    """A recorded ticket, and the agent that prints for its register; none: nobody does."""

    sale_id: int
    uid: str
    number: str
    register_id: int
    cashier: str
    at: datetime
    takes_cash: bool
    agent_id: int | None
    profile: str


def print_receipts(base_url: str, *, now: datetime) -> int:
    """
    Turn what the outbox asks into print jobs; gives how many rows were done.

    What is drawn is drawn outside of any transaction. The jobs and that the row is done are one
    commit, so that a kill before it leaves everything as it was.
    """
    session = db.session()
    errands = open_errands(session, _OURS, now=now, most=_AT_ONCE)
    session.rollback()
    done = 0
    for errand in errands:
        try:
            done += _spool_all(errand, _jobs(errand, base_url, now=now), now)
        except Exception:  # whatever is wrong with one paper, the others are waited for
            log.exception(
                "Outbox row %s (%s %s) brings no paper out yet; it is tried again in a minute",
                *(errand.id, errand.kind, errand.body),
            )
            _put_off(errand, now)
    return done


def end_what_is_overdue(now: datetime) -> None:
    """End jobs whose agent does not come, so that people see it."""
    session = db.session()
    overdue = is_overdue(session, now=now)
    session.rollback()
    if overdue:
        with transaction() as writing:
            end_overdue(writing, now=now)


def print_again(hub_id: int, job_id: int, base_url: str, *, by: str, now: datetime) -> str:
    """
    Have a receipt printed once more, marked as a duplicate; gives the new job's uid.

    Refuses a drawer, which nobody opens a second time, and what may yet come by itself.
    """
    session = db.session()
    found = rows(
        session,
        "SELECT kind, fact_uid FROM print_job WHERE id = ? AND hub_id = ?",
        (job_id, hub_id),
    )
    if not found:
        raise Refusal("There is no such print job.")
    kind, fact_uid = JobKind(found[0][0]), found[0][1]
    if kind is not JobKind.RECEIPT:
        raise Refusal("Only receipts are printed again from here.")
    sold = _sold(session, hub_id, fact_uid)
    if sold is None or sold.agent_id is None:
        raise Refusal("No agent prints for this register: choose one first.")
    copy = next_copy(session, kind, fact_uid)
    data = _receipt(session, sold, base_url, copy)
    session.rollback()
    job = _job(hub_id, sold, kind, data, by=by, expires_at=now + LIVES[kind], copy=copy)

    def queue() -> None:
        with transaction() as session:
            if lock_job(session, hub_id, job_id) in (JobState.QUEUED, JobState.LEASED):
                raise Refusal("It is still on its way: wait for what becomes of it.")
            give_up(session, hub_id, job_id, by=by, now=now)
            if not spool(session, job, now=now):
                raise Refusal("Somebody has just asked for the same.")

    retried(queue)
    return job.uid


def _jobs(errand: Errand, base_url: str, *, now: datetime) -> list[Job]:
    """What an outbox row brings out; nothing for what is too old or has no printer."""
    if errand.kind == RECEIPT:
        return _of_sale(errand, base_url, now=now)
    session = db.session()
    try:
        of = {REPORT: z_for, DRAWER: kick_for}[errand.kind]
        job = of(session, errand.hub_id, json.loads(errand.body), now=now)
        return [job] if job else []
    finally:
        session.rollback()


def _of_sale(errand: Errand, base_url: str, *, now: datetime) -> list[Job]:
    """A kick where cash was taken, then the receipt."""
    session = db.session()
    try:
        sold = _sold(session, errand.hub_id, json.loads(errand.body)["sale"])
        if sold is None or sold.agent_id is None:
            return []
        jobs = []
        since = min(sold.at, now)  # a clock that runs ahead prolongs nothing
        if sold.takes_cash and since + LIVES[JobKind.DRAWER] > now:
            jobs.append(_of(errand, sold, JobKind.DRAWER, printed(KICK), since))
        if since + LIVES[JobKind.RECEIPT] > now:
            data = _receipt(session, sold, base_url, 0)
            jobs.append(_of(errand, sold, JobKind.RECEIPT, data, since))
        return jobs
    finally:
        session.rollback()


def _of(errand: Errand, sold: _Sold, kind: JobKind, data: bytes, since: datetime) -> Job:
    return _job(
        errand.hub_id, sold, kind, data, by=sold.cashier, expires_at=since + LIVES[kind], copy=0
    )


def _job(
    hub_id: int,
    sold: _Sold,
    kind: JobKind,
    data: bytes,
    *,
    by: str,
    expires_at: datetime,
    copy: int,
) -> Job:
    if sold.agent_id is None:
        raise ValueError("A job has an agent.")
    return Job(
        *(hub_id, sold.agent_id, sold.register_id, kind, sold.uid, copy),
        *(sold.number, data, by, expires_at),
    )


def _receipt(session: Session, sold: _Sold, base_url: str, copy: int) -> bytes:
    key = _key(session, sold.uid)
    url = f"{base_url}/t/{key}" if key else ""
    strip = receipt_of(session, sold.sale_id, url=url, copy=copy)
    return printed(strip, sold.profile)


_SOLD = """
SELECT sale.id, sale.uid, sale.number, sale.register_id, sale.cashier, sale.happened_at,
       heartbeat.skew_seconds, printer.agent_id, agent.profile,
       EXISTS (SELECT 1 FROM tender WHERE tender.sale_id = sale.id AND tender.kind = 'cash')
FROM sale
LEFT JOIN register_printer printer ON printer.register_id = sale.register_id
LEFT JOIN print_agent agent ON agent.id = printer.agent_id
LEFT JOIN epoch ON epoch.register_id = sale.register_id AND epoch.state = 'live'
LEFT JOIN heartbeat ON heartbeat.epoch_id = epoch.id
WHERE sale.hub_id = ? AND sale.uid = ?
"""


def _sold(session: Session, hub_id: int, uid: str) -> _Sold | None:
    found = rows(session, _SOLD, (hub_id, uid))
    if not found:
        return None
    [(sale_id, uid, number, register_id, cashier, at, skew, agent_id, profile, cash)] = found
    at = as_moment(at) - timedelta(seconds=skew or 0)
    return _Sold(
        sale_id, uid, number, register_id, cashier, at, bool(cash), agent_id, profile or ""
    )


def _key(session: Session, uid: str) -> str:
    """The key of a ticket's page, which its event told; none for what has no event."""
    found = rows(
        session,
        "SELECT event.text FROM effect JOIN journal_event event ON event.id = effect.event_id "
        "WHERE effect.uid = ?",
        (uid,),
    )
    if not found:
        return ""
    event: dict[str, Any] = json.loads(found[0][0])
    key = event.get("body", {}).get("key", "")
    return key if isinstance(key, str) else ""


def _spool_all(errand: Errand, jobs: list[Job], now: datetime) -> bool:
    def spool_them() -> bool:
        with transaction() as session:
            if not take_errand(session, errand.id):
                return False
            for job in jobs:
                spool(session, job, now=now)
            end_errand(session, errand.id, now=now)
            return True

    return retried(spool_them)


def _put_off(errand: Errand, now: datetime) -> None:
    with transaction() as session:
        if take_errand(session, errand.id):
            put_off(session, errand.id, until=now + _LATER)
