"""
Deliveries that wait for the one writer of a SQLite file share its next commit.

While one commit is on its way to the disk, deliveries of other tills queue; whoever's turn it is
takes all of them into one transaction, each under a savepoint, and every one of them is answered
after its commit. PostgreSQL has many writers, and shares the flush of their commits by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from almakane.db import db, retried, transaction
from almakane.journal.delivery import Stumbled

T = TypeVar("T")
Work = Callable[[Session], T]


@dataclass(slots=True)
class _Job(Generic[T]):
    """What one delivery does, boldly and with care, and what came of it."""

    bold: Work[T] | None
    careful: Work[T]
    is_done: bool = False
    result: T | None = None
    error: BaseException | None = None

    def answer(self) -> T:
        """What came of it; raises what went wrong."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]

    def give_up(self) -> None:
        """Say that nothing came of it, if nothing did."""
        if not self.is_done:
            self.error, self.is_done = InterruptedError("The delivery was cut short."), True

    def run_alone(self) -> None:
        """Do it in a transaction of its own, tried again where that may help."""
        try:
            self.result = _alone(self.bold, self.careful)
        except Exception as error:
            self.error = error
        self.is_done = True


@dataclass(slots=True)
class _Queue:
    """Who waits for the writer of one database."""

    guard: Lock = field(default_factory=Lock)
    turn: Lock = field(default_factory=Lock)
    jobs: list[_Job[Any]] = field(default_factory=list)


_queues: WeakKeyDictionary[Engine, _Queue] = WeakKeyDictionary()
_making = Lock()


def share_commit(careful: Work[T], bold: Work[T] | None = None) -> T:
    """
    Do work in a transaction that others may share, and give its result after the commit.

    `bold` is tried first, where there is one; it may raise Stumbled, and `careful` does it again.
    """
    if db.engine.dialect.name != "sqlite":
        return _alone(bold, careful)
    queue, job = _queue_of(db.engine), _Job(bold, careful)
    with queue.guard:
        queue.jobs.append(job)
    with queue.turn:
        if not job.is_done:
            with queue.guard:
                jobs, queue.jobs = queue.jobs, []
            try:
                _run(jobs)
            finally:  # cut short: who waits is told, and sends again
                for left in jobs:
                    left.give_up()
    return job.answer()


def _queue_of(engine: Engine) -> _Queue:
    with _making:
        return _queues.setdefault(engine, _Queue())


def _alone(bold: Work[T] | None, careful: Work[T]) -> T:
    if bold:
        try:
            return retried(lambda: _in_transaction(bold))
        except Stumbled:
            pass
    return retried(lambda: _in_transaction(careful))


def _in_transaction(work: Work[T]) -> T:
    with transaction() as session:
        return work(session)


def _run(jobs: list[_Job[Any]]) -> None:
    """Do all of them in one transaction; where that fails, each in its own."""
    if len(jobs) > 1:
        try:
            with transaction() as session:
                results = [_under_savepoint(session, job) for job in jobs]
        except Exception:
            results = []
        for job, result in zip(jobs, results, strict=False):
            job.result, job.is_done = result, True
    for job in jobs:
        if not job.is_done:
            job.run_alone()


def _under_savepoint(session: Session, job: _Job[T]) -> T:
    if job.bold:
        try:
            with session.begin_nested():
                return job.bold(session)
        except Stumbled:
            pass
    with session.begin_nested():
        return job.careful(session)
