"""What the quick proof of both books last said: run anew once it is an hour old."""

from datetime import datetime, timedelta
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.check.law import Violation

HOLDS_FOR = timedelta(hours=1)


class Proof(NamedTuple):
    """When both books were proven, and what was found."""

    at: datetime
    violations: tuple[Violation, ...]


_last: WeakKeyDictionary[Engine, Proof] = WeakKeyDictionary()


def last_proof(session: Session, now: datetime) -> Proof:
    """The last proof of this database; a process that starts, or an old one, proves it again."""
    connection = session.connection()
    proof = _last.get(connection.engine)
    if proof is None or not proof.at <= now < proof.at + HOLDS_FOR:
        proof = Proof(now, tuple(prove(connection, fast=True)))
        _last[connection.engine] = proof
    return proof
