"""The list of lots, a page at a time whatever the history, and what is due back to its maker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import rows
from almakane.hubs.models import Site
from almakane.inventory.models import ON_HAND, Lot, Place, PlaceKind

PAGE = 50
_WINDOW = 5_000  # lots that are looked at for one page, where no index knows the answer
_MOST_PRODUCTS = 200


class State(StrEnum):
    """Which lots somebody looks for."""

    ON_HAND = "on_hand"
    ALL = "all"
    SOLD_OUT = "sold_out"
    OVERSOLD = "oversold"
    TO_RETURN = "to_return"  # due within a fortnight, or already
    UNSOLD = "unsold"  # on hand beyond the day that was agreed


NOTICES = (14, 7, 0)  # days before a piece is due back at which its maker is told


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to."""

    state: State = State.ALL
    maker_id: int | None = None
    site_id: int | None = None
    place: PlaceKind | None = None
    words: str = ""


class HubPlace(NamedTuple):
    """A place with its site."""

    id: int
    site_id: int
    site: str
    kind: PlaceKind


def hub_places(session: Session, hub_id: int) -> dict[int, HubPlace]:
    """Every place of a hub by its id, site by site."""
    found = session.execute(
        select(Place.id, Site.id, Site.name, Place.kind)
        .join(Site, Site.id == Place.site_id)
        .where(Site.hub_id == hub_id)
        .order_by(Site.id, Place.id)
    )
    return {row[0]: HubPlace(*row) for row in found}


class LotRow(NamedTuple):
    """A lot in the list; the price is its product's today."""

    id: int
    code: str
    title: str
    kind: str
    quantity: int
    maker_id: int
    product: str
    price: int
    regime: str
    due_back_on: date | None
    since: date


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list, what stands where, and from where the next page goes on."""

    lots: list[LotRow]
    levels: dict[int, list[tuple[int, int]]]  # lot to its places and what is there
    held: dict[int, int]
    after: int | None

    def on_hand(self, lot_id: int, places: dict[int, HubPlace]) -> int:
        """How much of a lot the house has."""
        there = self.levels.get(lot_id, ())
        return sum(count for place, count in there if places[place].kind in ON_HAND)


_ROWS = """
SELECT lot.id, lot.code, lot.title, lot.kind, lot.quantity, lot.maker_id, product.code,
       product.price, lot.regime, lot.due_back_on, consignment.day
FROM lot JOIN product ON product.id = lot.product_id
JOIN consignment ON consignment.id = lot.consignment_id
WHERE lot.id IN (??) ORDER BY lot.id DESC
"""
_LEVELS = """
SELECT lot_id, place_id, quantity FROM stock_level
WHERE lot_id IN (??) AND quantity <> 0 ORDER BY lot_id, place_id
"""
_HELD = """
SELECT lot_id, SUM(quantity) FROM hold
WHERE lot_id IN (??) AND ended_at IS NULL GROUP BY lot_id
"""


def list_of(
    session: Session,
    hub_id: int,
    wanted: Wanted,
    places: dict[int, HubPlace],
    today: date,
    after: int | None,
) -> Found:
    """The lots that somebody looks for, the newest first, from below the id `after` on."""
    ids, following = _ids(session, hub_id, wanted, places, today, after)
    if not ids:
        return Found([], {}, {}, following)
    levels: dict[int, list[tuple[int, int]]] = {}
    for lot_id, place_id, quantity in rows(session, _LEVELS, (ids,)):
        levels.setdefault(lot_id, []).append((place_id, int(quantity)))
    lots = []
    for *told, due, since in rows(session, _ROWS, (ids,)):
        cells: list[Any] = [*told, _day(due), _day(since) or today]
        lots.append(LotRow(*cells))
    held = {lot_id: int(quantity) for lot_id, quantity in rows(session, _HELD, (ids,))}
    return Found(lots, levels, held, following)


def _day(told: Any) -> date | None:
    """SQLite gives a plain statement's day as text."""
    return date.fromisoformat(told) if isinstance(told, str) else told


def _ids(
    session: Session,
    hub_id: int,
    wanted: Wanted,
    places: dict[int, HubPlace],
    today: date,
    after: int | None,
) -> tuple[list[int], int | None]:
    below = after or 2**62
    products: list[int] | None = None
    if wanted.words:
        products = products_called(session, hub_id, wanted.words)
        if not products:
            return [], None
    at = [
        place.id
        for place in places.values()
        if place.kind in ((wanted.place,) if wanted.place else ON_HAND)
        and wanted.site_id in (None, place.site_id)
    ]
    oversold = [place.id for place in places.values() if place.kind is PlaceKind.OVERSOLD]
    is_narrow = products is not None or wanted.maker_id is not None
    is_placed = wanted.place is not None or wanted.site_id is not None
    if not is_narrow and wanted.state in (State.ALL, State.ON_HAND, State.OVERSOLD):
        if wanted.state is State.OVERSOLD:
            return _walk_places(session, oversold, below, "<")
        if is_placed or wanted.state is State.ON_HAND:
            return _walk_places(session, at, below, ">")
    due = _due_by(wanted.state, today)
    if due and not is_narrow:
        return _walk_places(session, at, below, ">", due)
    values: list[Any] = [hub_id, below]
    where = "lot.hub_id = ? AND lot.id < ?"
    if wanted.maker_id is not None:
        where += " AND lot.maker_id = ?"
        values.append(wanted.maker_id)
    if products is not None:
        where += " AND lot.product_id IN (??)"
        values.append(products)
    there = (  # the few places of a lot are read at once: the sign hides the index of places
        "EXISTS (SELECT 1 FROM stock_level l WHERE l.lot_id = lot.id AND +l.place_id IN (??) "
        "AND l.quantity {sign} 0)"
    )
    if wanted.state is State.OVERSOLD:
        where += f" AND {there.format(sign='<')}"
        values.append(oversold)
    elif wanted.state is State.SOLD_OUT:
        where += f" AND NOT {there.format(sign='>')}"
        values.append(at)
    elif wanted.state is not State.ALL or is_placed:
        where += f" AND {there.format(sign='>')}"
        values.append(at)
    if due:
        where += " AND lot.due_back_on <= ?"
        values.append(due)
    return _walk_lots(session, hub_id, where, values, below, is_narrow=is_narrow)


def _due_by(state: State, today: date) -> str | None:
    """By which day lots of that state are due back, if it is about that."""
    if state is State.TO_RETURN:
        return (today + timedelta(days=NOTICES[0])).isoformat()
    return (today - timedelta(days=1)).isoformat() if state is State.UNSOLD else None


def _walk_places(
    session: Session, places: Sequence[int], below: int, sign: str, due: str | None = None
) -> tuple[list[int], int | None]:
    """
    Lots with something at one of those places: the first of each by its index, together.

    With `due`, those that are due back by that day. CROSS JOIN keeps the index in front.
    """
    if not places:
        return [], None
    lots = "stock_level l" if due is None else "stock_level l CROSS JOIN lot"
    is_due = "" if due is None else "AND lot.id = l.lot_id AND lot.due_back_on <= ? "
    one = (
        f"SELECT * FROM (SELECT l.lot_id FROM {lots} WHERE l.place_id = ? AND l.quantity <> 0 "
        f"AND l.quantity {sign} 0 AND l.lot_id < ? {is_due}"
        f"ORDER BY l.lot_id DESC LIMIT {PAGE + 1}) at_{{n}}"
    )
    union = " UNION ".join(one.format(n=n) for n in range(len(places)))
    found = rows(
        session,
        f"SELECT lot_id FROM ({union}) together ORDER BY lot_id DESC LIMIT {PAGE + 1}",
        [value for place in places for value in (place, below, *(() if due is None else (due,)))],
    )
    ids = [lot_id for (lot_id,) in found]
    return ids[:PAGE], ids[PAGE - 1] if len(ids) > PAGE else None


def _walk_lots(
    session: Session,
    hub_id: int,
    where: str,
    values: list[Any],
    below: int,
    *,
    is_narrow: bool,
) -> tuple[list[int], int | None]:
    """
    Lots in the order of their ids, newest first.

    Where nothing but looking at each tells, no more than a window of them is looked at: such a page
    may be short, and the next one goes on behind it.
    """
    lowest = None
    if not is_narrow:
        found = rows(
            session,
            "SELECT MIN(id) FROM (SELECT id FROM lot WHERE hub_id = ? AND id < ? "
            f"ORDER BY id DESC LIMIT {_WINDOW}) latest",
            (hub_id, below),
        )
        lowest = found[0][0]
        if lowest is None:
            return [], None
        where, values = f"{where} AND lot.id >= ?", [*values, lowest]
    ids = [
        lot_id
        for (lot_id,) in rows(
            session,
            f"SELECT lot.id FROM lot WHERE {where} ORDER BY lot.id DESC LIMIT {PAGE + 1}",
            values,
        )
    ]
    if len(ids) > PAGE:
        return ids[:PAGE], ids[PAGE - 1]
    if lowest is not None and rows(
        session, "SELECT 1 FROM lot WHERE hub_id = ? AND id < ? LIMIT 1", (hub_id, lowest)
    ):
        return ids, int(lowest)
    return ids, None


_CALLED = """
SELECT DISTINCT product.id FROM product
LEFT JOIN product_text told ON told.product_id = product.id
WHERE product.hub_id = ? AND (product.code = ? OR LOWER(told.title) LIKE ? ESCAPE '!')
ORDER BY product.id DESC LIMIT ?
"""


def products_called(session: Session, hub_id: int, words: str) -> list[int]:
    """Products of that code, or with these words in their title, in any language."""
    like = words.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    values = (hub_id, words.upper(), f"%{like}%", _MOST_PRODUCTS)
    return [product_id for (product_id,) in rows(session, _CALLED, values)]


def find_lot(session: Session, hub_id: int, code: str) -> Lot | None:
    """A hub's lot by the code on its label."""
    return session.scalar(select(Lot).where(Lot.hub_id == hub_id, Lot.code == code))


# What is due back


class DueOf(NamedTuple):
    """How many pieces of a maker are due back: already, within a week, within a fortnight."""

    maker_id: int
    now: int
    week: int
    fortnight: int
    oldest: date


_DUE = """
SELECT lot.maker_id,
       SUM(CASE WHEN lot.due_back_on <= ? THEN level.quantity ELSE 0 END),
       SUM(CASE WHEN lot.due_back_on > ? AND lot.due_back_on <= ? THEN level.quantity ELSE 0 END),
       SUM(CASE WHEN lot.due_back_on > ? THEN level.quantity ELSE 0 END), MIN(lot.due_back_on)
FROM stock_level level JOIN lot ON lot.id = level.lot_id
WHERE level.place_id IN (??) AND level.quantity <> 0 AND level.quantity > 0
  AND lot.due_back_on <= ?
GROUP BY lot.maker_id ORDER BY MIN(lot.due_back_on)
"""


def due_by_maker(session: Session, places: dict[int, HubPlace], today: date) -> list[DueOf]:
    """What is due back to each maker, whoever waits longest first."""
    at = [place.id for place in places.values() if place.kind in ON_HAND]
    if not at:
        return []
    day, week = today.isoformat(), (today + timedelta(days=NOTICES[1])).isoformat()
    last = (today + timedelta(days=NOTICES[0])).isoformat()
    return [
        DueOf(maker, int(now), int(soon), int(later), _day(oldest) or today)
        for maker, now, soon, later, oldest in rows(session, _DUE, (day, day, week, week, at, last))
    ]


class DueLot(NamedTuple):
    """Pieces of a lot at a place that may go back to their maker."""

    lot_id: int
    code: str
    title: str
    place_id: int
    quantity: int
    due_back_on: date | None
    since: date

    def days_left(self, today: date) -> int | None:
        """Until it is due; below zero when it should have gone back already."""
        return (self.due_back_on - today).days if self.due_back_on else None


# Her lots first, then the few places of each: the sign hides the index of places for SQLite, while
# PostgreSQL reads from that index at once what stands in all of them.
_HERS = """
SELECT lot.id, lot.code, lot.title, level.place_id, level.quantity, lot.due_back_on,
       consignment.day
FROM lot CROSS JOIN stock_level level CROSS JOIN consignment
WHERE lot.maker_id = ? AND lot.due_back_on IS NOT NULL
  AND level.lot_id = lot.id AND {sign}level.place_id IN (??)
  AND consignment.id = lot.consignment_id AND level.quantity <> 0 AND level.quantity > 0
ORDER BY lot.due_back_on, lot.id, level.place_id LIMIT ?
"""
MOST_OF_ONE = 500


def hers_here(
    session: Session, maker_id: int, site_id: int, places: dict[int, HubPlace]
) -> list[DueLot]:
    """What a site has of a maker's that is not bought, what is due first in front."""
    can_go = (*ON_HAND, PlaceKind.DAMAGED)
    at = [
        place.id for place in places.values() if place.site_id == site_id and place.kind in can_go
    ]
    sign = "+" if session.connection().dialect.name == "sqlite" else ""
    found = rows(session, _HERS.format(sign=sign), (maker_id, at, MOST_OF_ONE))
    lots = []
    for *told, quantity, due, since in found:
        cells: list[Any] = [*told, int(quantity), _day(due), _day(since) or date.min]
        lots.append(DueLot(*cells))
    return lots
