"""Pieces lost or damaged in custody, what their maker is owed for them, and what is found again."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Bearer, PaidTo, PricedLine, Regime, share
from almakane.db import rows
from almakane.errors import Refusal
from almakane.hubs.models import HubRules, SeriesKind
from almakane.hubs.queries import rules_on, vat_rate
from almakane.hubs.services import take_number
from almakane.inventory.deed import Deed, booked, check_deed, check_same, deed_hash
from almakane.inventory.holds import end_unkept
from almakane.inventory.models import ON_HAND, Finding, Loss, LossKind, PlaceKind
from almakane.inventory.moves import Move, Why, move_stock, unbounded_places
from almakane.inventory.queries import LAST_ID, LotFacts, live_holds, lock_lots, on_hand, places_of
from almakane.ledger import chart
from almakane.ledger.book import Posting, pair
from almakane.ledger.services import (
    ChangeRow,
    EarningRow,
    Fact,
    post,
    record_changes,
    record_earnings,
)
from almakane.money import allocate, divide
from almakane.texts import can_be_kept

_LONGEST_CAUSE = 200
_IN_CUSTODY = (*ON_HAND, PlaceKind.DAMAGED)


def record_loss(
    session: Session,
    deed: Deed,
    lot_id: int,
    quantity: int,
    kind: LossKind,
    cause: str,
    *,
    place: PlaceKind = PlaceKind.SHELF,
    bearer: Bearer | None = None,
    stolen: bool = False,
) -> Loss:
    """
    Write off what was lost or damaged; the maker is owed its net in the same transaction.

    The net is that of the list price, without commission and VAT rows (docs/money-book.md). Who
    bears it is what the agreement says, unless `bearer` was settled otherwise with the maker.
    """
    check_deed(deed)
    body = deed_hash(deed.site_id, lot_id, quantity, kind, cause, place, bearer, deed.day, stolen)
    there = session.scalar(select(Loss).where(Loss.uid == deed.uid))
    if there:
        check_same(there.body_hash, body)
        return there
    lots = lock_lots(session, deed.hub_id, ids=[lot_id])
    if not lots:
        raise Refusal("There is no such lot.", field="lot")
    if quantity < 1 or not cause.strip() or not can_be_kept(cause, _LONGEST_CAUSE):
        raise Refusal("Say how many were lost or damaged, and how.", field="cause")
    if stolen and kind is not LossKind.LOST:
        raise Refusal("What was stolen is lost, and lies damaged nowhere.", field="kind")
    target = PlaceKind.LOST if kind is LossKind.LOST else PlaceKind.DAMAGED
    if place not in _IN_CUSTODY or place is target:
        raise Refusal("Pieces are transferred between places of the house.", field="place")
    [lot] = lots
    if place is PlaceKind.DAMAGED and quantity > _uncompensated(session, deed.site_id, lot.id):
        raise Refusal("What lies damaged here was made good already.", field="quantity")
    deed = booked(session, deed)
    borne_by = bearer or lot.terms.loss_bearer
    number = f"PV-{take_number(session, deed.hub_id, SeriesKind.LOSS):06d}"
    places = places_of(session, deed.site_id)
    why = Why(
        *(deed.hub_id, kind.value, number, deed.happened_at, deed.day, deed.actor),
        deed.recorded_at,
    )
    move = Move(lot.id, quantity, places[place], places[target], f"{deed.uid}/l")
    move_stock(session, why, [move], unbounded_places(places))
    end_unkept(session, live_holds(session, [lot.id]), on_hand(session, lot.id), deed.recorded_at)
    loss = Loss(
        hub_id=deed.hub_id,
        site_id=deed.site_id,
        lot_id=lot.id,
        uid=deed.uid,
        body_hash=body,
        number=number,
        kind=kind,
        quantity=quantity,
        cause=cause.strip(),
        bearer=borne_by,
        entry_id=_compensate(session, deed, lot, quantity, borne_by, number, body),
        day=deed.day,
        recorded_at=deed.recorded_at,
        actor=deed.actor,
        stolen=stolen,
    )
    session.add(loss)
    session.flush()
    return loss


def _uncompensated(session: Session, site_id: int, lot_id: int) -> int:
    """
    Of what lies damaged at a site, what no loss was written for: pieces that buyers brought back.

    A piece that was damaged in custody is made good when that is written down, and not again when
    what is left of it is lost.
    """
    damaged = places_of(session, site_id)[PlaceKind.DAMAGED]
    [(came, went)] = rows(
        session,
        "SELECT COALESCE(SUM(CASE WHEN target_id = ? AND reason IN ('refund', 'exchange') "
        "THEN quantity END), 0), COALESCE(SUM(CASE WHEN source_id = ? THEN quantity END), 0) "
        "FROM stock_move WHERE lot_id = ?",
        (damaged, damaged, lot_id),
    )
    return int(came) - int(went)


def net_of_loss(rules: HubRules, lot: LotFacts, quantity: int) -> int:
    """What the hub owes a maker for so many lost pieces, in centimes; own goods at their cost."""
    if lot.terms.regime is Regime.FIRM:
        return lot.unit_cost * quantity
    price = lot.price * quantity
    tax_bp = 0
    if lot.terms.regime is Regime.COMMISSIONNAIRE and rules.vat_liable:
        tax_bp = vat_rate(rules, lot.tax_class)
    shares = share(
        PricedLine(price, price, tax_bp=tax_bp), lot.terms, rules.vat_bp * rules.vat_liable
    )
    return shares.net - shares.vat_in


def _compensate(
    session: Session,
    deed: Deed,
    lot: LotFacts,
    quantity: int,
    bearer: Bearer,
    number: str,
    body: str,
) -> int | None:
    """Owe the maker what the pieces would have given her, or write own goods off."""
    fact = Fact(
        *(deed.hub_id, deed.site_id, "loss", number, deed.happened_at, deed.day),
        *(deed.recorded_at, deed.actor, f"loss/{deed.uid}", body),
    )
    if lot.terms.regime is Regime.FIRM:
        return post(session, fact, pair(chart.LOSS, chart.STOCK_OWN, lot.unit_cost * quantity, 1))
    if bearer is Bearer.MAKER:
        return None
    price = lot.price * quantity
    net = net_of_loss(rules_on(session, deed.hub_id, deed.day), lot, quantity)
    members = {}
    if lot.weights:
        members = dict(zip(lot.weights, allocate(net, list(lot.weights.values())), strict=True))
    owed = chart.owed_maker(lot.maker_id)
    postings: list[Posting] = pair(chart.LOSS, owed, net, 1)
    if lot.terms.paid_to is PaidTo.MEMBERS:
        for artisan, amount in members.items():
            postings += pair(owed, chart.owed_artisan(artisan), amount, 1)
    entry_id = post(session, fact, postings)
    earning = EarningRow(
        line=f"{deed.uid}/1",
        kind="loss",
        maker_id=lot.maker_id,
        lot_code=lot.code,
        title=lot.title,
        quantity=quantity,
        channel="custody",
        craft=lot.category,
        regime=lot.terms.regime.value,
        paid_to=lot.terms.paid_to.value,
        list_price=price,
        gross=net,
        promotion=0,
        commission=0,
        commission_vat=0,
        fees=0,
        fees_vat=0,
        vat_in=0,
        net=net,
        available_on=deed.day,
        shares=members,
    )
    record_earnings(session, fact, entry_id, [earning])
    return entry_id


_BACK_TO = (PlaceKind.SHELF, PlaceKind.RESERVE, PlaceKind.WORKSHOP)


def record_finding(
    session: Session,
    deed: Deed,
    loss_id: int,
    quantity: int,
    how: str,
    place: PlaceKind = PlaceKind.SHELF,
) -> Finding:
    """
    Put pieces that were written off as lost back on hand, and take back what was owed for them.

    They stand at the site where they were lost. A maker who was paid meanwhile has that much less
    of her next sales, as with a refund.
    """
    check_deed(deed)
    body = deed_hash(deed.site_id, loss_id, quantity, how, place, deed.day)
    there = session.scalar(select(Finding).where(Finding.uid == deed.uid))
    if there:
        check_same(there.body_hash, body)
        return there
    loss = session.get(Loss, loss_id) if 0 < loss_id <= LAST_ID else None
    if loss is None or loss.hub_id != deed.hub_id or loss.kind is not LossKind.LOST:
        raise Refusal("There is no such loss.", field="loss")
    if loss.site_id != deed.site_id:
        raise Refusal(
            "It is found at the site where it was lost: move it afterwards.", field="loss"
        )
    [lot] = lock_lots(session, deed.hub_id, ids=[loss.lot_id])
    left = left_of_loss(session, loss)
    if not how.strip() or not can_be_kept(how, _LONGEST_CAUSE):
        raise Refusal("Say how it was found.", field="how")
    if not 1 <= quantity <= left.quantity:
        raise Refusal("No more can be found than was lost.", field="quantity")
    if place not in _BACK_TO:
        raise Refusal("Pieces are transferred between places of the house.", field="place")
    deed = booked(session, deed)
    number = f"RT-{take_number(session, deed.hub_id, SeriesKind.FINDING):06d}"
    places = places_of(session, deed.site_id)
    why = Why(
        *(deed.hub_id, "found", number, deed.happened_at, deed.day, deed.actor),
        deed.recorded_at,
    )
    move = Move(lot.id, quantity, places[PlaceKind.LOST], places[place], f"{deed.uid}/f")
    move_stock(session, why, [move], unbounded_places(places))
    finding = Finding(
        hub_id=deed.hub_id,
        site_id=deed.site_id,
        loss_id=loss.id,
        uid=deed.uid,
        body_hash=body,
        number=number,
        quantity=quantity,
        how=how.strip(),
        entry_id=_take_back(session, deed, loss, lot, left, quantity, number, body),
        day=deed.day,
        recorded_at=deed.recorded_at,
        actor=deed.actor,
    )
    session.add(finding)
    session.flush()
    return finding


class LossLeft(NamedTuple):
    """What nobody has found yet of a loss, and what the maker still has for it, in centimes."""

    quantity: int
    net: int
    earning_id: int | None
    paid_to: str
    members: dict[int, int]  # artisan id to her part

    def taken_back(self, quantity: int) -> int:
        """What a finding of so many takes back; the last one all that is left."""
        return divide(self.net * quantity, self.quantity)


_LEFT_OF_LOSS = """
SELECT e.id, e.paid_to, e.net - COALESCE((SELECT SUM(c.net) FROM earning_change c
                                          WHERE c.earning_id = e.id), 0)
FROM earning e WHERE e.line = ?
"""
_LEFT_OF_MEMBERS = """
SELECT s.artisan_id, s.amount - COALESCE((SELECT SUM(b.amount) FROM earning_change c
    JOIN earning_change_share b ON b.change_id = c.id AND b.artisan_id = s.artisan_id
    WHERE c.earning_id = s.earning_id), 0)
FROM earning_share s WHERE s.earning_id = ? ORDER BY s.artisan_id
"""


def left_of_loss(session: Session, loss: Loss) -> LossLeft:
    """What is left of a loss after its findings."""
    [(found,)] = rows(
        session, "SELECT COALESCE(SUM(quantity), 0) FROM finding WHERE loss_id = ?", (loss.id,)
    )
    quantity = loss.quantity - int(found)
    earned = rows(session, _LEFT_OF_LOSS, (f"{loss.uid}/1",))
    if not earned:
        return LossLeft(quantity, 0, None, "", {})
    [(earning_id, paid_to, net)] = earned
    members = {
        artisan: int(amount) for artisan, amount in rows(session, _LEFT_OF_MEMBERS, (earning_id,))
    }
    return LossLeft(quantity, int(net), earning_id, paid_to, members)


def _take_back(
    session: Session,
    deed: Deed,
    loss: Loss,
    lot: LotFacts,
    left: LossLeft,
    quantity: int,
    number: str,
    body: str,
) -> int | None:
    """Turn round what the loss posted, for so many of its pieces."""
    fact = Fact(
        *(deed.hub_id, deed.site_id, "finding", number, deed.happened_at, deed.day),
        *(deed.recorded_at, deed.actor, f"finding/{deed.uid}", body),
    )
    if lot.terms.regime is Regime.FIRM:
        return post(session, fact, pair(chart.STOCK_OWN, chart.LOSS, lot.unit_cost * quantity, 1))
    if left.earning_id is None:
        return None
    net = left.taken_back(quantity)
    members = {}
    if any(left.members.values()):
        parts = allocate(net, list(left.members.values()))
        members = dict(zip(left.members, parts, strict=True))
    owed = chart.owed_maker(lot.maker_id)
    postings = pair(owed, chart.LOSS, net, 1)
    if left.paid_to == PaidTo.MEMBERS:
        for artisan, amount in members.items():
            postings += pair(chart.owed_artisan(artisan), owed, amount, 1)
    entry_id = post(session, fact, postings)
    change = ChangeRow(
        line=f"{deed.uid}/1",
        earning_id=left.earning_id,
        quantity=quantity,
        gross=net,
        promotion=0,
        commission=0,
        commission_vat=0,
        fees=0,
        fees_vat=0,
        vat_in=0,
        net=net,
        shares=members,
    )
    record_changes(session, fact, entry_id, [change])
    return entry_id
