"""What a count has seen, and what it comes to, read while everybody goes on selling."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Bearer, Regime
from almakane.db import Query, rows
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day, rules_on
from almakane.inventory.deed import deed_hash
from almakane.inventory.losses import net_of_loss
from almakane.inventory.models import (
    COUNTED,
    CountEnd,
    PlaceKind,
    StockCount,
)
from almakane.inventory.queries import LotFacts, facts_of, levels_of, places_of
from almakane.inventory.slots import Short
from almakane.inventory.stocktake import (
    Explained,
    Known,
    Moved,
    Outcome,
    Seen,
    difference,
    explain,
)


class Ended(NamedTuple):
    """A count and its end, if it has one."""

    counted: StockCount
    end: CountEnd | None


def find_count(session: Session, hub_id: int, number: str) -> Ended | None:
    """A hub's count by its number."""
    found = session.execute(
        select(StockCount, CountEnd)
        .outerjoin(CountEnd, CountEnd.count_id == StockCount.id)
        .where(StockCount.hub_id == hub_id, StockCount.number == number)
    ).one_or_none()
    return Ended(*found) if found else None


def latest_counts(session: Session, hub_id: int, before: int | None, limit: int) -> list[Ended]:
    """A hub's counts, the newest first."""
    query = (
        select(StockCount, CountEnd)
        .outerjoin(CountEnd, CountEnd.count_id == StockCount.id)
        .where(StockCount.hub_id == hub_id)
    )
    if before is not None:
        query = query.where(StockCount.id < before)
    found = session.execute(query.order_by(StockCount.id.desc()).limit(limit)).all()
    return [Ended(*row) for row in found]


def counted_places(session: Session, count: StockCount) -> dict[int, PlaceKind]:
    """The places that a count is of."""
    places = places_of(session, count.site_id)
    return {places[kind]: kind for kind in COUNTED if count.place_id in (None, places[kind])}


_IS_IN_SCOPE = "SELECT lot.id FROM lot WHERE lot.hub_id = ? AND lot.code = ? {scope}"
_OF_CRAFT = "AND (SELECT product.category FROM product WHERE product.id = lot.product_id) = ?"


def is_in_scope(session: Session, count: StockCount, code: str) -> bool:
    """Whether a lot is one of those that are counted."""
    return bool(rows(session, *_scoped(_IS_IN_SCOPE, count, count.hub_id, code)))


def _scoped(sql: str, count: StockCount, *asked: Any) -> Query:
    """A statement about lots, narrowed to those that are counted."""
    scope, values = "", [*asked]
    if count.maker_id is not None:
        scope += "AND lot.maker_id = ? AND lot.regime <> 'C' "
        values.append(count.maker_id)
    if count.craft is not None:
        scope += _OF_CRAFT
        values.append(count.craft)
    return Query(sql.format(scope=scope), values)


_SCANS = """
SELECT scan.lot_id, scan.place_id, scan.quantity, scan.scanned_at FROM count_scan scan
LEFT JOIN count_scan undo ON undo.undoes_id = scan.id
WHERE scan.count_id = ? AND scan.undoes_id IS NULL AND undo.id IS NULL
"""
_MOVES = """
SELECT move.lot_id, move.source_id, move.target_id, move.quantity, move.happened_at
FROM stock_move move WHERE move.id > ? AND move.hub_id = ? ORDER BY move.id
"""
# Of one maker her lots are fewer than all that stands there; CROSS JOIN begins with the fewer.
_THERE = """
SELECT level.lot_id, level.place_id, level.quantity FROM {tables}
WHERE lot.id = level.lot_id AND level.place_id IN (??) AND level.quantity <> 0 {{scope}}
"""
_THERE_OF_ALL = _THERE.format(tables="stock_level level CROSS JOIN lot")
_THERE_OF_MAKER = _THERE.format(tables="lot CROSS JOIN stock_level level")

Where = tuple[int, int]  # a lot at a place


class Tally(NamedTuple):
    """What a count came to: what was scanned, and where it differs from the books."""

    counted: dict[Where, int]
    differences: dict[Where, int]
    begun: dict[int, datetime]  # place to its first scan
    scans: int


def tally(session: Session, count: StockCount, lots: Iterable[int] | None = None) -> Tally:
    """
    Compare what was scanned with the books, each scan at its own moment.

    A place where nothing was scanned yet is not compared. `lots` narrows it to those that the
    caller has locked.
    """
    places = counted_places(session, count)
    scans = rows(session, _SCANS, (count.id,))
    counted: dict[Where, int] = {}
    first: dict[int, Any] = {}
    for lot_id, place_id, quantity, at in scans:
        where = lot_id, place_id
        counted[where] = counted.get(where, 0) + quantity
        if place_id not in first or at < first[place_id]:
            first[place_id] = at
    begun = {place_id: _moment(at) for place_id, at in first.items()}
    there, moved = _since(session, count, list(places))
    seen: dict[Where, list[Seen]] = {}  # when, nobody asks of a lot that did not move
    for lot_id, place_id, quantity, at in scans:
        if (where := (lot_id, place_id)) in moved:
            seen.setdefault(where, []).append(Seen(_moment(at), quantity))
    of = None if lots is None else set(lots)
    differences = {}
    for where in counted.keys() | there.keys() | moved.keys():
        if where not in moved and counted.get(where) == there.get(where):
            continue
        start = begun.get(where[1])
        if start is None or (of is not None and where[0] not in of):
            continue
        after = [move for move in moved.get(where, ()) if move.at > start]
        was = there.get(where, 0) - sum(move.quantity for move in after)
        at_once = [Seen(start, counted.get(where, 0))]
        found = difference(was, after, seen.get(where, ()) if where in moved else at_once)
        if found:
            differences[where] = found
    return Tally(counted, dict(sorted(differences.items())), begun, sum(counted.values()))


def _since(
    session: Session, count: StockCount, places: list[int]
) -> tuple[dict[Where, int], dict[Where, list[Moved]]]:
    """What stands at the counted places now, and what moved there since the count was opened."""
    sql = _THERE_OF_ALL if count.maker_id is None else _THERE_OF_MAKER
    there = {
        (lot_id, place_id): quantity
        for lot_id, place_id, quantity in rows(session, *_scoped(sql, count, places))
    }
    moved: dict[Where, list[Moved]] = {}
    found = rows(session, _MOVES, (count.after_move_id, count.hub_id))
    ids = sorted({lot_id for lot_id, *_rest in found})
    of_count = _lots_in_scope(session, count, ids)
    for lot_id, source_id, target_id, quantity, at in found:
        if lot_id not in of_count:
            continue
        for place_id, change in ((source_id, -quantity), (target_id, quantity)):
            if place_id in places:
                moved.setdefault((lot_id, place_id), []).append(Moved(_moment(at), change))
    return there, moved


_OF_THESE = "SELECT lot.id FROM lot WHERE lot.id IN (??) {scope}"
_AT_ONCE = 5_000


def _lots_in_scope(session: Session, count: StockCount, ids: Sequence[int]) -> set[int]:
    of_count: set[int] = set()
    for start in range(0, len(ids), _AT_ONCE):
        some = list(ids[start : start + _AT_ONCE])
        of_count |= {lot for (lot,) in rows(session, *_scoped(_OF_THESE, count, some))}
    return of_count


def _moment(told: Any) -> datetime:
    """SQLite gives a plain statement's moment as text."""
    moment = datetime.fromisoformat(told) if isinstance(told, str) else told
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A part of a difference: which lot, what it becomes, and what it costs, in centimes."""

    lot: LotFacts
    told: Explained
    place: PlaceKind
    counted: int
    booked: int
    net: int  # what is owed for it, or taken back; 0 where nothing is
    bearer: Bearer | None
    other: str = ""  # the kind of the other place, or the number of the loss

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.told.lot_id}-{self.told.place_id}-{self.told.outcome.value}"


class Review(NamedTuple):
    """What closing a count would write."""

    lines: list[ReviewLine]
    tally: Tally
    owed: int  # for all that would be lost
    token: str  # changes with any of it

    def lines_of(self, outcome: Outcome) -> list[ReviewLine]:
        """Those that become one thing."""
        return [line for line in self.lines if line.told.outcome is outcome]


_FOUND_AGAIN = """
SELECT loss.lot_id, loss.id, loss.number, loss.quantity - COALESCE((
    SELECT SUM(finding.quantity) FROM finding WHERE finding.loss_id = loss.id), 0)
FROM loss WHERE loss.lot_id IN (??) AND loss.site_id = ? AND loss.kind = 'lost'
ORDER BY loss.id DESC
"""


def review(
    session: Session,
    count: StockCount,
    short: Short,
    now: datetime,
    lots: Sequence[LotFacts] | None = None,
) -> Review:
    """What the differences of a count become; `lots` are those that the caller has locked."""
    ids = None if lots is None else [lot.id for lot in lots]
    found = tally(session, count, ids)
    wanted = sorted({lot_id for lot_id, _place in found.differences})
    facts = {lot.id: lot for lot in lots or ()}
    if lots is None:
        facts = {lot.id: lot for lot in facts_of(session, count.hub_id, wanted)}
    told, losses = _explained(session, count, short, found, wanted)
    hub = session.get_one(Hub, count.hub_id)
    rules = rules_on(session, hub.id, local_day(now, hub.zone))
    places = {number: kind for kind, number in places_of(session, count.site_id).items()}
    lines = []
    for one in told:
        lot = facts[one.lot_id]
        is_own = lot.terms.regime is Regime.FIRM
        bearer = lot.terms.loss_bearer if one.outcome is Outcome.LOST and not is_own else None
        is_owed = one.outcome is Outcome.LOST and bearer is not Bearer.MAKER
        where = (one.lot_id, one.place_id)
        counted = found.counted.get(where, 0)
        other = losses.get(one.other, "") if one.outcome is Outcome.FOUND else ""
        if one.outcome is Outcome.MOVED:
            other = places[one.other].value
        lines.append(
            ReviewLine(
                lot,
                one,
                places[one.place_id],
                counted,
                counted - found.differences[where],
                net_of_loss(rules, lot, one.quantity) if is_owed else 0,
                bearer,
                other,
            )
        )
    owed = sum(line.net for line in lines)
    token = deed_hash([[*line.told, line.net] for line in lines])[:16]
    return Review(lines, found, owed, token)


def _explained(
    session: Session, count: StockCount, short: Short, found: Tally, lots: Sequence[int]
) -> tuple[list[Explained], dict[int, str]]:
    if not lots:
        return [], {}
    places = places_of(session, count.site_id)
    compared = set(found.begun)
    elsewhere = [places[kind] for kind in COUNTED if places[kind] not in compared]
    levels: Mapping[Where, int] = levels_of(session, list(lots))
    flagged = short.flagged(session, count.site_id, list(lots))
    lost: dict[int, list[tuple[int, int]]] = {}
    numbers = {}
    for lot_id, loss_id, number, left in rows(session, _FOUND_AGAIN, (lots, count.site_id)):
        if left > 0:
            lost.setdefault(lot_id, []).append((loss_id, int(left)))
            numbers[loss_id] = number
    told: list[Explained] = []
    for lot_id in lots:
        known = Known(
            {place: levels.get((lot_id, place), 0) for place in elsewhere},
            flagged.get(lot_id, ()),
            lost.get(lot_id, ()),
        )
        of_lot = {place: n for (lot, place), n in found.differences.items() if lot == lot_id}
        told += explain(lot_id, of_lot, known)
    return told, numbers


# For pages


class SeenScan(NamedTuple):
    """A scan as the page of a count shows it."""

    id: int
    lot_id: int
    code: str
    title: str
    quantity: int
    place_id: int
    at: datetime
    actor: str
    is_undone: bool
    total: int  # of its lot at that place, so far


_LATEST_SCANS = """
SELECT scan.id, scan.lot_id, lot.code, lot.title, scan.quantity, scan.place_id, scan.scanned_at,
       scan.actor, undo.id IS NOT NULL,
       (SELECT COALESCE(SUM(s.quantity), 0) FROM count_scan s
        LEFT JOIN count_scan u ON u.undoes_id = s.id
        WHERE s.count_id = scan.count_id AND s.lot_id = scan.lot_id
          AND s.place_id = scan.place_id AND s.undoes_id IS NULL AND u.id IS NULL)
FROM count_scan scan JOIN lot ON lot.id = scan.lot_id
LEFT JOIN count_scan undo ON undo.undoes_id = scan.id
WHERE scan.count_id = ? AND scan.undoes_id IS NULL ORDER BY scan.id DESC LIMIT ?
"""


def latest_scans(session: Session, count: StockCount, limit: int) -> list[SeenScan]:
    """What was scanned last, by anybody."""
    scans = []
    for *told, at, actor, is_undone, total in rows(session, _LATEST_SCANS, (count.id, limit)):
        cells: list[Any] = [*told, _moment(at), actor, bool(is_undone), int(total)]
        scans.append(SeenScan(*cells))
    return scans


_BY = """
SELECT scan.actor, SUM(scan.quantity), COUNT(DISTINCT scan.lot_id) FROM count_scan scan
LEFT JOIN count_scan undo ON undo.undoes_id = scan.id
WHERE scan.count_id = ? AND scan.undoes_id IS NULL AND undo.id IS NULL
GROUP BY scan.actor ORDER BY scan.actor
"""


def scans_by(session: Session, count: StockCount) -> list[tuple[str, int, int]]:
    """Who scanned how many pieces, of how many lots."""
    return [(who, int(pieces), lots) for who, pieces, lots in rows(session, _BY, (count.id,))]


def last_scan_at(session: Session, count: StockCount) -> datetime | None:
    """When something was scanned last."""
    [(at,)] = rows(
        session, "SELECT MAX(scanned_at) FROM count_scan WHERE count_id = ?", (count.id,)
    )
    return _moment(at) if at else None


def expected_of(session: Session, count: StockCount, lots: set[int]) -> dict[Where, int]:
    """What the books have of some lots at the counted places now, for a count that is not blind."""
    levels = levels_of(session, sorted(lots))
    places = counted_places(session, count)
    return {where: there for where, there in levels.items() if where[1] in places}


class CountedLine(NamedTuple):
    """A difference that a closed count found, with its lot."""

    code: str
    title: str
    maker_id: int
    place_id: int
    missing: bool
    quantity: int
    outcome: str
    document: str


_LINES = """
SELECT lot.code, lot.title, lot.maker_id, line.place_id, line.missing, line.quantity,
       line.outcome, line.document
FROM count_line line JOIN lot ON lot.id = line.lot_id
WHERE line.count_id = ? ORDER BY line.n
"""


def counted_lines(session: Session, count: StockCount) -> list[CountedLine]:
    """What a closed count has led to."""
    return [CountedLine(*row) for row in rows(session, _LINES, (count.id,))]
