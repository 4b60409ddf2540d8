"""What the house does for an order, one act after the other, until it is handed over or ends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import locking, rows
from almakane.errors import Refusal
from almakane.hubs.queries import rules_on
from almakane.inventory.deed import Deed
from almakane.inventory.holds import end_hold, keep_hold
from almakane.inventory.models import Hold, HoldEnd, HoldKind, PlaceKind
from almakane.inventory.queries import lock_lots
from almakane.inventory.setting_aside import put_back, set_aside
from almakane.journal.server import WEB, new_key, new_uid, take_turn, write_ticket
from almakane.money import divide, inside
from almakane.sales.deposits import (
    charge_refused,
    give_deposit_back,
    is_courier,
    lock_deposit,
    take_deposit,
)
from almakane.sales.models import SaleKind
from almakane.sales.queries import sold_lines
from almakane.sales.services import Recorded, record_sale
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket, What
from almakane.shop.models import Payment, Step, Way, WebOrder, WebOrderStep
from almakane.shop.ordering import tell
from almakane.shop.standing import Hand, Standing, find_order, standing_of
from almakane.texts import can_be_kept

LONGEST_NOTE = 200
DELIVERY = "delivery"  # the code of the line that charges it
_DOUBLE_CLICK = timedelta(seconds=20)


class Act(NamedTuple):
    """An order whose row is locked, how it stands, and who does what to it."""

    session: Session
    deed: Deed
    standing: Standing

    @property
    def order(self) -> WebOrder:
        return self.standing.order

    @property
    def now(self) -> datetime:
        return self.deed.recorded_at

    def step(self, step: Step, note: str = "") -> None:
        """Write down that it came this far."""
        if not can_be_kept(note, LONGEST_NOTE):
            raise Refusal("A text is missing or too long.", field="why")
        self.session.add(
            WebOrderStep(
                order_id=self.order.id, step=step, at=self.now, actor=self.deed.actor, note=note
            )
        )
        self.session.flush()

    def again(self) -> "Act":
        """The same after something changed."""
        return self._replace(standing=standing_of(self.session, self.order, self.now))


def act_on(session: Session, deed: Deed, number: str) -> Act:
    """Lock an order of the deed's hub; who acts on it meanwhile waits, and sees what was done."""
    order = find_order(session, deed.hub_id, number)
    if order is None:
        raise Refusal("There is no such order.", field="number")
    lock = "SELECT web_order.id FROM web_order WHERE web_order.id = ?"
    rows(session, locking(session, lock, "web_order"), (order.id,))
    site = deed._replace(site_id=order.site_id)
    return Act(session, site, standing_of(session, order, deed.recorded_at))


def _refuse_closed(act: Act) -> None:
    if act.standing.is_closed:
        raise Refusal("This order is closed: look at the page again.")
    if act.standing.lost:
        raise Refusal("A piece of this order was sold at a till: call the buyer first.")


def miss(act: Act) -> None:
    """Somebody called, and nobody answered."""
    _refuse_closed(act)
    if Step.CONFIRMED in act.standing.done:
        raise Refusal("The buyer has confirmed it already.")
    if not _is_told_twice(act, Step.UNREACHED):
        act.step(Step.UNREACHED)


def confirm(act: Act) -> None:
    """The buyer said on the phone that it is meant: its pieces are kept until it is sent."""
    if Step.CONFIRMED in act.standing.done:
        return
    _refuse_closed(act)
    _keep(act, HoldKind.DELIVERY, for_good=True)
    act.step(Step.CONFIRMED)
    tell(act.session, act.order, "confirmed", now=act.now)


def keep(act: Act) -> None:
    """The pieces wait two days more for whoever fetches or pays them."""
    _refuse_closed(act)
    _keep(act, HoldKind.PICKUP)
    if not _is_told_twice(act, Step.KEPT):
        act.step(Step.KEPT)


def _is_told_twice(act: Act, step: Step) -> bool:
    """Whether the same was told a moment ago: a double click, and no second call."""
    before = act.standing.at(step)
    return before is not None and act.now - before.at < _DOUBLE_CLICK


def _keep(act: Act, kind: HoldKind, *, for_good: bool = False) -> None:
    lots = sorted({line.lot_id for line in act.order.lines})
    lock_lots(act.session, act.deed.hub_id, ids=lots)
    for line in sorted(act.order.lines, key=lambda line: line.lot_id):
        before = act.standing.holds[line.hold_uid]
        if before.kind is HoldKind.PAID and before.ended_at is None:
            continue  # kept for whoever paid it, and no less
        hold = keep_hold(
            *(act.session, act.deed.hub_id, act.deed.site_id, line.hold_uid, kind, act.now)
        )
        if for_good:
            hold.expires_at = None
    act.session.flush()


def pick(act: Act, code: str) -> bool:
    """
    Take the pieces of a lot from the shelf, by its scanned code; says whether that was the last.

    Raises Refusal for a lot that is not of this order.
    """
    _refuse_closed(act)
    if act.standing.is_over or not act.standing.is_certain:
        raise Refusal("This order is not to be picked now: look at the page again.", field="code")
    lines = [line for line in act.order.lines if line.code == code.strip()]
    if not lines:
        raise Refusal("This piece is not of the order; put it back.", field="code")
    for line in lines:
        hold = act.standing.holds[line.hold_uid]
        set_aside(
            *(act.session, act.deed, hold, PlaceKind.WEB_PICK),
            *(act.order.number, len(act.standing.steps) + 1),
        )
    after = act.again()
    if after.standing.is_all_picked and Step.PICKED not in act.standing.done:
        act.step(Step.PICKED)
    return after.standing.is_all_picked


def pack(act: Act) -> None:
    """All of it is in the parcel, wrapped and with its note."""
    if Step.PACKED in act.standing.done:
        return
    _refuse_closed(act)
    if not act.standing.is_all_picked:
        raise Refusal("Some pieces were not scanned yet.")
    act.step(Step.PACKED)


def make_ready(act: Act) -> None:
    """It waits at the counter for its buyer, who is told; two days from now."""
    if Step.READY in act.standing.done:
        return
    _refuse_closed(act)
    if act.order.way is not Way.PICKUP or not act.standing.is_all_picked:
        raise Refusal("Some pieces were not scanned yet.")
    if not act.standing.is_paid:
        _keep(act, HoldKind.PICKUP)
    act.step(Step.READY)
    tell(act.session, act.order, "ready", now=act.now)


def ship(act: Act, courier: str, tracking: str) -> None:
    """
    A courier has it. What was paid is sold now; what he collects is in `transit` until he has.

    Raises Refusal where it is not packed, or neither paid nor to be paid at the door.
    """
    if Step.SHIPPED in act.standing.done:
        return
    _refuse_closed(act)
    tracking = " ".join(tracking.split())
    if not is_courier(courier):
        raise Refusal("There is no such courier.", field="courier")
    if act.standing.hand is not Hand.SHIP:
        raise Refusal("It is not packed yet.")
    act.step(Step.SHIPPED, f"{courier} {tracking}".strip())
    if act.order.payment is Payment.COD and not act.standing.is_paid:
        for line in sorted(act.order.lines, key=lambda line: line.lot_id):
            hold = act.standing.holds[line.hold_uid]
            set_aside(
                *(act.session, act.deed, hold, PlaceKind.TRANSIT),
                *(act.order.number, len(act.standing.steps) + 1),
            )
            end_hold(act.session, hold.id, HoldEnd.TAKEN, act.now)
    else:
        _sell(act, _deposit_of(act))
    tell(act.session, act.order, "shipped", now=act.now)


def deliver(act: Act) -> None:
    """The buyer has the parcel."""
    if Step.DELIVERED in act.standing.done:
        return
    if Step.SHIPPED not in act.standing.done or act.standing.done & {Step.RETURNED}:
        raise Refusal("It was not sent yet.")
    act.step(Step.DELIVERED)
    tell(act.session, act.order, "delivered", now=act.now)


def remit(act: Act) -> Recorded | None:
    """The courier says that he was paid: now it is sold, and the money is his to bring."""
    if act.standing.sale:
        return None
    if Step.SHIPPED not in act.standing.done or act.standing.done & {Step.RETURNED}:
        raise Refusal("It was not sent yet.")
    deliver(act)
    cod = Tender(TenderKind.COD, act.order.total, act.standing.courier)
    return _sell(act, cod)


def hand_over(act: Act) -> Recorded | None:
    """Whoever paid before fetches it: their deposit becomes the sale."""
    if act.standing.sale:
        return None
    _refuse_closed(act)
    if act.order.way is not Way.PICKUP or not act.standing.is_paid:
        raise Refusal("It is not paid yet: take the money at a till, by this order.")
    recorded = _sell(act, _deposit_of(act))
    act.step(Step.DELIVERED)
    return recorded


def take_back(act: Act, fee: int) -> None:
    """The parcel was refused at the door: the pieces are back, and the courier has his fee."""
    if Step.RETURNED in act.standing.done:
        return
    if Step.SHIPPED not in act.standing.done or act.standing.sale:
        raise Refusal("Only a parcel that was sent and not paid comes back like this.")
    if fee < 0:
        raise Refusal("An amount is out of range.", field="fee")
    for line in sorted(act.order.lines, key=lambda line: line.lot_id):
        hold = act.standing.holds[line.hold_uid]
        put_back(
            *(act.session, act.deed, hold),
            *(act.order.number, len(act.standing.steps) + 1),
        )
    act.step(Step.RETURNED, act.standing.courier)
    tell(act.session, act.order, "returned", now=act.now)
    if fee:
        charge_refused(act.session, act.deed, act.standing.courier, act.order.number, fee)


def cancel(act: Act, why: str) -> None:
    """It will not be: its pieces are for sale again, and what was paid goes back."""
    if Step.CANCELLED in act.standing.done:
        return
    if act.standing.is_closed or Step.SHIPPED in act.standing.done:
        raise Refusal("It has left the house: take it back instead.")
    if not why.strip():
        raise Refusal("Say why: whoever looks at the books later will ask.", field="why")
    for line in sorted(act.order.lines, key=lambda line: line.lot_id):
        hold: Hold | None = act.standing.holds.get(line.hold_uid)
        if hold is None:
            continue
        put_back(
            *(act.session, act.deed, hold),
            *(act.order.number, len(act.standing.steps) + 1),
        )
        end_hold(act.session, hold.id, HoldEnd.RELEASED, act.now)
    act.step(Step.CANCELLED, why.strip())
    tell(act.session, act.order, "cancelled", now=act.now)


def clear_away(act: Act) -> None:
    """Nobody came: what was set aside goes back to the shelf, and the order ends."""
    if act.standing.hand is not Hand.PUT_BACK and not act.standing.is_over:
        raise Refusal("Its pieces are still kept: look at the page again.")
    cancel(act, "expired")


def see_transfer(act: Act, amount: int, evidence: str) -> bool:
    """
    Its money is on our account; says whether its pieces are still there.

    A fact in any case: what came too late waits as a deposit, to be sent back.
    """
    take_deposit(act.session, act.deed, act.order.number, amount, evidence=evidence)
    after = act.again()
    if after.standing.is_closed or after.standing.lost:
        return False
    if after.standing.deposit < act.order.total:
        return True
    try:
        with act.session.begin_nested():
            _keep(act, HoldKind.PAID)
    except Refusal:
        return False
    tell(act.session, act.order, "confirmed", now=act.now)
    return True


def send_back(act: Act, amount: int, evidence: str) -> None:
    """Money of it was sent back to its buyer, at most what its deposit holds."""
    if act.standing.hand is not Hand.SEND_BACK and act.standing.deposit:
        raise Refusal("Cancel the order first: its money still pays for it.", field="amount")
    deposit = give_deposit_back(act.session, act.deed, act.order.number, amount, evidence=evidence)
    [(nth,)] = rows(act.session, _NTH_BACK, (deposit.hub_id, deposit.ref, deposit.id))
    tell(act.session, act.order, "refunded", now=act.now, nth=nth)


_NTH_BACK = "SELECT COUNT(*) FROM deposit WHERE hub_id = ? AND ref = ? AND amount < 0 AND id <= ?"


def _deposit_of(act: Act) -> Tender:
    left = lock_deposit(act.session, act.deed.hub_id, act.order.number)
    if left < act.order.total:
        raise Refusal("It is not paid yet: wait for the transfer.")
    return Tender(TenderKind.DEPOSIT, act.order.total, act.order.number)


def _sell(act: Act, tender: Tender) -> Recorded:
    """The order as a ticket of WEB: in both books, and in that register's chain."""
    session, order, deed = act.session, act.order, act.deed
    lock_lots(session, order.hub_id, ids=sorted({line.lot_id for line in order.lines}))
    aside = {lot: place for lot, place, _count in act.again().standing.aside.values()}
    turn = take_turn(session, order.hub_id, WEB, act.now)
    ticket = Ticket(
        uid=new_uid(act.now),
        register=WEB,
        at=deed.happened_at,
        day=deed.day,
        cashier=deed.actor,
        lines=_lines(session, order, deed),
        tenders=(tender,),
        number=turn.number,
        customer=order.uid,
        lang=order.language,
    )
    fulfils = [line.hold_uid for line in order.lines]
    recorded = record_sale(
        *(session, order.hub_id, ticket),
        now=act.now,
        fulfils=fulfils,
        set_aside=aside,
        tell=(),
    )
    write_ticket(
        session,
        order.hub_id,
        replace(ticket, number=recorded.number),
        turn,
        order=order.number,
        key=new_key(),
        now=act.now,
    )
    return recorded


def _lines(session: Session, order: WebOrder, deed: Deed) -> tuple[Line, ...]:
    lines = [
        Line(
            n=line.n,
            code=line.code,
            title=line.title,
            qty=line.quantity,
            list=line.list_price,
            unit=line.unit,
            total=line.total,
            tax_bp=line.tax_bp,
            tax=inside(line.total, line.tax_bp),
            tax_code=line.tax_code,
        )
        for line in order.lines
    ]
    fee = order.delivery_fee
    if fee:
        rules = rules_on(session, order.hub_id, deed.day)
        rate = rules.vat_bp if rules.vat_liable else 0
        lines.append(
            Line(
                n=max(line.n for line in lines) + 1,
                code=DELIVERY,
                title=_DELIVERY_WORDS.get(order.language, _DELIVERY_WORDS["fr"]),
                qty=1,
                list=fee,
                unit=fee,
                total=fee,
                tax_bp=rate,
                tax=inside(fee, rate),
                tax_code=f"vat{rate}" if rate else "exempt_seller",
                what=What.SERVICE,
            )
        )
    return tuple(lines)


_DELIVERY_WORDS: Mapping[str, str] = {"fr": "Livraison", "ar": "التوصيل", "en": "Delivery"}


def refund(
    act: Act, wanted: Mapping[int, int], why: str, *, restock: bool = True
) -> Recorded | None:
    """
    Take lines of a sent order back: line number to how many; the money waits on its deposit.

    Of each line what is left of its price for so many; delivery (a line of its own) as a whole. The
    deed's uid is the ticket's: told again, nothing more comes back.
    Raises Refusal where a till sold it: that till's ticket is refunded at a till.
    """
    sale = act.standing.sale
    if any(ticket.uid == act.deed.uid for ticket in act.standing.tickets):
        return None
    if sale is None:
        raise Refusal("It is not sold yet: cancel it, or take it back.")
    if not sale.number.startswith(f"{WEB}-"):
        raise Refusal("A till sold it: give it back at a till, against its ticket.")
    if not why.strip():
        raise Refusal("Say why: whoever looks at the books later will ask.", field="why")
    session, hub_id = act.session, act.deed.hub_id
    sold = sold_lines(session, hub_id, [sale.uid])
    returns: list[Return] = []
    for n, count in sorted(wanted.items()):
        line = sold.get((sale.uid, n))
        left = line.quantity - line.quantity_back if line else 0
        if line is None or not 1 <= count <= left:
            raise Refusal("There is not so much left of this line.", field="lines")
        total = divide((line.total - line.total_back) * count, left)
        returns.append(
            Return(
                *(len(returns) + 1, sale.uid, sale.number, n, line.code, count, total),
                tax=divide((line.tax - line.tax_back) * count, left),
                restock=restock,
                why=why.strip(),
            )
        )
    if not returns:
        raise Refusal("Say what comes back.", field="lines")
    lots = [line.lot_id for (_uid, n), line in sold.items() if n in wanted and line.lot_id]
    lock_lots(session, hub_id, ids=sorted(lots))
    turn = take_turn(session, hub_id, WEB, act.now)
    amount = sum(back.total for back in returns)
    ticket = Ticket(
        uid=act.deed.uid,
        register=WEB,
        at=act.deed.happened_at,
        day=act.deed.day,
        cashier=act.deed.actor,
        returns=tuple(returns),
        tenders=(Tender(TenderKind.DEPOSIT, -amount, act.order.number),) if amount else (),
        number=turn.number,
        customer=act.order.uid,
        lang=act.order.language,
    )
    recorded = record_sale(session, hub_id, ticket, now=act.now, tell=())
    write_ticket(
        session,
        hub_id,
        replace(ticket, number=recorded.number),
        turn,
        order=act.order.number,
        key=new_key(),
        now=act.now,
    )
    before = [one for one in act.standing.tickets if one.kind is SaleKind.REFUND]
    tell(session, act.order, "taken_back", now=act.now, nth=len(before) + 1)
    return recorded


# What a page may ask for by name.
ACTS: Mapping[str, Callable[[Act], object]] = {
    "misses": miss,
    "confirmation": confirm,
    "keeping": keep,
    "packing": pack,
    "readiness": make_ready,
    "delivery": deliver,
    "remittance": remit,
    "hand-over": hand_over,
    "clearance": clear_away,
}
CASHIERS_ACTS: Sequence[str] = ("hand-over",)
