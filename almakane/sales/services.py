"""`record_sale`: one way into the books for every door."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from almakane.db import rows, rows_of
from almakane.errors import Refusal
from almakane.hubs.queries import local_day
from almakane.inventory.holds import claimable_places, end_unkept
from almakane.inventory.models import HoldEnd, PlaceKind
from almakane.inventory.queries import LotFacts, live_holds, locked_lots, lots_query
from almakane.money import to_step
from almakane.sales.models import Flag
from almakane.sales.postings import Kept, late_postings
from almakane.sales.queries import Scene, SoldLine, scene_query, set_scene, sold_lines
from almakane.sales.recording import Recording
from almakane.sales.returning import take_back_lines
from almakane.sales.selling import sell
from almakane.sales.ticket import TenderKind, Ticket, What, body_hash, check_adds_up
from almakane.sales.writing import write

MAKER_CONSENT = "maker_consent"  # the approval that lets a price go under the floor


class ShiftState(StrEnum):
    """How the ticket's shift stood when it arrived; the door knows."""

    NONE = "none"
    OPEN = "open"
    CLOSED = "closed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a ticket: `outcome` is `recorded`, `flagged` or `replayed`."""

    sale_id: int
    number: str
    outcome: str
    flags: tuple[tuple[Flag, int], ...] = ()


def record_sale(
    session: Session,
    hub_id: int,
    ticket: Ticket,
    *,
    now: datetime,
    shift: ShiftState = ShiftState.NONE,
    seen: Iterable[tuple[Flag, int]] = (),
    fulfils: Collection[str] = (),
    set_aside: Mapping[int, PlaceKind] = MappingProxyType({}),
    tell: Sequence[str] = ("receipt",),
) -> Recorded:
    """
    Take a frozen ticket into both books: what happened is a fact, so it is recorded and flagged.

    The same ticket again is answered with what became of it the first time. Raises Refusal only
    for what cannot be booked at all: a ticket that does not add up, a uid used for another ticket
    (`uid_twice`), an unknown register, or a return whose sale is not here yet (`needs:<uid>`).
    `seen` are flags that the door has found itself, `fulfils` the holds that this sale ends,
    `set_aside` where its lots wait for just this sale, `tell` what is to be done for the world
    afterwards. The caller's transaction is all or nothing.
    """
    check_adds_up(ticket)
    told = body_hash(ticket)
    sold = sold_lines(session, hub_id, sorted({back.of_uid for back in ticket.returns}))
    scene, found = _meet(session, hub_id, ticket, sold)
    if scene.sale_id is not None:
        return _replayed(session, scene, told)
    locked = locked_lots(session, found)
    lots = {lot.code: lot for lot in locked.lots}
    recording = Recording(
        hub_id=hub_id,
        ticket=ticket,
        scene=scene,
        now=now,
        day=_booking_day(scene, ticket.day, now),
        consented=MAKER_CONSENT in ticket.approvals,
        levels=locked.levels,
        stock=dict(locked.levels),
        set_aside=set_aside,
        flags=dict.fromkeys(seen, 0),
    )
    kept = _kept(ticket)
    take_back_lines(session, recording, sold)
    sell(session, recording, lots)
    if locked.are_claimed:
        _end_holds(session, recording, lots, fulfils)
    _check_whole(recording, kept, shift)
    sale_id, number = write(session, recording, kept, told, tell)
    flags = tuple(sorted(recording.flags))
    return Recorded(sale_id, number, "flagged" if flags else "recorded", flags)


def _replayed(session: Session, scene: Scene, told: str) -> Recorded:
    if scene.hash_then != told or scene.sale_id is None or scene.number_then is None:
        raise Refusal(
            "Another ticket has this number already; nothing was booked.", reason="uid_twice"
        )
    flags = rows(
        session,
        "SELECT flag, line FROM sale_flag WHERE sale_id = ? ORDER BY 1, 2",
        (scene.sale_id,),
    )
    return Recorded(
        *(scene.sale_id, scene.number_then, "replayed"),
        tuple((Flag(flag), line) for flag, line in flags),
    )


def _booking_day(scene: Scene, told: date, now: datetime) -> date:
    """The day told, unless it is sealed: then the day of arrival, or the first unsealed one."""
    if scene.sealed_until is None or told > scene.sealed_until:
        return told
    return max(local_day(now, scene.zone), scene.sealed_until + timedelta(days=1))


def _meet(
    session: Session, hub_id: int, ticket: Ticket, sold: dict[tuple[str, int], SoldLine]
) -> tuple[Scene, list[Any]]:
    """What the ticket meets, and the rows of its lots, locked; those of its returns with them."""
    codes = {line.code for line in ticket.lines if line.what is What.LOT}
    back = [sold.get((line.of_uid, line.of_line)) for line in ticket.returns]
    codes |= {line.code for line in back if line and line.lot_id}
    scene = scene_query(hub_id, ticket)
    if not codes:
        return set_scene(rows(session, *scene), ticket), []
    there, found = rows_of(session, scene, lots_query(session, hub_id, codes=sorted(codes)))
    return set_scene(there, ticket), found


def _end_holds(
    session: Session,
    recording: Recording,
    lots: dict[str, LotFacts],
    fulfils: Collection[str],
) -> None:
    """The till wins over a claim that is not paid; a paid one that it broke is a task."""
    holds = live_holds(session, sorted(lot.id for lot in lots.values()))
    places = claimable_places(session, recording.hub_id)
    lines = {lot.id: line.n for line in recording.ticket.lines if (lot := lots.get(line.code))}
    for lot_id in sorted({hold.lot_id for hold in holds}):
        free = sum(recording.stock.get((lot_id, place), 0) for place in places)
        mine = [hold for hold in holds if hold.lot_id == lot_id]
        for hold, end in end_unkept(session, mine, free, recording.now, fulfils):
            flag = Flag.HOLD_PAID if end is HoldEnd.BROKEN else Flag.HOLD_PREEMPTED
            recording.flag(flag, lines.get(lot_id, 0), hold.quantity)


def _check_whole(recording: Recording, kept: list[Kept], shift: ShiftState) -> None:
    """Flag where the ticket as a whole differs from the rules."""
    ticket, scene = recording.ticket, recording.scene
    cash = [t.amount for t in kept if t.kind is TenderKind.CASH]
    in_cash = ticket.total - sum(t.amount for t in kept if t.kind is not TenderKind.CASH)
    # A few centimes round to no cash at all; what a card paid too much is no rounding.
    by_cash = bool(cash) or in_cash * ticket.total > 0
    rounding = to_step(in_cash, scene.cash_step) - in_cash if by_cash else 0
    if ticket.rounding != rounding:
        recording.flag(Flag.TOTAL_DIFFERS, 0, rounding - ticket.rounding)
    if sum(cash) >= scene.cash_limit:
        recording.flag(Flag.CASH_LIMIT, 0, sum(cash))
    if any(not tender.secured for tender in kept):
        recording.flag(Flag.TENDER_UNSECURED)
    if shift is ShiftState.CLOSED:
        recording.flag(Flag.SHIFT_CLOSED)
        recording.postings += late_postings(ticket.register, sum(cash))
    if shift is ShiftState.MISSING:
        recording.flag(Flag.SHIFT_MISSING)
    if recording.day != ticket.day:
        recording.flag(Flag.LATE_DAY)
    if scene.number_is_taken:
        recording.flag(Flag.NUMBER_TWICE)


def _kept(ticket: Ticket) -> list[Kept]:
    """Tenders as kept: the change comes off the cash."""
    kept, change = [], ticket.change
    for tender in ticket.tenders:
        amount = tender.amount
        if tender.kind is TenderKind.CASH and amount > 0:
            back = min(change, amount)
            amount, change = amount - back, change - back
        needs_taking = tender.kind in (TenderKind.GIFT_CARD, TenderKind.CREDIT)
        secured = not needs_taking or amount < 0 or tender.auth is not None
        if amount:
            kept.append(Kept(tender.kind, amount, tender.ref, secured))
    return kept
