"""Pieces lost or damaged in custody, and what their maker is owed for them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Bearer, PaidTo, PricedLine, Regime, share
from almakane.db import rows
from almakane.errors import Refusal
from almakane.hubs.models import SeriesKind
from almakane.hubs.queries import rules_on, vat_rate
from almakane.hubs.services import take_number
from almakane.inventory.deed import Deed, booked, check_deed, check_same, deed_hash
from almakane.inventory.holds import end_unkept
from almakane.inventory.models import ON_HAND, Loss, LossKind, PlaceKind
from almakane.inventory.moves import Move, Why, move_stock, unbounded_places
from almakane.inventory.queries import LotFacts, live_holds, lock_lots, on_hand, places_of
from almakane.ledger import chart
from almakane.ledger.book import Posting, pair
from almakane.ledger.services import EarningRow, Fact, post, record_earnings
from almakane.money import allocate
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
) -> Loss:
    """
    Write off what was lost or damaged; the maker is owed its net in the same transaction.

    The net is that of the list price, without commission and VAT rows (docs/money-book.md). Who
    bears it is what the agreement says, unless `bearer` was settled otherwise with the maker.
    """
    check_deed(deed)
    body = deed_hash(deed.site_id, lot_id, quantity, kind, cause, place, bearer, deed.day)
    there = session.scalar(select(Loss).where(Loss.uid == deed.uid))
    if there:
        check_same(there.body_hash, body)
        return there
    lots = lock_lots(session, deed.hub_id, ids=[lot_id])
    if not lots:
        raise Refusal("There is no such lot.", field="lot")
    if quantity < 1 or not cause.strip() or not can_be_kept(cause, _LONGEST_CAUSE):
        raise Refusal("Say how many were lost or damaged, and how.", field="cause")
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
    rules = rules_on(session, deed.hub_id, deed.day)
    price = lot.price * quantity
    tax_bp = 0
    if lot.terms.regime is Regime.COMMISSIONNAIRE and rules.vat_liable:
        tax_bp = vat_rate(rules, lot.tax_class)
    shares = share(
        PricedLine(price, price, tax_bp=tax_bp), lot.terms, rules.vat_bp * rules.vat_liable
    )
    net = shares.net - shares.vat_in
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
