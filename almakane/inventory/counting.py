"""A count is opened, scanned by several at once while the shop sells, then closed or cancelled."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.db import locking, rows
from almakane.errors import Refusal
from almakane.hubs.models import SeriesKind
from almakane.hubs.services import take_number
from almakane.inventory.counts import (
    Ended,
    Review,
    ReviewLine,
    counted_places,
    find_count,
    is_in_scope,
    review,
)
from almakane.inventory.deed import Deed, booked, check_deed, check_same, deed_hash
from almakane.inventory.losses import record_finding, record_loss
from almakane.inventory.models import (
    COUNTED,
    CountEnd,
    CountHow,
    CountLine,
    CountScan,
    LossKind,
    Lot,
    PlaceKind,
    StockCount,
    StockMove,
)
from almakane.inventory.queries import lock_lots, places_of
from almakane.inventory.services import settle_oversold, transfer
from almakane.inventory.slots import Short
from almakane.inventory.stocktake import Outcome
from almakane.texts import can_be_kept

MOST_AT_ONCE = 10_000  # pieces of one scan
_LONGEST = 200


def open_count(
    session: Session,
    deed: Deed,
    *,
    place: PlaceKind | None = None,
    maker_id: int | None = None,
    craft: str | None = None,
    blind: bool = True,
) -> StockCount:
    """
    Open a count of a site: of one place or of all, of one maker, of one craft.

    The same deed again gives the same count. Two open counts never count the same pieces.
    """
    check_deed(deed)
    body = deed_hash(deed.site_id, place, maker_id, craft, blind)
    there = session.scalar(select(StockCount).where(StockCount.uid == deed.uid))
    if there:
        check_same(there.body_hash, body)
        return there
    if place is not None and place not in COUNTED:
        raise Refusal("What is counted stands in the house.", field="place")
    if maker_id is not None:
        maker = session.get(Maker, maker_id)
        if maker is None or maker.hub_id != deed.hub_id:
            raise Refusal("There is no such maker.", field="maker")
    if craft is not None and not can_be_kept(craft, 24):
        raise Refusal("A text is missing or too long.", field="craft")
    rows(session, locking(session, "SELECT id FROM site WHERE id = ?", "site"), (deed.site_id,))
    deed = booked(session, deed)
    place_id = places_of(session, deed.site_id)[place] if place else None
    _refuse_overlap(session, deed.site_id, place_id, maker_id, craft)
    count = StockCount(
        hub_id=deed.hub_id,
        site_id=deed.site_id,
        place_id=place_id,
        maker_id=maker_id,
        craft=craft,
        blind=blind,
        uid=deed.uid,
        body_hash=body,
        number=f"IN-{take_number(session, deed.hub_id, SeriesKind.COUNT):06d}",
        after_move_id=session.scalar(select(func.coalesce(func.max(StockMove.id), 0))) or 0,
        opened_at=deed.recorded_at,
        day=deed.day,
        actor=deed.actor,
    )
    session.add(count)
    session.flush()
    return count


def _refuse_overlap(
    session: Session,
    site_id: int,
    place_id: int | None,
    maker_id: int | None,
    craft: str | None,
) -> None:
    """Refuse a second count of the same pieces: each would write off what the other has."""
    for count in session.scalars(
        select(StockCount)
        .outerjoin(CountEnd, CountEnd.count_id == StockCount.id)
        .where(StockCount.site_id == site_id, CountEnd.id.is_(None))
    ):
        apart = (
            (count.place_id, place_id),
            (count.maker_id, maker_id),
            (count.craft, craft),
        )
        if not any(None not in pair and pair[0] != pair[1] for pair in apart):
            raise Refusal(
                "These pieces are being counted already: %(number)s is open.", number=count.number
            )


def scan(
    session: Session,
    count_id: int,
    uid: str,
    code: str,
    quantity: int,
    place: PlaceKind | None,
    *,
    actor: str,
    now: datetime,
) -> CountScan:
    """
    Keep that so many of a lot were seen at a place now; the same uid again adds nothing.

    `place` may be left out where one is counted. Raises Refusal for a code that nobody knows, and
    for a lot that is not of this count.
    """
    there = session.scalar(select(CountScan).where(CountScan.uid == uid))
    if there:
        if there.count_id != count_id or there.undoes_id is not None:
            raise Refusal("This number was already used for something else; nothing was booked.")
        return there
    if not uid or not can_be_kept(uid, 36):
        raise Refusal("A text is missing or too long.", field="uid")
    count = _lock(session, count_id)
    places = {kind: number for number, kind in counted_places(session, count).items()}
    place_id = count.place_id if place is None else places.get(place)
    if place_id is None:
        raise Refusal("Say where you are counting.", field="place")
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise Refusal("One scan is of 1 to %(most)s pieces.", field="quantity", most=MOST_AT_ONCE)
    lot = session.scalar(select(Lot).where(Lot.hub_id == count.hub_id, Lot.code == code))
    if lot is None:
        raise Refusal("Nobody knows the code %(code)s.", field="code", code=code[:20])
    if not is_in_scope(session, count, code):
        raise Refusal("%(title)s is not in this count.", field="code", title=lot.title)
    seen = CountScan(
        count_id=count.id,
        lot_id=lot.id,
        place_id=place_id,
        quantity=quantity,
        uid=uid,
        scanned_at=now,
        actor=actor,
    )
    session.add(seen)
    session.flush()
    return seen


def undo_scan(
    session: Session, count_id: int, scan_id: int, uid: str, *, actor: str, now: datetime
) -> CountScan:
    """Say that a scan was a mistake: a row of its own, once."""
    count = _lock(session, count_id)
    there = session.scalar(select(CountScan).where(CountScan.undoes_id == scan_id))
    if there and there.count_id == count.id:
        return there
    seen = session.get(CountScan, scan_id)
    if seen is None or seen.count_id != count.id or seen.undoes_id is not None:
        raise Refusal("There is no such scan.", field="scan")
    undone = CountScan(
        count_id=count.id,
        lot_id=seen.lot_id,
        place_id=seen.place_id,
        quantity=seen.quantity,
        uid=uid,
        undoes_id=seen.id,
        scanned_at=now,
        actor=actor,
    )
    session.add(undone)
    session.flush()
    return undone


_OPEN = "SELECT id FROM stock_count WHERE id = ?"


def _lock(session: Session, count_id: int) -> StockCount:
    """A count that is open, locked: nothing is scanned while somebody ends it."""
    rows(session, locking(session, _OPEN, "stock_count"), (count_id,))
    count = session.get_one(StockCount, count_id)
    end = session.scalar(select(CountEnd).where(CountEnd.count_id == count_id))
    if end is not None:
        raise Refusal("The count %(number)s has ended; nothing was kept.", number=count.number)
    return count


def cancel_count(session: Session, count_id: int, why: str, *, actor: str, now: datetime) -> None:
    """End a count that nothing follows from; what was scanned stays on record."""
    rows(session, locking(session, _OPEN, "stock_count"), (count_id,))
    end = session.scalar(select(CountEnd).where(CountEnd.count_id == count_id))
    if end is not None and end.how is CountHow.CANCELLED:
        return
    if not why.strip() or not can_be_kept(why, _LONGEST):
        raise Refusal("Say why it is cancelled.", field="why")
    count = _lock(session, count_id)
    _end(session, count, CountHow.CANCELLED, why.strip(), "", actor, now)


def _end(
    session: Session,
    count: StockCount,
    how: CountHow,
    why: str,
    held_by: str,
    actor: str,
    now: datetime,
) -> None:
    # a scan that waited for the lock may have taken its moment after ours
    last = session.scalar(
        select(func.max(CountScan.scanned_at)).where(CountScan.count_id == count.id)
    )
    session.add(
        CountEnd(
            count_id=count.id,
            how=how,
            why=why,
            held_by=held_by[:_LONGEST],
            at=max(now, last) if last else now,
            actor=actor,
        )
    )
    session.flush()


class Decided(NamedTuple):
    """What the manager saw and said: the review's token, what is left open, and the cause."""

    token: str
    cause: str
    kept: Collection[str] = ()  # keys of losses that are not written: somebody looks again
    why: str = ""  # it is closed though tills may hold sales
    held_by: str = ""  # those tills


def close_count(
    session: Session, deed: Deed, count_id: int, short: Short, decided: Decided
) -> Ended:
    """
    Close a count and write what follows: losses, findings, moves and what is settled.

    All in the caller's transaction. Closing it again changes nothing. Raises Refusal where the
    books moved on since the review was read, or nothing was scanned at all.
    """
    check_deed(deed)
    rows(session, locking(session, _OPEN, "stock_count"), (count_id,))
    count = session.get_one(StockCount, count_id)
    closed = find_count(session, count.hub_id, count.number)
    if closed and closed.end and closed.end.how is CountHow.CLOSED:
        return closed
    count = _lock(session, count_id)
    if not decided.cause.strip() or not can_be_kept(decided.cause, _LONGEST):
        raise Refusal("Say what is known of what is missing.", field="cause")
    first = review(session, count, short, deed.recorded_at)
    if not first.tally.scans:
        raise Refusal("Nothing was scanned: cancel this count instead.")
    lots = lock_lots(session, count.hub_id, ids=[line.lot.id for line in first.lines])
    found = review(session, count, short, deed.recorded_at, lots) if lots else first
    if found.token != decided.token:
        raise _moved_on()
    deed = deed._replace(hub_id=count.hub_id, site_id=count.site_id)
    for n, (line, outcome, document) in enumerate(
        _written(session, deed, count, short, found, decided), 1
    ):
        session.add(
            CountLine(
                count_id=count.id,
                n=n,
                lot_id=line.told.lot_id,
                place_id=line.told.place_id,
                missing=line.told.missing,
                quantity=line.told.quantity,
                outcome=outcome,
                document=document,
            )
        )
    _end(
        session,
        count,
        CountHow.CLOSED,
        decided.why.strip(),
        decided.held_by,
        deed.actor,
        deed.recorded_at,
    )
    return Ended(count, session.scalars(select(CountEnd).filter_by(count_id=count.id)).one())


def _written(
    session: Session,
    deed: Deed,
    count: StockCount,
    short: Short,
    found: Review,
    decided: Decided,
) -> list[tuple[ReviewLine, Outcome, str]]:
    """Write what each line becomes; gives its document."""
    written: list[tuple[ReviewLine, Outcome, str]] = []
    moved: dict[tuple[int, int, int], str] = {}  # lot, source, target
    kinds = {number: kind for kind, number in places_of(session, count.site_id).items()}
    for line in found.lines:
        told, one = line.told, _deed_of(deed, count, line)
        document, outcome = "", told.outcome
        if outcome is Outcome.MOVED:
            ends = (told.place_id, told.other) if told.missing else (told.other, told.place_id)
            document = moved.get((told.lot_id, *ends), "") or transfer(
                session, one, told.lot_id, told.quantity, kinds[ends[0]], kinds[ends[1]]
            )
            moved[told.lot_id, *ends] = document
        elif outcome is Outcome.SETTLED:
            document = settle_oversold(session, one, told.lot_id, told.quantity, line.place)
        elif outcome is Outcome.FOUND:
            how = decided.cause
            document = record_finding(
                session, one, told.other, told.quantity, how, line.place
            ).number
        elif outcome is Outcome.LOST and line.key in decided.kept:
            outcome = Outcome.LEFT
        elif outcome is Outcome.LOST:
            document = record_loss(
                session,
                one,
                told.lot_id,
                told.quantity,
                LossKind.LOST,
                decided.cause,
                place=line.place,
            ).number
        written.append((line, outcome, document))
    settled: dict[int, int] = {}
    for line in found.lines_of(Outcome.SETTLED):
        settled[line.told.lot_id] = settled.get(line.told.lot_id, 0) + line.told.quantity
    for lot_id, quantity in settled.items():
        how = count.number
        ended = short.end(
            *(session, count.site_id, lot_id, quantity),
            actor=deed.actor,
            how=how,
            now=deed.recorded_at,
        )
        if ended != quantity:
            raise _moved_on()
    return written


def _moved_on() -> Refusal:
    return Refusal(
        "Something was sold or scanned since this was shown. Nothing is written: look again."
    )


def _deed_of(deed: Deed, count: StockCount, line: ReviewLine) -> Deed:
    """A deed for one line, with a uid that is the same each time."""
    told = line.told
    name = f"{count.uid}/{told.lot_id}/{told.place_id}/{told.outcome}/{told.other}"
    return deed._replace(uid=str(uuid5(NAMESPACE_OID, name)))
