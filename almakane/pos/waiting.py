"""What waits for a person: quarantined and flagged events, strays, and the flags of tickets."""

from typing import NamedTuple

from sqlalchemy import and_, select, text
from sqlalchemy.orm import Session

from almakane.journal.models import (
    Chain,
    Epoch,
    EventEnd,
    JournalEvent,
    Stray,
    StrayEnd,
)
from almakane.pos.telling import Telling, tell
from almakane.sales.models import (
    Flag,
    FlagEnd,
    RefundLine,
    Register,
    Sale,
    SaleFlag,
    SaleLine,
    SaleTender,
)

_TICKETS = ("sale", "refund")
_IS_FLAGGED = text("journal_event.outcome = 'flagged'")  # as its index says it


class WaitingEvent(NamedTuple):
    """An event in its place, what it says, and how it ended if it did."""

    event: JournalEvent
    chain: Chain
    epoch: Epoch
    register: Register
    end: EventEnd | None
    told: Telling

    @property
    def waits(self) -> bool:
        """Whether it has no effect yet and nobody has ended it."""
        return self.event.reason is not None and self.end is None


class WaitingStray(NamedTuple):
    """An event without a place, what it says, and how it ended if it did."""

    stray: Stray
    register: Register
    end: StrayEnd | None
    told: Telling


class OpenFlag(NamedTuple):
    """A flag of a ticket that nobody has settled."""

    flag: SaleFlag
    sale: Sale
    register: Register


_EVENTS = (
    select(JournalEvent, Chain, Epoch, Register, EventEnd)
    .join(Chain, Chain.id == JournalEvent.chain_id)
    .join(Epoch, Epoch.id == Chain.epoch_id)
    .join(Register, Register.id == Epoch.register_id)
    .outerjoin(EventEnd, EventEnd.event_id == JournalEvent.id)
)
_STRAYS = (
    select(Stray, Register, StrayEnd)
    .join(Register, Register.id == Stray.register_id)
    .outerjoin(StrayEnd, StrayEnd.stray_id == Stray.id)
)


def quarantined(
    session: Session, hub_id: int, register: str | None, after: int, limit: int
) -> tuple[list[WaitingEvent], int | None]:
    """Events that have no effect yet, the oldest first, and after which id more come."""
    query = _EVENTS.where(
        JournalEvent.hub_id == hub_id,
        JournalEvent.reason.is_not(None),
        EventEnd.id.is_(None),
        JournalEvent.id > after,
    )
    if register is not None:
        query = query.where(Register.code == register)
    found = session.execute(query.order_by(JournalEvent.id).limit(limit + 1)).all()
    waiting = [WaitingEvent(*row, tell(row[0].text)) for row in found[:limit]]
    return waiting, waiting[-1].event.id if len(found) > limit else None


def flagged(
    session: Session, hub_id: int, register: str | None, after: int, limit: int
) -> tuple[list[WaitingEvent], int | None]:
    """Events that are no tickets and whose flags nobody has seen, in the same way."""
    query = _EVENTS.where(
        JournalEvent.hub_id == hub_id,
        _IS_FLAGGED,
        JournalEvent.kind.not_in(_TICKETS),
        EventEnd.id.is_(None),
        JournalEvent.id > after,
    )
    if register is not None:
        query = query.where(Register.code == register)
    found = session.execute(query.order_by(JournalEvent.id).limit(limit + 1)).all()
    waiting = [WaitingEvent(*row, tell(row[0].text)) for row in found[:limit]]
    return waiting, waiting[-1].event.id if len(found) > limit else None


def strays(
    session: Session, hub_id: int, register: str | None, after: int, limit: int
) -> tuple[list[WaitingStray], int | None]:
    """Events without a place that nobody has ended, in the same way."""
    query = _STRAYS.where(Stray.hub_id == hub_id, StrayEnd.id.is_(None), Stray.id > after)
    if register is not None:
        query = query.where(Register.code == register)
    found = session.execute(query.order_by(Stray.id).limit(limit + 1)).all()
    waiting = [WaitingStray(*row, tell(row[0].text)) for row in found[:limit]]
    return waiting, waiting[-1].stray.id if len(found) > limit else None


def find_event(session: Session, hub_id: int, event_id: int) -> WaitingEvent | None:
    """One event of a hub, waiting or not."""
    query = _EVENTS.where(JournalEvent.hub_id == hub_id, JournalEvent.id == event_id)
    row = session.execute(query).one_or_none()
    return WaitingEvent(*row, tell(row[0].text)) if row else None


def find_stray(session: Session, hub_id: int, stray_id: int) -> WaitingStray | None:
    """One stray of a hub, ended or not."""
    row = session.execute(_STRAYS.where(Stray.hub_id == hub_id, Stray.id == stray_id)).one_or_none()
    return WaitingStray(*row, tell(row[0].text)) if row else None


_SAME_FLAG = and_(
    FlagEnd.sale_id == SaleFlag.sale_id,
    FlagEnd.flag == SaleFlag.flag,
    FlagEnd.line == SaleFlag.line,
)


def open_flags(
    session: Session, hub_id: int, register: str | None, after: int, limit: int
) -> tuple[list[OpenFlag], int | None]:
    """The flags of tickets that wait for a person, the oldest first, in the same way."""
    query = (
        select(SaleFlag, Sale, Register)
        .join(Sale, Sale.id == SaleFlag.sale_id)
        .join(Register, Register.id == Sale.register_id)
        .outerjoin(FlagEnd, _SAME_FLAG)
        .where(Sale.hub_id == hub_id, FlagEnd.id.is_(None), SaleFlag.id > after)
    )
    if register is not None:
        query = query.where(Register.code == register)
    found = session.execute(query.order_by(SaleFlag.id).limit(limit + 1)).all()
    waiting = [OpenFlag(*row) for row in found[:limit]]
    return waiting, waiting[-1].flag.id if len(found) > limit else None


class FlagName(NamedTuple):
    """Which flag of which ticket; line 0 where it is of the whole ticket."""

    sale_id: int
    flag: Flag
    line: int


def flags_named(session: Session, hub_id: int, names: list[FlagName]) -> list[FlagName]:
    """Those of these flags that are of this hub's tickets."""
    found = session.execute(
        select(SaleFlag.sale_id, SaleFlag.flag, SaleFlag.line)
        .join(Sale, Sale.id == SaleFlag.sale_id)
        .where(Sale.hub_id == hub_id, SaleFlag.sale_id.in_([name.sale_id for name in names]))
    )
    there = {FlagName(*row) for row in found}
    return [name for name in names if name in there]


class TicketFigures(NamedTuple):
    """A ticket as it is booked, with its flags and who settled them."""

    sale: Sale
    register: Register
    lines: list[SaleLine]
    returns: list[RefundLine]
    tenders: list[SaleTender]
    flags: list[tuple[SaleFlag, FlagEnd | None]]


def ticket_called(session: Session, hub_id: int, number: str) -> int | None:
    """The id of a hub's ticket by its number."""
    return session.scalar(select(Sale.id).where(Sale.hub_id == hub_id, Sale.number == number))


def find_ticket(session: Session, hub_id: int, sale_id: int) -> TicketFigures | None:
    """One ticket of a hub."""
    found = session.execute(
        select(Sale, Register)
        .join(Register, Register.id == Sale.register_id)
        .where(Sale.hub_id == hub_id, Sale.id == sale_id)
    ).one_or_none()
    if found is None:
        return None
    flags = session.execute(
        select(SaleFlag, FlagEnd)
        .outerjoin(FlagEnd, _SAME_FLAG)
        .where(SaleFlag.sale_id == sale_id)
        .order_by(SaleFlag.id)
    ).all()
    return TicketFigures(
        *found,
        list(
            session.scalars(
                select(SaleLine).where(SaleLine.sale_id == sale_id).order_by(SaleLine.n)
            )
        ),
        list(
            session.scalars(
                select(RefundLine).where(RefundLine.sale_id == sale_id).order_by(RefundLine.n)
            )
        ),
        list(
            session.scalars(
                select(SaleTender).where(SaleTender.sale_id == sale_id).order_by(SaleTender.n)
            )
        ),
        [(flag, end) for flag, end in flags],
    )
