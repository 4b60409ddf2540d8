"""What needs a hand at an order: read from its steps, claims, tickets and deposit, never stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from almakane.db import rows, utc_text
from almakane.inventory.models import Hold, HoldEnd, PlaceKind
from almakane.inventory.setting_aside import set_aside_of
from almakane.sales.models import Deposit, Sale, SaleKind
from almakane.shop.models import Payment, Step, Way, WebOrder, WebOrderLine, WebOrderStep

CONFIRM_WITHIN = timedelta(hours=24)
DELIVER_WITHIN = timedelta(days=30)  # law 31-08
WITHDRAW_WITHIN = timedelta(days=7)
REFUND_WITHIN = timedelta(days=15)


class Hand(StrEnum):
    """What is to be done next, the most urgent first."""

    LOST = "lost"  # its piece was sold at a till
    SEND_BACK = "send_back"  # its money goes back
    CONFIRM = "confirm"
    PICK = "pick"
    PACK = "pack"
    READY = "ready"
    SHIP = "ship"
    REMIT = "remit"
    FETCH = "fetch"  # it waits for its buyer
    PUT_BACK = "put_back"  # nobody came: what was set aside is for sale again
    PAY = "pay"  # the transfer has not come yet
    ROAD = "road"  # paid and on its way
    NOTHING = "nothing"


@dataclass(frozen=True)
class Standing:
    """An order with all that the house knows of it."""

    order: WebOrder
    steps: Sequence[WebOrderStep]
    holds: dict[str, Hold]
    aside: dict[str, tuple[int, PlaceKind, int]]
    tickets: Sequence[Sale]
    deposit: int  # paid, not handed over, not given back
    sent_back: int  # to its buyer, in centimes
    now: datetime

    @property
    def done(self) -> set[Step]:
        return {step.step for step in self.steps}

    def at(self, step: Step) -> WebOrderStep | None:
        """The last time that a step was taken."""
        return next((one for one in reversed(self.steps) if one.step is step), None)

    @property
    def sale(self) -> Sale | None:
        """The ticket that fulfilled it."""
        return next((one for one in self.tickets if one.kind is not SaleKind.REFUND), None)

    @property
    def is_closed(self) -> bool:
        """Whether it was called off, refused at the door, or sold."""
        return bool(self.done & {Step.CANCELLED, Step.RETURNED}) or self.sale is not None

    @property
    def lost(self) -> list[WebOrderLine]:
        """The lines whose pieces somebody else has."""
        if self.is_closed or Step.SHIPPED in self.done:
            return []
        ends = (HoldEnd.PREEMPTED, HoldEnd.BROKEN)
        return [line for line in self.order.lines if self._end_of(line) in ends]

    def _end_of(self, line: WebOrderLine) -> HoldEnd | None:
        hold = self.holds.get(line.hold_uid)
        return hold.ended_by if hold else HoldEnd.RELEASED

    @property
    def is_over(self) -> bool:
        """Whether a claim of it has run out."""
        if self.is_closed or Step.SHIPPED in self.done:
            return False
        return any(
            hold.ended_by is HoldEnd.EXPIRED
            or (hold.ended_at is None and hold.expires_at and hold.expires_at <= self.now)
            for hold in self.holds.values()
        )

    @property
    def kept_until(self) -> datetime | None:
        """Until when its pieces are kept, where that ends by itself."""
        ends = [hold.expires_at for hold in self.holds.values() if hold.ended_at is None]
        return min((end for end in ends if end), default=None)

    def is_picked(self, line: WebOrderLine) -> bool:
        """Whether a line's pieces were taken from the shelf for it."""
        return line.hold_uid in self.aside

    @property
    def is_all_picked(self) -> bool:
        return all(self.is_picked(line) for line in self.order.lines)

    @property
    def is_certain(self) -> bool:
        """Whether nothing of money stands in the way of picking it."""
        payment = self.order.payment
        if payment is Payment.COD:
            return Step.CONFIRMED in self.done
        return payment is Payment.SHOP or self.is_paid

    @property
    def is_paid(self) -> bool:
        """Whether its whole price is on its deposit, or was handed over."""
        return self.deposit >= self.order.total or self.sale is not None

    @property
    def hand(self) -> Hand:
        """What is to be done next."""
        if self.lost:
            return Hand.SEND_BACK if self.deposit else Hand.LOST
        if self.is_closed and self.deposit:
            return Hand.SEND_BACK
        if self.is_closed:
            on_road = self.sale and self.done & {Step.SHIPPED} and Step.DELIVERED not in self.done
            if self.done & {Step.CANCELLED, Step.RETURNED}:
                on_road = None
            return Hand.ROAD if on_road else Hand.NOTHING
        if Step.SHIPPED in self.done:
            return Hand.REMIT
        return self._before_it_leaves()

    def _before_it_leaves(self) -> Hand:
        if self.is_over and self.aside:
            return Hand.PUT_BACK
        if self.is_over:  # where we should have called, that is still ours to do, or to call off
            return Hand.CONFIRM if self.order.payment is Payment.COD else Hand.NOTHING
        if not self.is_certain:
            return Hand.CONFIRM if self.order.payment is Payment.COD else Hand.PAY
        if not self.is_all_picked:
            return Hand.PICK
        if self.order.way is Way.PICKUP:
            return Hand.FETCH if Step.READY in self.done else Hand.READY
        return Hand.SHIP if Step.PACKED in self.done else Hand.PACK

    @property
    def due_at(self) -> datetime | None:
        """Until when the next hand should have been lent."""
        hand = self.hand
        if hand is Hand.CONFIRM:
            return self.order.placed_at + CONFIRM_WITHIN
        if hand is Hand.SEND_BACK:
            last = max(
                [*(step.at for step in self.steps), *(one.recorded_at for one in self.tickets)],
                default=self.order.placed_at,
            )
            return last + REFUND_WITHIN
        if hand in (Hand.PICK, Hand.PACK, Hand.SHIP, Hand.ROAD, Hand.REMIT):
            return self.order.placed_at + DELIVER_WITHIN
        if hand is Hand.FETCH:
            return self.kept_until
        return None

    @property
    def is_late(self) -> bool:
        """Whether that moment is over."""
        due = self.due_at
        return due is not None and due <= self.now

    @property
    def misses(self) -> int:
        """How often somebody called, and nobody answered."""
        return sum(1 for step in self.steps if step.step is Step.UNREACHED)

    @property
    def courier(self) -> str:
        """Who carries it: the first word of what was noted when it left."""
        shipped = self.at(Step.SHIPPED)
        return shipped.note.split(" ", 1)[0] if shipped else ""

    @property
    def tracking(self) -> str:
        shipped = self.at(Step.SHIPPED)
        return shipped.note.partition(" ")[2] if shipped else ""


def standings(session: Session, orders: Iterable[WebOrder], now: datetime) -> list[Standing]:
    """How those orders stand, in as few queries as ever many they are."""
    found = list(orders)
    if not found:
        return []
    ids, uids = [one.id for one in found], [one.uid for one in found]
    steps: dict[int, list[WebOrderStep]] = {}
    asked = select(WebOrderStep).where(WebOrderStep.order_id.in_(ids)).order_by(WebOrderStep.id)
    for step in session.scalars(asked):
        steps.setdefault(step.order_id, []).append(step)
    names = [line.hold_uid for one in found for line in one.lines]
    holds = {
        hold.uid: hold
        for hold in session.scalars(
            select(Hold).where(Hold.uid.in_(names)).execution_options(populate_existing=True)
        )
    }
    aside = set_aside_of(session, names)
    tickets: dict[str, list[Sale]] = {}
    hub_id = found[0].hub_id
    sold = select(Sale).where(Sale.hub_id == hub_id, Sale.customer.in_(uids)).order_by(Sale.id)
    for sale in session.scalars(sold):
        tickets.setdefault(sale.customer or "", []).append(sale)
    deposits = _deposits(session, found)
    return [
        Standing(
            order,
            steps.get(order.id, []),
            {line.hold_uid: holds[line.hold_uid] for line in order.lines if line.hold_uid in holds},
            {line.hold_uid: aside[line.hold_uid] for line in order.lines if line.hold_uid in aside},
            tickets.get(order.uid, []),
            *deposits.get(order.number, (0, 0)),
            now,
        )
        for order in found
    ]


_ON_DEPOSIT = """
SELECT ref, SUM(amount), SUM(back) FROM (
    SELECT ref, amount, CASE WHEN amount < 0 THEN -amount ELSE 0 END AS back
    FROM deposit WHERE hub_id = ? AND ref IN (??)
    UNION ALL
    SELECT tender.ref, -tender.amount, 0 FROM sale
    JOIN tender ON tender.sale_id = sale.id AND tender.kind = 'deposit'
    WHERE sale.hub_id = ? AND sale.customer IN (??)
) moved GROUP BY ref
"""


def _deposits(session: Session, orders: Sequence[WebOrder]) -> dict[str, tuple[int, int]]:
    """
    Order number to what is on its deposit, and what was sent back of it.

    By its papers; `check` holds them to the account.
    """
    hub_id, uids = orders[0].hub_id, [one.uid for one in orders]
    asked = (hub_id, [one.number for one in orders], hub_id, uids)
    return {ref: (int(left), int(back)) for ref, left, back in rows(session, _ON_DEPOSIT, asked)}


def sent_back(session: Session, order: WebOrder, nth: int) -> int:
    """What the `nth` return of its money sent to the buyer, in centimes."""
    went = select(Deposit.amount).where(
        Deposit.hub_id == order.hub_id, Deposit.ref == order.number, Deposit.amount < 0
    )
    return -(session.scalar(went.order_by(Deposit.id).offset(nth - 1).limit(1)) or 0)


def standing_of(session: Session, order: WebOrder, now: datetime) -> Standing:
    """How one order stands."""
    [one] = standings(session, [order], now)
    return one


def find_order(session: Session, hub_id: int, number: str) -> WebOrder | None:
    """An order of the hub by its number."""
    return session.scalar(
        select(WebOrder)
        .options(selectinload(WebOrder.lines), selectinload(WebOrder.contact))
        .where(WebOrder.hub_id == hub_id, WebOrder.number == number)
    )


# Not ended, and not sold over the counter; its pieces kept, set aside or gone, or its buyer to be
# called; or with money that is not where it belongs. What ran out by itself needs nobody.
_OPEN = """
SELECT o.id FROM web_order o
WHERE o.hub_id = ? AND (
    NOT EXISTS (SELECT 1 FROM web_order_step s WHERE s.order_id = o.id
                AND s.step IN ('cancelled', 'returned', 'delivered'))
    AND (NOT EXISTS (SELECT 1 FROM sale WHERE sale.customer = o.uid AND sale.hub_id = o.hub_id
                     AND sale.kind <> 'refund')
         OR EXISTS (SELECT 1 FROM web_order_step s WHERE s.order_id = o.id AND s.step = 'shipped'))
    AND (o.payment = 'cod'
         OR EXISTS (SELECT 1 FROM web_order_line line JOIN hold ON hold.uid = line.hold_uid
                    WHERE line.order_id = o.id
                    AND (hold.ended_by IN ('preempted', 'broken', 'taken') OR hold.ended_at IS NULL
                         AND (hold.expires_at IS NULL OR hold.expires_at > ?)))
         OR EXISTS (SELECT 1 FROM web_order_line line JOIN stock_move move
                    ON move.lot_id = line.lot_id AND move.reason = 'set_aside'
                    AND move.uid LIKE line.hold_uid || '/%' WHERE line.order_id = o.id))
    OR EXISTS (SELECT 1 FROM deposit d WHERE d.hub_id = o.hub_id AND d.ref = o.number
               GROUP BY d.ref HAVING SUM(d.amount) - COALESCE((
                   SELECT SUM(t.amount) FROM sale JOIN tender t ON t.sale_id = sale.id
                   WHERE sale.customer = o.uid AND sale.hub_id = o.hub_id
                     AND t.kind = 'deposit'), 0) <> 0)
    OR EXISTS (SELECT 1 FROM sale JOIN tender t ON t.sale_id = sale.id AND t.kind = 'deposit'
               WHERE sale.customer = o.uid AND sale.hub_id = o.hub_id AND sale.returned > 0))
ORDER BY o.id DESC LIMIT ?
"""
MOST_OPEN = 300


def open_orders(session: Session, hub_id: int, now: datetime) -> list[Standing]:
    """The orders that somebody may still have to lend a hand to, the newest first."""
    ids = [order_id for (order_id,) in rows(session, _OPEN, (hub_id, utc_text(now), MOST_OPEN))]
    orders = session.scalars(
        select(WebOrder)
        .options(selectinload(WebOrder.lines), selectinload(WebOrder.contact))
        .where(WebOrder.id.in_(ids))
        .order_by(WebOrder.id.desc())
    )
    return standings(session, orders, now)
