"""What staff read of the registers: who writes, how far we hold it, and what waits there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import Query, rows_of
from almakane.hubs.models import Site
from almakane.hubs.queries import rules_on
from almakane.journal.chain import Mode
from almakane.journal.models import (
    Chain,
    Enrolment,
    Epoch,
    EpochState,
    EventEnd,
    Heartbeat,
    JournalEvent,
)
from almakane.pos.models import Shift, ShiftClosing
from almakane.sales.models import Register, RegisterKind
from almakane.sales.ticket import TenderKind


class Head(NamedTuple):
    """How far a chain is held here, and how far its device says it goes."""

    mode: Mode
    chain_id: int
    seq: int
    last_number: int  # of its tickets
    sales: int
    refunds: int
    had: int | None  # by the last heartbeat; none where none was heard
    is_other: bool  # as far as ours, but with another last event

    @property
    def missing(self) -> int:
        """How many events its device told of that have not come."""
        return max(0, (self.had or 0) - self.seq)


@dataclass(frozen=True, slots=True)
class Device:
    """One enrolment at a register: its epoch, what was heard of it last, and its heads."""

    epoch: Epoch
    heard: Heartbeat | None
    heads: tuple[Head, ...]

    @property
    def is_live(self) -> bool:
        return self.epoch.state is EpochState.LIVE

    @property
    def is_lost(self) -> bool:
        return self.epoch.state is EpochState.LOST

    @property
    def live_head(self) -> Head | None:
        """The head of its trade."""
        return next((head for head in self.heads if head.mode is Mode.LIVE), None)


class OpenShift(NamedTuple):
    """A shift that nobody has closed, and whether the device that opened it is still enrolled."""

    shift: Shift
    is_orphan: bool


@dataclass(slots=True)
class Board:
    """A register as staff see it at a glance."""

    id: int
    code: str
    site_id: int
    site: str
    is_server: bool
    device: Device | None = None
    shift: OpenShift | None = None
    awaited_until: datetime | None = None  # a device may enrol with a code until then
    quarantined: int = 0
    strays: int = 0
    flagged: int = 0  # events that are no tickets
    flags: int = 0  # of tickets
    devices: list[Device] = field(default_factory=list)  # all of them, on its own page


_QUARANTINED = """
SELECT epoch.register_id, COUNT(*) FROM journal_event event
JOIN chain ON chain.id = event.chain_id JOIN epoch ON epoch.id = chain.epoch_id
LEFT JOIN event_end ON event_end.event_id = event.id
WHERE event.hub_id = ? AND event.reason IS NOT NULL AND event_end.id IS NULL
GROUP BY epoch.register_id
"""
_FLAGGED = """
SELECT epoch.register_id, COUNT(*) FROM journal_event event
JOIN chain ON chain.id = event.chain_id JOIN epoch ON epoch.id = chain.epoch_id
LEFT JOIN event_end ON event_end.event_id = event.id
WHERE event.hub_id = ? AND event.outcome = 'flagged' AND event.kind NOT IN ('sale', 'refund')
  AND event_end.id IS NULL
GROUP BY epoch.register_id
"""
_STRAYS = """
SELECT stray.register_id, COUNT(*) FROM stray
LEFT JOIN stray_end ON stray_end.stray_id = stray.id
WHERE stray.hub_id = ? AND stray_end.id IS NULL GROUP BY stray.register_id
"""
_FLAGS = """
SELECT sale.register_id, COUNT(*) FROM sale_flag flag JOIN sale ON sale.id = flag.sale_id
LEFT JOIN flag_end ended
  ON ended.sale_id = flag.sale_id AND ended.flag = flag.flag AND ended.line = flag.line
WHERE sale.hub_id = ? AND ended.id IS NULL GROUP BY sale.register_id
"""
_OPENERS = """
SELECT effect.uid, chain.epoch_id FROM effect
JOIN journal_event event ON event.id = effect.event_id JOIN chain ON chain.id = event.chain_id
WHERE effect.uid IN (??)
"""


def boards(session: Session, hub_id: int, now: datetime, code: str | None = None) -> list[Board]:
    """Every register of a hub, tills first, or the one of that code with all its devices."""
    query = select(Register, Site.name).join(Site).where(Register.hub_id == hub_id)
    if code is not None:
        query = query.where(Register.code == code)
    found = session.execute(query.order_by(Register.kind.desc(), Register.code)).all()
    all_of = {
        register.id: Board(
            *(register.id, register.code, register.site_id, site),
            register.kind is RegisterKind.SERVER,
        )
        for register, site in found
    }
    if not all_of:
        return []
    for device in _devices(session, list(all_of)):
        board = all_of[device.epoch.register_id]
        board.devices.append(device)
        board.device = board.device or device  # the newest comes first
    _count_what_waits(session, hub_id, all_of)
    for enrolment in session.scalars(
        select(Enrolment).where(
            Enrolment.hub_id == hub_id, Enrolment.expires_at > now, Enrolment.epoch_id.is_(None)
        )
    ):
        if enrolment.register_id in all_of:
            all_of[enrolment.register_id].awaited_until = enrolment.expires_at
    _see_shifts(session, hub_id, all_of)
    return list(all_of.values())


def devices_at(session: Session, hub_id: int, site_id: int) -> list[tuple[str, Device]]:
    """Every enrolment at the tills of a site, by its register's code, the newest of each first."""
    at_site = (
        select(Register.id, Register.code)
        .where(Register.hub_id == hub_id, Register.site_id == site_id)
        .where(Register.kind != RegisterKind.SERVER)
    )
    codes = {row.id: row.code for row in session.execute(at_site)}
    found = [(codes[one.epoch.register_id], one) for one in _devices(session, list(codes))]
    return sorted(found, key=itemgetter(0))


def _devices(session: Session, register_ids: Sequence[int]) -> list[Device]:
    """Every enrolment at these registers, the newest first."""
    found = session.execute(
        select(Epoch, Heartbeat, Chain)
        .join(Chain, Chain.epoch_id == Epoch.id)
        .outerjoin(Heartbeat, Heartbeat.epoch_id == Epoch.id)
        .where(Epoch.register_id.in_(register_ids))
        .order_by(Epoch.epoch.desc(), Epoch.register_id, Chain.mode)
    )
    epochs: dict[int, tuple[Epoch, Heartbeat | None, list[Head]]] = {}
    for epoch, outer, chain in found:
        heard: Heartbeat | None = outer  # an outer join: there may be none
        told = json.loads(heard.heads if heard else "{}").get(chain.mode.value)
        had, hash_ = told or (None, None)
        head = Head(
            *(chain.mode, chain.id, chain.seq, chain.last_number, chain.sales, chain.refunds),
            had,
            is_other=had == chain.seq and hash_ != chain.hash,
        )
        epochs.setdefault(epoch.id, (epoch, heard, []))[2].append(head)
    return [Device(epoch, heard, tuple(heads)) for epoch, heard, heads in epochs.values()]


def _count_what_waits(session: Session, hub_id: int, all_of: dict[int, Board]) -> None:
    counted = rows_of(
        session,
        *(Query(sql, (hub_id,)) for sql in (_QUARANTINED, _STRAYS, _FLAGGED, _FLAGS)),
    )
    for name, found in zip(("quarantined", "strays", "flagged", "flags"), counted, strict=True):
        for register_id, count in found:
            if register_id in all_of:
                setattr(all_of[register_id], name, count)


def _see_shifts(session: Session, hub_id: int, all_of: dict[int, Board]) -> None:
    shifts = session.scalars(
        select(Shift)
        .outerjoin(ShiftClosing, ShiftClosing.shift_id == Shift.id)
        .where(Shift.hub_id == hub_id, ShiftClosing.id.is_(None))
    ).all()
    if not shifts:
        return
    [openers] = rows_of(session, Query(_OPENERS, ([shift.uid for shift in shifts],)))
    epoch_of = dict(openers)
    for shift in shifts:
        board = all_of.get(shift.register_id)
        if board:
            device = board.device
            is_orphan = not (
                device and device.is_live and epoch_of.get(shift.uid) == device.epoch.id
            )
            board.shift = OpenShift(shift, is_orphan)


class Seen(NamedTuple):
    """An event of a chain, and how it ended if it waited for somebody."""

    event: JournalEvent
    end: EventEnd | None


def latest_events(
    session: Session, chain_id: int, before: int | None, limit: int
) -> tuple[list[Seen], bool]:
    """A chain's events up from a seq, the newest first, and whether there are older ones."""
    query = (
        select(JournalEvent, EventEnd)
        .outerjoin(EventEnd, EventEnd.event_id == JournalEvent.id)
        .where(JournalEvent.chain_id == chain_id)
    )
    if before is not None:
        query = query.where(JournalEvent.seq < before)
    found = session.execute(query.order_by(JournalEvent.seq.desc()).limit(limit + 1)).all()
    return [Seen(event, end) for event, end in found[:limit]], len(found) > limit


class Taken(NamedTuple):
    """What a shift took by its tickets: by tender, and the numbers of the first and the last."""

    by_tender: dict[TenderKind, int]
    tickets: int
    first: str | None
    last: str | None


_BY_TENDER = """
SELECT tender.kind, SUM(tender.amount) FROM sale JOIN tender ON tender.sale_id = sale.id
WHERE sale.hub_id = ? AND sale.day >= ? AND sale.register_id = ? AND sale.shift = ?
GROUP BY tender.kind ORDER BY tender.kind
"""
_NUMBERS = """
SELECT told.tickets, first.number, last.number FROM (
    SELECT COUNT(*) AS tickets, MIN(id) AS first_id, MAX(id) AS last_id FROM sale
    WHERE hub_id = ? AND day >= ? AND register_id = ? AND shift = ?
) told LEFT JOIN sale first ON first.id = first_id LEFT JOIN sale last ON last.id = last_id
"""


def taken_in(session: Session, shift: Shift) -> Taken:
    """What the books hold of a shift."""
    # None is booked before the shift's own day, and days have an index.
    named = (shift.hub_id, shift.day.isoformat(), shift.register_id, shift.uid)
    tenders, [(tickets, first, last)] = rows_of(
        session, Query(_BY_TENDER, named), Query(_NUMBERS, named)
    )
    return Taken(
        {TenderKind(kind): int(amount) for kind, amount in tenders}, int(tickets), first, last
    )


DRAWER_TOLERANCE = 20_00  # centimes that a drawer may differ by at the end without a reason
IDLE_MINUTES = 10  # after which a till that nobody touches asks who is there


def till_settings(session: Session, hub_id: int, day: date) -> dict[str, int]:
    """What a till goes by on a day: centimes, basis points (0 where no VAT is due) and minutes."""
    rules = rules_on(session, hub_id, day)
    return {
        "cash_step": rules.cash_step,
        "cash_limit": rules.cash_limit,
        "vat_bp": rules.vat_bp if rules.vat_liable else 0,
        "vat_reduced_bp": rules.vat_reduced_bp if rules.vat_liable else 0,
        "drawer_tolerance": DRAWER_TOLERANCE,
        "idle_minutes": IDLE_MINUTES,
    }
