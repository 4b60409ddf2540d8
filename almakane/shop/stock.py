"""What the web may promise of a product: the lots that it would take, oldest first."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import rows, utc_text
from almakane.inventory.holds import CLAIMABLE

_FREE = """
SELECT lot.product_id, lot.id,
       (SELECT SUM(level.quantity) FROM stock_level level
        JOIN place ON place.id = level.place_id
        WHERE level.lot_id = lot.id AND place.site_id = ? AND place.kind IN (??)) AS here,
       (SELECT SUM(hold.quantity) FROM hold
        WHERE hold.lot_id = lot.id AND hold.ended_at IS NULL
          AND (hold.expires_at IS NULL OR hold.expires_at > ?) AND hold.uid NOT IN (??)) AS held
FROM lot WHERE lot.product_id IN (??) AND lot.hub_id = ?
AND EXISTS (SELECT 1 FROM stock_level level JOIN place ON place.id = level.place_id
            WHERE level.lot_id = lot.id AND level.quantity > 0
              AND place.site_id = ? AND place.kind IN (??))
ORDER BY lot.id
"""
MOST_LINES = 20  # of a basket, and so of an order
MOST_OF_ONE = 99


class FreeLot(NamedTuple):
    """A lot that the web may sell from, and how many of it nobody claims."""

    lot_id: int
    free: int


def free_lots(
    session: Session,
    hub_id: int,
    site_id: int,
    product_ids: Iterable[int],
    now: datetime,
    but: Collection[str] = (),
) -> dict[int, list[FreeLot]]:
    """
    Product to its lots with something there, oldest first; the claims of `but` are not counted.

    What is claimed to the last piece is in it, with nothing free.
    """
    wanted = sorted(set(product_ids))
    found: dict[int, list[FreeLot]] = {product: [] for product in wanted}
    if not wanted:
        return found
    places = [kind.value for kind in CLAIMABLE]
    asked = (site_id, places, utc_text(now), list(but) or [""], wanted, hub_id, site_id, places)
    for product, lot, here, held in rows(session, _FREE, asked):
        found[product].append(FreeLot(lot, max(0, int(here or 0) - int(held or 0))))
    return found


def share_out(lots: list[FreeLot], quantity: int) -> list[tuple[int, int]]:
    """
    Lot and quantity of each that is taken: of the oldest that has enough, else oldest first.

    Less than `quantity` in all where there is less.
    """
    for lot in lots:
        if lot.free >= quantity:
            return [(lot.lot_id, quantity)]
    taken = []
    for lot in lots:
        part = min(lot.free, quantity)
        if part:
            taken.append((lot.lot_id, part))
            quantity -= part
    return taken
