"""A device comes to a register: a code, a key, a token, and two chains that begin (section 2)."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.journal.chain import Head, Mode, digest, enrol_message, genesis_text
from almakane.journal.models import Chain, Enrolment, Epoch, EpochState
from almakane.journal.queries import chains_of, token_hash
from almakane.journal.signing import is_key, verifies
from almakane.sales.models import Register, RegisterKind

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no 0 O 1 I, which people misread
_CODE_LENGTH = 8
_OPEN = timedelta(minutes=10)


class NotEnrolled(Exception):
    """
    The code opens nothing: wrong, used or old. One answer for all of them.

    Nothing was written; whoever asks counts the try, by where it came from.
    """


class BadProof(Refusal):
    """The key is none, or the proof does not show that the device holds it."""


class Enrolled(NamedTuple):
    """What a device learns when it is enrolled."""

    epoch_id: int
    register: str
    epoch: int
    token: str
    genesis: dict[str, str]
    perpetual: dict[str, int]
    is_new: bool


def open_enrolment(
    session: Session, hub_id: int, register_code: str, *, by: str, now: datetime
) -> str:
    """
    Let one device enrol at a till within ten minutes; gives the code to type there.

    Refuses a register of the server's own, and one whose epoch is live: that one ends first.
    """
    register = session.scalar(
        select(Register)
        .where(Register.hub_id == hub_id, Register.code == register_code)
        .with_for_update()
    )
    if register is None or register.kind is not RegisterKind.TILL:
        raise Refusal("There is no register %(code)s.", field="register", code=register_code)
    if live_epoch(session, register.id):
        raise Refusal(
            "A device is enrolled at %(code)s: retire it, or say that it is lost, first.",
            field="register",
            code=register_code,
        )
    session.execute(
        update(Enrolment)
        .where(Enrolment.register_id == register.id, Enrolment.epoch_id.is_(None))
        .values(expires_at=now)
    )
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    session.add(
        Enrolment(
            hub_id=hub_id,
            register_id=register.id,
            code_hash=_hash(code),
            opened_by=by,
            expires_at=now + _OPEN,
            wrong_tries=0,
        )
    )
    session.flush()
    return code


def live_epoch(session: Session, register_id: int) -> Epoch | None:
    """The epoch that a register's device is in, if one is enrolled."""
    return session.scalar(
        select(Epoch).where(Epoch.register_id == register_id, Epoch.state == EpochState.LIVE)
    )


def enrol(
    session: Session, code: str, key: str, proof: str, *, app: str, now: datetime
) -> Enrolled:
    """
    Enrol the device that holds `key`.

    The same code and key again, within the ten minutes and before the first event, is the same
    epoch with a new token: the answer may have been lost. Raises NotEnrolled, or BadProof.
    """
    found = session.scalar(
        select(Enrolment)
        .where(Enrolment.code_hash == _hash(code), Enrolment.expires_at > now)
        .with_for_update()
    )
    if found is None:
        raise NotEnrolled
    if not is_key(key) or not verifies(key, proof, enrol_message(code, key)):
        raise BadProof(
            "The device could not prove that it holds its key; it was not enrolled.",
            field="proof",
        )
    if found.epoch_id:
        return _again(session, found.epoch_id, key)
    register = session.get_one(Register, found.register_id, with_for_update=True)
    if live_epoch(session, register.id):
        raise NotEnrolled
    token = secrets.token_urlsafe(32)
    epoch = begin_epoch(session, register, key, by=found.opened_by, now=now, app=app, token=token)
    found.epoch_id = epoch.id
    session.flush()
    return _enrolled(session, epoch, token, is_new=True)


def begin_epoch(
    session: Session,
    register: Register,
    key: str,
    *,
    by: str,
    now: datetime,
    app: str = "",
    token: str | None = None,
) -> Epoch:
    """Begin a register's next epoch: each mode's chain starts from the head of the one before."""
    hub = session.get_one(Hub, register.hub_id)
    before = chains_of(session, register.id)
    number = max((chain.epoch for chain in before), default=0) + 1
    epoch = Epoch(
        hub_id=register.hub_id,
        register_id=register.id,
        epoch=number,
        key=key,
        token_hash=token_hash(token) if token else None,
        state=EpochState.LIVE,
        app=app,
        opened_at=now,
        opened_by=by,
    )
    session.add(epoch)
    session.flush()
    for mode in Mode if register.kind is RegisterKind.TILL else (Mode.LIVE,):
        last = next(
            (chain for chain in before if chain.mode is mode and chain.epoch == number - 1), None
        )
        previous = (last.epoch, Head(last.seq, last.hash)) if last else None
        genesis = genesis_text(f"{hub.code}/{register.code}", number, mode, key, previous)
        session.add(
            Chain(
                hub_id=register.hub_id,
                epoch_id=epoch.id,
                mode=mode,
                genesis=genesis,
                seq=0,
                hash=digest(genesis),
                last_number=0,
                sales=last.sales if last else 0,
                refunds=last.refunds if last else 0,
            )
        )
    session.flush()
    return epoch


def _again(session: Session, epoch_id: int, key: str) -> Enrolled:
    epoch = session.get_one(Epoch, epoch_id, with_for_update=True)
    chains = session.scalars(select(Chain).where(Chain.epoch_id == epoch_id)).all()
    if epoch.key != key or epoch.state is not EpochState.LIVE or any(one.seq for one in chains):
        raise NotEnrolled
    token = secrets.token_urlsafe(32)
    epoch.token_hash = token_hash(token)
    session.flush()
    return _enrolled(session, epoch, token, is_new=False)


def _enrolled(session: Session, epoch: Epoch, token: str, *, is_new: bool) -> Enrolled:
    register = session.get_one(Register, epoch.register_id)
    hub = session.get_one(Hub, epoch.hub_id)
    chains = session.scalars(select(Chain).where(Chain.epoch_id == epoch.id)).all()
    live = next(chain for chain in chains if chain.mode is Mode.LIVE)
    return Enrolled(
        *(epoch.id, f"{hub.code}/{register.code}", epoch.epoch, token),
        {chain.mode.value: chain.genesis for chain in chains},
        {"sales": live.sales, "refunds": live.refunds},
        is_new,
    )


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
