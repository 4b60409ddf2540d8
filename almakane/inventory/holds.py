"""Claims on lots that end by themselves: the last piece goes to one."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from almakane.db import rows, utc_text
from almakane.errors import Refusal
from almakane.inventory.models import Hold, HoldEnd, HoldKind, LotKind, PlaceKind
from almakane.inventory.queries import (
    LiveHold,
    levels_of,
    live_holds,
    lock_lots,
    on_hand,
    places_of,
)
from almakane.texts import can_be_kept

_LONGEST_UID = 60
LIVES = {
    HoldKind.CHECKOUT: timedelta(minutes=36),
    HoldKind.PICKUP: timedelta(hours=48),
    HoldKind.DELIVERY: timedelta(hours=24),
    HoldKind.PAID: None,
}
# Whoever claimed it is told after the commit; the rooms above know who that is.
_CLAIM_LOST = """
INSERT INTO outbox (hub_id, uid, kind, body, due_at)
SELECT hub_id, uid || '/lost', 'claim', uid, ? FROM hold WHERE id = ?
ON CONFLICT (uid) DO NOTHING
"""
CLAIMABLE = (PlaceKind.SHELF, PlaceKind.RESERVE, PlaceKind.WEB_PICK)


def place_hold(
    session: Session,
    hub_id: int,
    site_id: int,
    lot_id: int,
    quantity: int,
    kind: HoldKind,
    uid: str,
    now: datetime,
) -> Hold:
    """
    Claim a quantity of a lot; the same uid again gives the same hold while it lives.

    Expired claims of that lot are ended first, in this transaction, so no clockwork is needed.
    Raises Refusal where less than that is free.
    """
    if not uid or not can_be_kept(uid, _LONGEST_UID):
        raise Refusal("A text is missing or too long.", field="uid")
    there = session.scalar(select(Hold).where(Hold.uid == uid))
    if there:
        if (there.lot_id, there.quantity, there.kind) != (lot_id, quantity, kind):
            raise Refusal("This number was already used for something else; nothing was booked.")
        if there.ended_at or (there.expires_at and there.expires_at <= now):
            raise Refusal("This claim has ended; ask for a new one.", field="uid")
        return there
    lots = lock_lots(session, hub_id, ids=[lot_id])
    if not lots or quantity < 1:
        raise Refusal("There is no such lot.", field="lot")
    _check_free(session, site_id, lot_id, quantity, now)
    life = LIVES[kind]
    hold = Hold(
        hub_id=hub_id,
        lot_id=lot_id,
        quantity=quantity,
        piece=lots[0].kind == LotKind.PIECE,
        kind=kind,
        uid=uid,
        placed_at=now,
        expires_at=now + life if life else None,
    )
    session.add(hold)
    session.flush()
    return hold


def keep_hold(
    session: Session, hub_id: int, site_id: int, uid: str, kind: HoldKind, now: datetime
) -> Hold:
    """
    Let a claim live on as one of another kind, from now.

    One that has run out is taken anew, where the piece is still free. Raises Refusal where it is
    not, and for a claim that ended in any other way.
    """
    hold = session.scalar(select(Hold).where(Hold.uid == uid))
    if hold is None:
        raise Refusal("This claim has ended; ask for a new one.", field="uid")
    lock_lots(session, hub_id, ids=[hold.lot_id])
    session.refresh(hold)
    if hold.ended_by not in (None, HoldEnd.EXPIRED):
        raise Refusal("Somebody else has just taken this piece.", field="quantity")
    if hold.ended_at or (hold.expires_at and hold.expires_at <= now):
        _check_free(session, site_id, hold.lot_id, hold.quantity, now)
        hold.placed_at = now
    life = LIVES[kind]
    hold.kind, hold.expires_at = kind, now + life if life else None
    hold.ended_at = hold.ended_by = None
    session.flush()
    return hold


def claimable_places(session: Session, hub_id: int) -> set[int]:
    """Where a claimed piece may stand: at any site, for a claim is on a lot and not on a place."""
    found = rows(
        session,
        "SELECT place.id FROM place JOIN site ON site.id = place.site_id "
        "WHERE site.hub_id = ? AND place.kind IN (??)",
        (hub_id, [kind.value for kind in CLAIMABLE]),
    )
    return {place for (place,) in found}


def end_hold(session: Session, hold_id: int, end: HoldEnd, now: datetime) -> None:
    """End a claim, once; one that has ended stays as it ended."""
    session.execute(
        update(Hold)
        .where(Hold.id == hold_id, Hold.ended_at.is_(None))
        .values(ended_at=now, ended_by=end)
    )


def end_unkept(
    session: Session,
    holds: Sequence[LiveHold],
    free: int,
    now: datetime,
    fulfils: Collection[str] = (),
) -> list[tuple[LiveHold, HoldEnd]]:
    """
    End the claims on one lot that `free` pieces no longer cover; gives each that was broken.

    The paid ones keep their pieces first, then the oldest. What a sale fulfils is taken, and what
    has run out needs no piece.
    """
    broken = []
    for hold in sorted(holds, key=lambda hold: (hold.kind != HoldKind.PAID, hold.id)):
        if hold.uid in fulfils:
            end_hold(session, hold.id, HoldEnd.TAKEN, now)
        elif hold.expires_at and hold.expires_at <= now:
            end_hold(session, hold.id, HoldEnd.EXPIRED, now)
        elif hold.quantity <= free:
            free -= hold.quantity
        else:
            end = HoldEnd.BROKEN if hold.kind == HoldKind.PAID else HoldEnd.PREEMPTED
            end_hold(session, hold.id, end, now)
            rows(session, _CLAIM_LOST, (utc_text(now), hold.id))
            broken.append((hold, end))
    return broken


def check_unclaimed(session: Session, lot_id: int, quantity: int, now: datetime) -> None:
    """Refuse to let pieces of a locked lot go that a buyer has claimed."""
    live = [h for h in live_holds(session, [lot_id]) if not h.expires_at or h.expires_at > now]
    if on_hand(session, lot_id) - quantity < sum(hold.quantity for hold in live):
        raise Refusal("A buyer has claimed this piece: end the claim first.", field="quantity")


def _check_free(session: Session, site_id: int, lot_id: int, quantity: int, now: datetime) -> None:
    """Refuse where fewer of a locked lot are free, once the claims that have run out are ended."""
    _end_expired(session, lot_id, now)
    places = places_of(session, site_id)
    levels = levels_of(session, [lot_id])
    there_is = sum(levels.get((lot_id, places[where]), 0) for where in CLAIMABLE)
    live = session.scalars(select(Hold).where(Hold.lot_id == lot_id, Hold.ended_at.is_(None)))
    if there_is - sum(hold.quantity for hold in live) < quantity:
        raise Refusal("Somebody else has just taken this piece.", field="quantity")


def _end_expired(session: Session, lot_id: int, now: datetime) -> None:
    session.execute(
        update(Hold)
        .where(Hold.lot_id == lot_id, Hold.ended_at.is_(None), Hold.expires_at <= now)
        .values(ended_at=now, ended_by=HoldEnd.EXPIRED)
    )
