"""How an order stands, read from its steps, its claims and its sale, and stored nowhere else."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PricedLine, Regime, share
from almakane.db import locking, rows
from almakane.errors import Refusal
from almakane.hubs.queries import rules_on
from almakane.inventory.holds import end_hold
from almakane.inventory.models import Hold, HoldEnd, HoldKind
from almakane.inventory.queries import facts_of
from almakane.inventory.setting_aside import set_aside_of
from almakane.sales.models import Sale
from almakane.shop.models import Step, WebOrder, WebOrderLine, WebOrderStep
from almakane.shop.ordering import tell

_TOO_LATE = {
    *(Step.PACKED, Step.READY, Step.SHIPPED),
    *(Step.DELIVERED, Step.RETURNED, Step.CANCELLED),
}


class State(StrEnum):
    """What the buyer is told first."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    PACKED = "packed"
    READY = "ready"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    LOST = "lost"  # somebody in the shop had the piece in their hand before it was paid
    ENDED = "ended"  # nobody came in time, and the pieces went back on sale


_TOLD = frozenset(State)  # other steps are the house's own


class Followed(NamedTuple):
    """An order with all that is known of it."""

    order: WebOrder
    steps: list[WebOrderStep]
    holds: dict[str, Hold]
    sale: Sale | None
    now: datetime
    is_being_packed: bool  # some of it was taken from the shelf for it

    @property
    def _done(self) -> set[Step]:
        return {step.step for step in self.steps}

    @property
    def lost(self) -> list[WebOrderLine]:
        """The lines whose pieces somebody else has."""
        if self.sale:
            return []
        ends = (HoldEnd.PREEMPTED, HoldEnd.BROKEN)
        return [
            line
            for line in self.order.lines
            if (hold := self.holds.get(line.hold_uid)) and hold.ended_by in ends
        ]

    @property
    def kept_until(self) -> datetime | None:
        """Until when all its pieces are kept, where that ends by itself."""
        ends = [hold.expires_at for hold in self.holds.values() if not hold.ended_at]
        return min((end for end in ends if end), default=None)

    @property
    def is_over(self) -> bool:
        """Whether a claim ran out before anybody confirmed it or came."""
        if self.sale or self.lost or self._done & _TOO_LATE:
            return False
        return any(
            hold.ended_by is HoldEnd.EXPIRED
            or (hold.ended_at is None and hold.expires_at and hold.expires_at <= self.now)
            for hold in self.holds.values()
        )

    @property
    def state(self) -> State:
        """Where it stands now."""
        told = [State(step.step.value) for step in self.steps if step.step.value in _TOLD]
        if told and told[-1] in (State.CANCELLED, State.RETURNED):
            return told[-1]
        if self.sale:
            return State.DELIVERED
        if len(self.lost) == len(self.order.lines):
            return State.LOST
        if self.is_over:
            return State.ENDED
        return told[-1] if told else State.PLACED

    @property
    def can_be_cancelled(self) -> bool:
        """Whether its buyer may still call it off: nothing is packed, nothing is paid."""
        return (
            self.state in (State.PLACED, State.CONFIRMED, State.ENDED)
            and not self._done & _TOO_LATE
            and not self.is_being_packed
            and all(hold.kind is not HoldKind.PAID for hold in self.holds.values())
        )


def follow(session: Session, order: WebOrder, now: datetime) -> Followed:
    """All that is known of an order."""
    steps = session.scalars(
        select(WebOrderStep).where(WebOrderStep.order_id == order.id).order_by(WebOrderStep.id)
    )
    uids = [line.hold_uid for line in order.lines]
    holds = session.scalars(
        select(Hold).where(Hold.uid.in_(uids)).execution_options(populate_existing=True)
    )
    sale = session.scalar(
        select(Sale)
        .where(Sale.customer == order.uid, Sale.hub_id == order.hub_id)
        .order_by(Sale.id)
        .limit(1)
    )
    aside = set_aside_of(session, uids)
    return Followed(order, list(steps), {hold.uid: hold for hold in holds}, sale, now, bool(aside))


def cancel_by_buyer(session: Session, order: WebOrder, *, now: datetime) -> None:
    """Call an order off, while nothing is packed; told again, it stays called off."""
    rows(
        session, locking(session, "SELECT id FROM web_order WHERE id = ?", "web_order"), (order.id,)
    )
    followed = follow(session, order, now)
    if followed.state is State.CANCELLED:
        return
    if not followed.can_be_cancelled:
        raise Refusal("Your order is on its way already: call us, and we find a way.")
    step = WebOrderStep(order_id=order.id, step=Step.CANCELLED, at=now, actor="", note="")
    session.add(step)
    for hold in followed.holds.values():
        end_hold(session, hold.id, HoldEnd.RELEASED, now)
    session.flush()
    tell(session, order, "cancelled", now=now)


def split_of(session: Session, order: WebOrder) -> dict[str, int]:
    """Where the price of the pieces goes, by the terms that their lots froze."""
    rules = rules_on(session, order.hub_id, order.day)
    lots = {
        lot.id: lot
        for lot in facts_of(session, order.hub_id, [line.lot_id for line in order.lines])
    }
    parts = dict.fromkeys(("maker", "house", "tax", "fee"), 0)
    for line in order.lines:
        terms = lots[line.lot_id].terms
        hubs_tax = line.tax_bp if terms.regime is not Regime.MANDATE else 0
        priced = PricedLine(
            list_price=line.list_price * line.quantity, paid=line.total, tax_bp=hubs_tax
        )
        shares = share(priced, terms, rules.vat_bp if rules.vat_liable else 0)
        parts["maker"] += shares.net
        tax = shares.tax - shares.vat_in + shares.commission_vat
        parts["tax"] += tax
        parts["house"] += line.total - shares.net - tax
    return {kind: amount for kind, amount in parts.items() if amount}
