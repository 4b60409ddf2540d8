"""Pieces set aside for whoever claimed them: packed, with a courier, or back on the shelf."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import rows
from almakane.errors import Refusal
from almakane.inventory.deed import Deed, booked, check_deed
from almakane.inventory.models import Hold, Lot, PlaceKind
from almakane.inventory.moves import Move, Why, move_stock, unbounded_places
from almakane.inventory.queries import levels_of, lock_lots, places_of

_FROM = {
    PlaceKind.WEB_PICK: (PlaceKind.SHELF, PlaceKind.RESERVE),
    PlaceKind.TRANSIT: (PlaceKind.WEB_PICK, PlaceKind.SHELF, PlaceKind.RESERVE),
}
_ASIDE = """
SELECT move.lot_id, hold.uid, place.kind, SUM(CASE WHEN place.id = move.target_id
       THEN move.quantity ELSE -move.quantity END)
FROM stock_move move
JOIN hold ON move.uid LIKE hold.uid || '/%' AND move.lot_id = hold.lot_id
JOIN place ON place.id IN (move.source_id, move.target_id)
WHERE hold.uid IN (??) AND move.reason = 'set_aside' AND place.kind IN ('web_pick', 'transit')
GROUP BY move.lot_id, hold.uid, place.kind
"""


def set_aside_of(session: Session, hold_uids: list[str]) -> dict[str, tuple[int, PlaceKind, int]]:
    """Claim to its lot, and where how many of it wait; those that wait nowhere are not in it."""
    if not hold_uids:
        return {}
    return {
        uid: (lot, PlaceKind(kind), int(count))
        for lot, uid, kind, count in rows(session, _ASIDE, (hold_uids,))
        if int(count) > 0
    }


def set_aside(
    session: Session, deed: Deed, hold: Hold, target: PlaceKind, document: str, nth: int
) -> None:
    """
    Bring the pieces of a claim to where they wait for its buyer; `nth` tells its moves apart.

    Raises Refusal where the house has not so many in the places that they are taken from.
    """
    check_deed(deed)
    lock_lots(session, deed.hub_id, ids=[hold.lot_id])
    here = places_of(session, deed.site_id)
    there = set_aside_of(session, [hold.uid]).get(hold.uid)
    if there and there[1] is target:
        return
    sources = (there[1],) if there else _FROM[target]
    levels, left = levels_of(session, [hold.lot_id]), hold.quantity
    moves: list[Move] = []
    for source in sources:
        part = min(left, levels.get((hold.lot_id, here[source]), 0))
        if part > 0:
            uid = f"{hold.uid}/a{nth}{'' if not moves else chr(96 + len(moves))}"
            moves.append(Move(hold.lot_id, part, here[source], here[target], uid))
            left -= part
    if left:
        lot = session.get_one(Lot, hold.lot_id)
        raise Refusal("%(code)s is not on the shelf.", field="code", code=lot.code)
    _move(session, deed, moves, document)


def put_back(session: Session, deed: Deed, hold: Hold, document: str, nth: int) -> None:
    """Bring what was set aside for a claim back to the shelf; what waits nowhere stays there."""
    check_deed(deed)
    there = set_aside_of(session, [hold.uid]).get(hold.uid)
    if there is None:
        return
    lock_lots(session, deed.hub_id, ids=[hold.lot_id])
    here = places_of(session, deed.site_id)
    _lot, kind, count = there
    count = min(count, levels_of(session, [hold.lot_id]).get((hold.lot_id, here[kind]), 0))
    if count:
        uid = f"{hold.uid}/b{nth}"
        move = Move(hold.lot_id, count, here[kind], here[PlaceKind.SHELF], uid)
        _move(session, deed, [move], document)


def _move(session: Session, deed: Deed, moves: list[Move], document: str) -> None:
    deed = booked(session, deed)
    why = Why(
        *(deed.hub_id, "set_aside", document, deed.happened_at, deed.day, deed.actor),
        deed.recorded_at,
    )
    move_stock(session, why, moves, unbounded_places(places_of(session, deed.site_id)))


def claims_under(session: Session, hub_id: int, uid: str) -> list[Hold]:
    """The claims of one order, `<uid>/<n>`, however they ended."""
    found = session.scalars(
        select(Hold)
        .where(Hold.hub_id == hub_id, Hold.uid.startswith(f"{uid}/", autoescape=True))
        .execution_options(populate_existing=True)
    )
    return sorted(found, key=lambda hold: int(hold.uid.rsplit("/", 1)[1]))
