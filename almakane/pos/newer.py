"""
Which lots are other than when a till last asked: read from the end of what is written, never all.

A cursor is the moment of an answer, in milliseconds. What was being written at that moment is told
again: two minutes are more than any transaction takes, and telling a lot twice changes nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from almakane.db import Query, rows, rows_of, utc_text
from almakane.hubs.queries import local_day
from almakane.inventory.queries import LAST_ID
from almakane.pos.feed import Counter

_OVERLAP = timedelta(minutes=2)
_OLDEST = timedelta(days=7)  # a till that was silent for longer fetches all of it again
_MOST = 10_000  # changes; beyond them the whole catalogue is less
_FIRST, _NEXT = 200, 2_000  # rows that are read at once from the end

_MOVES = """
SELECT id, recorded_at >= ?, hub_id, lot_id, '' FROM stock_move
WHERE id < ? ORDER BY id DESC LIMIT ?
"""
_PRICES = """
SELECT price.id, price.recorded_at >= ?, product.hub_id, price.product_id, 'product'
FROM product_price price JOIN product ON product.id = price.product_id
WHERE price.id < ? ORDER BY price.id DESC LIMIT ?
"""
_AMENDMENTS = """
SELECT id, recorded_at >= ?, hub_id, subject_id, subject FROM amendment
WHERE id < ? ORDER BY id DESC LIMIT ?
"""
# Claims that began or ran out since, and among the latest those that somebody ended.
_CLAIMED = """
SELECT lot_id FROM hold WHERE hub_id = ? AND ended_at IS NULL
AND (placed_at >= ? OR (expires_at >= ? AND expires_at <= ?))
"""
_UNCLAIMED = """
SELECT lot_id FROM hold WHERE id > (SELECT COALESCE(MAX(id), 0) FROM hold) - ?
AND hub_id = ? AND ended_at >= ?
"""
_LATEST_HOLDS = 5_000
_OF_PRODUCTS = """
SELECT DISTINCT lot.id FROM lot JOIN stock_level l ON l.lot_id = lot.id
WHERE lot.{which} IN (??) AND l.place_id IN (??) AND l.quantity <> 0
"""
_OF_PRODUCT = _OF_PRODUCTS.format(which="product_id")
_OF_MAKER = _OF_PRODUCTS.format(which="maker_id")
_RULES = "SELECT valid_from, set_at >= ? FROM hub_rules WHERE hub_id = ? AND valid_from <= ?"


def cursor_at(now: datetime) -> int:
    """What a till names when it asks what changed since this answer."""
    return int(now.timestamp() * 1000)


def changed_lots(
    session: Session, counter: Counter, cursor: int, zone: str, now: datetime
) -> list[int] | None:
    """The lots that changed since a cursor, by id; None where the till should fetch all anew."""
    if not cursor_at(now - _OLDEST) <= cursor <= cursor_at(now):
        return None
    since = datetime.fromtimestamp(cursor / 1000, UTC)
    told = utc_text(since - _OVERLAP)
    if _has_other_rules(session, counter, local_day(since, zone).isoformat(), told):
        return None
    lots, products, makers = set[int](), set[int](), set[int]()
    for sql in (_MOVES, _PRICES, _AMENDMENTS):
        found = _newer(session, sql, told)
        if found is None:
            return None
        for _id, _is_new, hub_id, number, subject in found:
            if hub_id == counter.hub_id:
                {"": lots, "product": products, "maker": makers}.get(subject, set()).add(number)
    claimed, unclaimed = rows_of(
        session,
        Query(_CLAIMED, (counter.hub_id, told, told, counter.now)),
        Query(_UNCLAIMED, (_LATEST_HOLDS, counter.hub_id, told)),
    )
    lots |= {lot for (lot,) in (*claimed, *unclaimed)}
    for sql, those in ((_OF_PRODUCT, products), (_OF_MAKER, makers)):
        if those:
            lots |= {lot for (lot,) in rows(session, sql, (sorted(those), counter.places))}
    return None if len(lots) > _MOST else sorted(lots)


def _newer(session: Session, sql: str, since: str) -> Sequence[Any] | None:
    """The rows since a moment, read backwards from the last; None for too many."""
    found: list[Any] = []
    below, count = LAST_ID, _FIRST
    while True:
        some = rows(session, sql, (since, below, count))
        found += [row for row in some if row[1]]
        if len(some) < count or not some[-1][1]:
            return found
        if len(found) > _MOST:
            return None
        below, count = some[-1][0], _NEXT


def _has_other_rules(session: Session, counter: Counter, then: str, told: str) -> bool:
    """Whether the hub's rules, and so the taxes, are others than on the day of the cursor."""
    found = rows(session, _RULES, (told, counter.hub_id, counter.day))
    return any(is_new or str(day)[:10] > then for day, is_new in found)
