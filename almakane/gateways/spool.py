"""
The spool: what printers are to bring out, each thing once.

A job is leased by the one agent that it is bound to. Nobody here retries anything: what may or may
not have come out is `unknown`, until the agent's disk or a person says which.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import insert_rows, locking, rows, utc_text
from almakane.errors import Refusal
from almakane.gateways.models import JobKind, JobState

LIVES = {
    JobKind.RECEIPT: timedelta(minutes=15),
    JobKind.REPORT: timedelta(minutes=15),
    JobKind.LABEL: timedelta(minutes=15),
    JobKind.DRAWER: timedelta(seconds=10),  # a drawer that opens later opens on nobody's hand
}
LEASE = timedelta(seconds=30)
MOST_COPIES = 99
NOT_BEGUN = "not_begun"  # what an agent says of a lease of which its disk knows nothing

_TOLD = (JobState.SENT, JobState.CONFIRMED, JobState.UNKNOWN, JobState.FAILED)
_MACHINE = "almakane"


class NotLeased(Exception):
    """An agent speaks of a job that is not its own, or by a lease that is over; `state` if any."""

    def __init__(self, state: JobState | None) -> None:
        super().__init__(state)
        self.state = state


class Job(NamedTuple):
    """Something to print."""

    hub_id: int
    agent_id: int
    register_id: int | None
    kind: JobKind
    fact_uid: str
    copy: int
    title: str
    data: bytes
    asked_by: str
    expires_at: datetime

    @property
    def uid(self) -> str:
        """The same for the spool and for the agent's own door, so that it is printed once."""
        return job_uid(self.kind, self.fact_uid, self.copy)


class Leased(NamedTuple):
    """A job in an agent's hands."""

    uid: str
    kind: JobKind
    lease: str
    data: bytes
    sha256: str
    expires_at: datetime


class Lapsed(NamedTuple):
    """A lease that ran out with no word, of an agent whose disk may know."""

    uid: str
    lease: str


def job_uid(kind: JobKind, fact_uid: str, copy: int) -> str:
    """The name of a job: `receipt-<uid of the sale>-0`."""
    return f"{kind.value}-{fact_uid}-{copy}"


_JOB = (
    *("hub_id", "agent_id", "register_id", "uid", "kind", "fact_uid", "copy", "title", "data"),
    *("sha256", "asked_by", "asked_at", "expires_at", "state"),
)


def spool(session: Session, job: Job, *, now: datetime) -> bool:
    """Queue a job, once per uid; whether it was this time."""
    added = insert_rows(
        session,
        "print_job",
        _JOB,
        [
            (
                *(job.hub_id, job.agent_id, job.register_id, job.uid, job.kind.value),
                *(job.fact_uid, job.copy, job.title[:40], job.data),
                *(hashlib.sha256(job.data).hexdigest(), job.asked_by, utc_text(now)),
                *(utc_text(job.expires_at), JobState.QUEUED.value),
            )
        ],
        returning="id",
        conflict="(uid) DO NOTHING",
    )
    if added:
        _step(session, int(added[0][0]), JobState.QUEUED, job.asked_by, "", now)
    return bool(added)


# What an agent asks and says


_WORK = """
SELECT 1 FROM print_job
WHERE agent_id = ? AND (state = 'queued' OR (state = 'leased' AND leased_until <= ?)) LIMIT 1
"""


def has_work(session: Session, agent_id: int, *, now: datetime) -> bool:
    """Whether `lease` would find something to do: for those who wait outside a transaction."""
    return bool(rows(session, _WORK, (agent_id, utc_text(now))))


_NEXT = """
SELECT id, uid, kind, data, sha256, expires_at FROM print_job
WHERE agent_id = ? AND state = 'queued'
ORDER BY CASE kind WHEN 'drawer' THEN 0 ELSE 1 END, id LIMIT 1
"""
_LEASE = """
UPDATE print_job SET state = 'leased', lease = ?, lease_disk = ?, leased_until = ? WHERE id = ?
"""


def lease(session: Session, agent_id: int, disk: str, *, now: datetime) -> Leased | None:
    """
    Give an agent its next job for half a minute, drawers first.

    `disk` names the disk on which the agent writes down what it begins: no other can say later that
    it did not begin.
    """
    end_overdue(session, now=now, agent_id=agent_id)
    found = rows(session, _skipping(session, _NEXT), (agent_id,))
    if not found:
        return None
    job_id, uid, kind, data, sha256, expires_at = found[0]
    name = secrets.token_urlsafe(16)
    rows(session, _LEASE, (name, disk, utc_text(now + LEASE), job_id))
    _step(session, job_id, JobState.LEASED, f"agent/{agent_id}", "", now)
    return Leased(uid, JobKind(kind), name, bytes(data), sha256, as_moment(expires_at))


_LAPSED = """
SELECT uid, lease FROM print_job
WHERE agent_id = ? AND state = 'unknown' AND leased_until IS NOT NULL AND lease_disk = ?
ORDER BY id LIMIT 20
"""


def lapsed(session: Session, agent_id: int, disk: str) -> list[Lapsed]:
    """What this agent was given and has said nothing of: its disk may know."""
    return [Lapsed(*row) for row in rows(session, _LAPSED, (agent_id, disk))]


_OF_AGENT = """
SELECT id, state, lease, lease_disk, leased_until, expires_at FROM print_job
WHERE uid = ? AND agent_id = ?
"""
_BACK = """
UPDATE print_job SET state = ?, lease = NULL, lease_disk = NULL, leased_until = NULL WHERE id = ?
"""


def report(
    session: Session,
    agent_id: int,
    uid: str,
    lease: str,
    disk: str,
    said: str,
    *,
    told: str,
    now: datetime,
) -> JobState:
    """
    Hear from an agent what became of a job; the same word again changes nothing.

    `said` is sent, confirmed, unknown, failed, or NOT_BEGUN, which puts the job back. Raises
    NotLeased for a job that is not in its hands, or on which somebody has already decided.
    """
    found = rows(session, locking(session, _OF_AGENT, "print_job"), (uid, agent_id))
    if not found:
        raise NotLeased(None)
    job_id, state, leased_by, on_disk, leased_until, expires_at = found[0]
    if leased_by != lease or on_disk != disk:
        raise NotLeased(JobState(state))
    if leased_until is None:
        if state == said:
            return JobState(state)
        raise NotLeased(JobState(state))
    actor = f"agent/{agent_id}"
    if said == NOT_BEGUN:
        back = JobState.QUEUED if as_moment(expires_at) > now else JobState.EXPIRED
        rows(session, _BACK, (back.value, job_id))
        _step(session, job_id, back, actor, told, now)
        if back is JobState.EXPIRED:
            _drop_bytes(session, [job_id])
        return back
    end = JobState(said)
    if end not in _TOLD:
        raise NotLeased(JobState(state))
    _end(session, job_id, end, actor, told, now)
    return end


# What time and people decide


def is_overdue(session: Session, *, now: datetime) -> bool:
    """Whether `end_overdue` would find something: for those who look outside a transaction."""
    moment = utc_text(now)
    return bool(rows(session, f"{_OVERDUE} LIMIT 1", (moment, moment)))


_OVERDUE = """
SELECT id, state FROM print_job WHERE state IN ('queued', 'leased')
AND ((state = 'queued' AND expires_at <= ?) OR (state = 'leased' AND leased_until <= ?))
"""


def end_overdue(session: Session, *, now: datetime, agent_id: int | None = None) -> int:
    """Let what nobody fetched in time expire, and what was fetched without a word be unknown."""
    moment = utc_text(now)
    of_agent = " AND agent_id = ?" if agent_id is not None else ""
    values = (moment, moment, agent_id) if agent_id is not None else (moment, moment)
    overdue = rows(session, _skipping(session, _OVERDUE + of_agent), values)
    expired = [job_id for job_id, state in overdue if state == JobState.QUEUED]
    unheard = [job_id for job_id, state in overdue if state == JobState.LEASED]
    for job_ids, end in ((expired, JobState.EXPIRED), (unheard, JobState.UNKNOWN)):
        if job_ids:
            rows(
                session,
                "UPDATE print_job SET state = ? WHERE id IN (??)",
                (end.value, job_ids),
            )
        for job_id in job_ids:
            _step(session, job_id, end, _MACHINE, "", now)
    _drop_bytes(session, expired)
    return len(overdue)


def answer(session: Session, hub_id: int, job_id: int, *, by: str, now: datetime) -> None:
    """A person says of an unknown job that it came out; refuses one that is not unknown."""
    state = lock_job(session, hub_id, job_id)
    if state is not JobState.UNKNOWN:
        raise Refusal("Somebody has already said what became of it.")
    _end(session, job_id, JobState.CONFIRMED, by, "", now)


def give_up(session: Session, hub_id: int, job_id: int, *, by: str, now: datetime) -> None:
    """A person has it printed again or lets it be: what was unknown did not come out."""
    if lock_job(session, hub_id, job_id) is JobState.UNKNOWN:
        _end(session, job_id, JobState.FAILED, by, "", now)


def lock_job(session: Session, hub_id: int, job_id: int) -> JobState:
    """A job's state, its row locked until the commit; refuses one that is not there."""
    sql = locking(session, "SELECT state FROM print_job WHERE id = ? AND hub_id = ?", "print_job")
    found = rows(session, sql, (job_id, hub_id))
    if not found:
        raise Refusal("There is no such print job.")
    return JobState(found[0][0])


def next_copy(session: Session, kind: JobKind, fact_uid: str) -> int:
    """The number of the next copy; refuses a hundredth."""
    [(last,)] = rows(
        session,
        "SELECT MAX(copy) FROM print_job WHERE fact_uid = ? AND kind = ?",
        (fact_uid, kind.value),
    )
    if last is not None and last >= MOST_COPIES:
        raise Refusal("It was printed too often: at most %(count)s copies.", count=MOST_COPIES)
    return 1 if last is None else last + 1


def _end(
    session: Session, job_id: int, end: JobState, actor: str, told: str, now: datetime
) -> None:
    rows(
        session,
        "UPDATE print_job SET state = ?, leased_until = NULL WHERE id = ?",
        (end.value, job_id),
    )
    _step(session, job_id, end, actor, told, now)
    if end is not JobState.UNKNOWN:
        _drop_bytes(session, [job_id])


def _drop_bytes(session: Session, job_ids: list[int]) -> None:
    """What is over is never sent again: a copy is drawn anew from the books."""
    if job_ids:
        rows(session, "UPDATE print_job SET data = ? WHERE id IN (??)", (b"", job_ids))


def _step(
    session: Session, job_id: int, state: JobState, actor: str, told: str, now: datetime
) -> None:
    insert_rows(
        session,
        "print_job_step",
        ("job_id", "state", "at", "actor", "told"),
        [(job_id, state.value, utc_text(now), actor[:80], told[:200])],
    )


def _skipping(session: Session, sql: str) -> str:
    """The same SELECT, its rows locked but for those that another has locked."""
    locked = locking(session, sql, "print_job")
    return sql if locked == sql else f"{locked} SKIP LOCKED"


def as_moment(value: Any) -> datetime:
    """A moment as either engine gives it in a plain statement."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
