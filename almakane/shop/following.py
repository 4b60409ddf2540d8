"""How an order stands in the eyes of its buyer, and where the money of its pieces goes."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PricedLine, Regime, share
from almakane.cooperatives.models import Maker, MakerText
from almakane.cooperatives.trial import parts_of
from almakane.db import locking, rows
from almakane.errors import Refusal
from almakane.hubs.queries import rules_on
from almakane.inventory.holds import end_hold
from almakane.inventory.models import HoldEnd, HoldKind, Product
from almakane.inventory.queries import facts_of
from almakane.shop.models import Step, WebOrder, WebOrderLine, WebOrderStep
from almakane.shop.ordering import tell
from almakane.shop.standing import Standing, standing_of

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
    """An order as its buyer is told of it, read from how it stands and stored nowhere."""

    standing: Standing

    @property
    def order(self) -> WebOrder:
        return self.standing.order

    @property
    def lost(self) -> list[WebOrderLine]:
        """The lines whose pieces somebody else has."""
        return self.standing.lost

    @property
    def kept_until(self) -> datetime | None:
        """Until when all its pieces are kept, where that ends by itself."""
        return self.standing.kept_until

    @property
    def moments(self) -> dict[State, datetime]:
        """When it came to each state that somebody wrote down."""
        moments = {State.PLACED: self.order.placed_at}
        moments |= {
            State(step.step.value): step.at
            for step in self.standing.steps
            if step.step.value in _TOLD
        }
        sale = self.standing.sale
        if sale and Step.SHIPPED not in self.standing.done:
            moments.setdefault(State.DELIVERED, sale.happened_at)
        return moments

    @property
    def state(self) -> State:
        """Where it stands now."""
        told = [State(s.step.value) for s in self.standing.steps if s.step.value in _TOLD]
        if told and told[-1] in (State.CANCELLED, State.RETURNED):
            return told[-1]
        if self.standing.sale and Step.SHIPPED not in self.standing.done:
            return State.DELIVERED  # over the counter
        if len(self.lost) == len(self.order.lines):
            return State.LOST
        if self.standing.is_over and not self.standing.done & _TOO_LATE:
            return State.ENDED
        if not told and self.standing.deposit >= self.order.total:
            return State.CONFIRMED  # its money is here: nobody needs to call
        return told[-1] if told else State.PLACED

    @property
    def due(self) -> int:
        """What is still to be paid, in centimes: nothing once it is sold, called off or gone."""
        is_over = self.standing.is_closed or self.state in (State.LOST, State.ENDED)
        return 0 if is_over else max(self.order.total - self.standing.deposit, 0)

    @property
    def comes_back(self) -> int:
        """What was paid and is the buyer's again, but was not sent yet."""
        is_theirs = self.standing.is_closed or self.lost
        return self.standing.deposit if is_theirs else 0

    @property
    def can_be_cancelled(self) -> bool:
        """Whether its buyer may still call it off: nothing is packed, nothing is paid."""
        return (
            self.state in (State.PLACED, State.CONFIRMED, State.ENDED)
            and not self.standing.done & _TOO_LATE
            and not self.standing.aside
            and not self.standing.deposit
            and all(hold.kind is not HoldKind.PAID for hold in self.standing.holds.values())
        )


def follow(session: Session, order: WebOrder, now: datetime) -> Followed:
    """All that is known of an order."""
    return Followed(standing_of(session, order, now))


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
    for hold in followed.standing.holds.values():
        end_hold(session, hold.id, HoldEnd.RELEASED, now)
    session.flush()
    tell(session, order, "cancelled", now=now)


def makers_of(session: Session, order: WebOrder, language: str) -> dict[int, str]:
    """Product to the name of its maker in a language, for all that an order is of."""
    wanted = [line.product_id for line in order.lines]
    found = session.execute(
        select(Product.id, Maker.name, MakerText.name)
        .join(Maker, Maker.id == Product.maker_id)
        .outerjoin(MakerText, (MakerText.maker_id == Maker.id) & (MakerText.language == language))
        .where(Product.id.in_(wanted))
    )
    return {product_id: here or name for product_id, name, here in found}


class Divided(NamedTuple):
    """Where the price of an order's pieces goes, in centimes."""

    maker: int
    house: int
    tax: int
    is_own: bool  # the house has bought all of it, so that its makers were paid already


def split_of(session: Session, order: WebOrder) -> Divided:
    """Where the price of the pieces goes, by the terms that their lots froze."""
    rules = rules_on(session, order.hub_id, order.day)
    found = facts_of(session, order.hub_id, [line.lot_id for line in order.lines])
    lots = {lot.id: lot for lot in found}
    maker = house = tax = 0
    for line in order.lines:
        lot = lots[line.lot_id]
        is_ours = lot.terms.regime is not Regime.MANDATE
        priced = PricedLine(
            list_price=line.list_price * line.quantity,
            paid=line.total,
            tax_bp=line.tax_bp if is_ours else 0,
        )
        shares = share(priced, lot.terms, rules.vat_bp if rules.vat_liable else 0)
        parts = parts_of(shares, lot.terms.regime, lot.unit_cost * line.quantity)
        maker, tax = maker + parts.maker, tax + parts.tax
        house += parts.house - parts.added
    return Divided(maker, house, tax, all(lots[n].terms.regime is Regime.FIRM for n in lots))
