"""What the tills learn of web orders, and what they tell: `app` gives this to the tills' door."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from almakane.db import locking, rows, utc_text
from almakane.hubs.models import Site
from almakane.sales.models import Flag
from almakane.shop.models import Step, Way, WebOrder
from almakane.shop.ordering import tell
from almakane.shop.standing import Standing, find_order, open_orders, standing_of
from almakane.web.texts import plain

_MOST = 50


class AtTheCounter:
    """The orders that are fetched, as the tills see them."""

    def to_fetch(
        self, session: Session, hub_id: int, site_id: int, words: str, now: datetime
    ) -> list[dict[str, Any]]:
        """The orders that wait for their buyers at a site, by words of a name or a number."""
        wanted = plain(words).split()
        found = []
        for one in open_orders(session, hub_id, now):
            if one.order.site_id != site_id or not _may_be_paid(one):
                continue
            said = plain(f"{one.order.number} {one.order.contact.name}")
            if all(word in said for word in wanted):
                found.append(_told(one))
        return found[:_MOST]

    def to_fetch_one(
        self, session: Session, hub_id: int, site_id: int, number: str, now: datetime
    ) -> dict[str, Any] | None:
        """One order that waits at a site, and may be paid there, by its number."""
        one = _payable(session, hub_id, number, now)
        return _told(one) if one and one.order.site_id == site_id else None

    def waits_at(self, session: Session, hub_id: int, number: str, now: datetime) -> str | None:
        """The name of the site where an order waits that may be paid there."""
        one = _payable(session, hub_id, number, now)
        return session.get_one(Site, one.order.site_id).name if one else None

    def judge(
        self, session: Session, hub_id: int, uid: str, lines: Sequence[tuple[str, int, int]]
    ) -> list[Flag]:
        """How a ticket that names an order differs from it; lines are code, quantity, total."""
        order = session.scalar(
            select(WebOrder)
            .options(selectinload(WebOrder.lines))
            .where(WebOrder.hub_id == hub_id, WebOrder.uid == uid)
        )
        if order is None:
            return []
        # Another till may sell the same order just now: the second of the two sees the first.
        lock = "SELECT web_order.id FROM web_order WHERE web_order.id = ?"
        rows(session, locking(session, lock, "web_order"), (order.id,))
        flags = []
        ordered = Counter((line.code, line.quantity, line.total) for line in order.lines)
        if Counter(lines) != ordered:
            flags.append(Flag.ORDER_DIFFERS)
        ended = _ENDED, (order.id, [Step.SHIPPED.value, Step.RETURNED.value])
        sold = _SOLD, (hub_id, uid)
        if any(rows(session, *asked) for asked in (sold, ended)):
            flags.append(Flag.ORDER_TWICE)
        return flags

    def pieces_taken(self, session: Session, hub_id: int, sale_uid: str, now: datetime) -> None:
        """A till's ticket ended claims that were not its own: their buyers are told."""
        found = rows(session, _BROKEN, (hub_id, sale_uid, utc_text(now)))
        ids = sorted({order_id for (order_id,) in found})
        for order in session.scalars(select(WebOrder).where(WebOrder.id.in_(ids))):
            tell(session, order, "preempted", now=now)


_SOLD = "SELECT 1 FROM sale WHERE hub_id = ? AND customer = ? AND kind <> 'refund' LIMIT 1"
_ENDED = "SELECT 1 FROM web_order_step WHERE order_id = ? AND step IN (??) LIMIT 1"
_BROKEN = """
SELECT DISTINCT line.order_id FROM sale
JOIN sale_line sold ON sold.sale_id = sale.id
JOIN hold ON hold.lot_id = sold.lot_id AND hold.ended_by IN ('preempted', 'broken')
JOIN web_order_line line ON line.hold_uid = hold.uid
WHERE sale.hub_id = ? AND sale.uid = ? AND hold.ended_at = ?
"""


def _payable(session: Session, hub_id: int, number: str, now: datetime) -> Standing | None:
    order = find_order(session, hub_id, number)
    one = standing_of(session, order, now) if order else None
    return one if one and _may_be_paid(one) else None


def _may_be_paid(one: Standing) -> bool:
    """Whether its buyer may fetch it: nobody else has its pieces, and it is not sold yet."""
    return one.order.way is Way.PICKUP and not one.is_closed and not one.lost


def _told(one: Standing) -> dict[str, Any]:
    order = one.order
    return {
        "number": order.number,
        "uid": order.uid,
        "name": order.contact.name,
        "lines": [
            {
                "code": line.code,
                "title": line.title,
                "qty": line.quantity,
                "unit": line.unit,
                "list": line.list_price,
                "tax_bp": line.tax_bp,
                "tax_code": line.tax_code,
            }
            for line in order.lines
        ],
        "total": order.total,
        "paid": one.deposit,
        "ready": one.is_all_picked,
    }
