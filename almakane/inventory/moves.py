"""Moving stock: rows are pairs, added and never changed, and the levels follow at once."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import insert_rows, utc_text
from almakane.errors import Refusal
from almakane.inventory.models import UNBOUNDED, PlaceKind
from almakane.inventory.queries import levels_of


class Move(NamedTuple):
    """A quantity of a lot, from a place to a place; `uid` names the line and what it did."""

    lot_id: int
    quantity: int
    source: int
    target: int
    uid: str


class Why(NamedTuple):
    """What a set of moves belongs to; `reason` is one word, `document` the number people know."""

    hub_id: int
    reason: str
    document: str
    happened_at: datetime
    day: date
    actor: str
    recorded_at: datetime


_COLUMNS = (
    *("hub_id", "lot_id", "quantity", "source_id", "target_id", "reason", "document", "uid"),
    *("happened_at", "day", "recorded_at", "actor"),
)
_SET_LEVEL = "(lot_id, place_id) DO UPDATE SET quantity = excluded.quantity"


def move_stock(
    session: Session,
    why: Why,
    moves: Sequence[Move],
    unbounded: set[int],
    levels: dict[tuple[int, int], int] | None = None,
) -> None:
    """
    Write moves of lots that the caller has locked, and the levels they lead to.

    `unbounded` are the places that may stand below zero; `levels` are those of the lots, where the
    caller has read them under the lock. Raises Refusal where a real place has not so much.
    """
    if not moves:
        return
    if levels is None:
        levels = levels_of(session, sorted({move.lot_id for move in moves}))
    changed: dict[tuple[int, int], int] = {}
    for move in moves:
        for place, quantity in ((move.source, -move.quantity), (move.target, move.quantity)):
            key = (move.lot_id, place)
            levels[key] = changed[key] = levels.get(key, 0) + quantity
            if levels[key] < 0 and place not in unbounded:
                raise Refusal("There are not so many of this piece there.", field="quantity")
    moment, day, arrived = utc_text(why.happened_at), why.day.isoformat(), utc_text(why.recorded_at)
    insert_rows(
        session,
        "stock_move",
        _COLUMNS,
        [
            (
                *(why.hub_id, *move[:4], why.reason, why.document, move.uid),
                *(moment, day, arrived, why.actor),
            )
            for move in moves
        ],
    )
    insert_rows(
        session,
        "stock_level",
        ("lot_id", "place_id", "quantity", "unbounded"),
        [(lot, place, quantity, place in unbounded) for (lot, place), quantity in changed.items()],
        conflict=_SET_LEVEL,
    )


def unbounded_places(places: dict[PlaceKind, int]) -> set[int]:
    """Of a site's places, those that may stand below zero."""
    return {places[kind] for kind in UNBOUNDED}
