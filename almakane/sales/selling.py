"""What a ticket sells: lines divided by their lots' frozen terms, pieces moved to the buyer."""

from datetime import timedelta

from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, PricedLine, Regime, Shares, share
from almakane.inventory.models import PlaceKind
from almakane.inventory.queries import LotFacts, places_of
from almakane.ledger.services import EarningRow
from almakane.money import allocate
from almakane.sales.models import Flag, RegisterKind
from almakane.sales.postings import BookedLine, line_postings
from almakane.sales.queries import Scene
from almakane.sales.recording import Recording
from almakane.sales.tax import LineTax, line_tax, tax_of
from almakane.sales.ticket import Line, TenderKind, Ticket, What

# What was promised and is not on our account yet.
_UNSEEN = (TenderKind.CHEQUE, TenderKind.TRANSFER, TenderKind.COD)


def sell(session: Session, recording: Recording, lots: dict[str, LotFacts]) -> None:
    """Collect what every line of the ticket writes, and flag where it differs from the rules."""
    ticket, scene = recording.ticket, recording.scene
    if not ticket.lines:
        return
    by_card = sum(t.amount for t in ticket.tenders if t.kind is TenderKind.TERMINAL)
    card_parts = [0] * len(ticket.lines)
    if by_card > 0 and ticket.goods:
        card_parts = allocate(min(by_card, ticket.goods), [line.total for line in ticket.lines])
    places = places_of(session, scene.site_id)
    channel = _channel(ticket, scene)
    wait = _wait(ticket, scene, channel)
    for line, card in zip(ticket.lines, card_parts, strict=True):
        lot = lots.get(line.code) if line.what is What.LOT else None
        if lot is None:
            booked = _sell_other(recording, line)
        else:
            booked = _sell_lot(recording, line, lot, card, channel, wait)
            _move_out(recording, line, lot, places)
        recording.postings += line_postings(booked)
        recording.sale_lines.append(
            (
                *(line.n, line.what.value, lot.id if lot else None, line.code, line.title),
                *(line.qty, line.list, line.unit, line.discount, line.total),
                *(line.tax_bp, line.tax, line.tax_code, booked.shares.tax, booked.cost),
            )
        )


def _sell_other(recording: Recording, line: Line) -> BookedLine:
    """A gift card, a service, or a piece that nobody knows: its takings wait in suspense."""
    if line.what is What.LOT:
        recording.flag(Flag.LOT_UNKNOWN, line.n, line.total)
        return BookedLine(line.n, line.what, Shares(gross=line.total))
    if line.what is What.GIFT_CARD:
        if line.tax:
            recording.flag(Flag.TAX_DIFFERS, line.n, -line.tax)
        return BookedLine(line.n, line.what, Shares(gross=line.total), code=line.code)
    tax = line_tax("standard", recording.scene.vat_bp > 0, recording.scene.vat_bp, 0)
    booked = tax_of(line.total, tax)
    if booked != line.tax:
        recording.flag(Flag.TAX_DIFFERS, line.n, booked - line.tax)
    shares = Shares(gross=line.total - booked, tax=booked)
    return BookedLine(line.n, line.what, shares, code=line.code)


def _sell_lot(
    recording: Recording, line: Line, lot: LotFacts, by_card: int, channel: str, wait: int | None
) -> BookedLine:
    """Divide the line by the lot's frozen terms, and keep what it gives its maker."""
    scene, ticket, terms = recording.scene, recording.ticket, lot.terms
    _check_line(recording, line, lot)
    hubs_tax = 0
    if terms.regime is not Regime.MANDATE:
        hubs_tax = _tax_of_lot(scene, lot).rate_bp
    floor = 0 if recording.consented else lot.floor * line.qty
    priced = PricedLine(
        list_price=line.list * line.qty,
        paid=line.total,
        floor=floor,
        tax_bp=hubs_tax,
        by_card=by_card,
    )
    shares = share(priced, terms, scene.vat_bp)
    if terms.regime is Regime.FIRM:
        cost = lot.unit_cost * line.qty
        return BookedLine(line.n, line.what, shares, terms.regime, lot.maker_id, cost=cost)
    members = {}
    if lot.weights:
        parts = allocate(shares.net, list(lot.weights.values()))
        members = dict(zip(lot.weights, parts, strict=True))
    recording.earnings.append(
        EarningRow(
            line=f"{ticket.uid}/{line.n}",
            kind="sale",
            maker_id=lot.maker_id,
            lot_code=lot.code,
            title=line.title,
            quantity=line.qty,
            channel=channel,
            craft=lot.category,
            regime=terms.regime.value,
            paid_to=terms.paid_to.value,
            list_price=priced.list_price,
            gross=shares.gross,
            promotion=shares.promotion,
            commission=shares.commission,
            commission_vat=shares.commission_vat,
            fees=shares.fees,
            fees_vat=shares.fees_vat,
            vat_in=shares.vat_in,
            net=shares.net,
            available_on=None
            if wait is None
            else recording.day + timedelta(days=max(wait, lot.return_days)),
            shares=members,
        )
    )
    paid = tuple(members.items()) if terms.paid_to is PaidTo.MEMBERS else ()
    return BookedLine(line.n, line.what, shares, terms.regime, lot.maker_id, paid)


def _check_line(recording: Recording, line: Line, lot: LotFacts) -> None:
    """Flag where a line differs from what the server knows today."""
    if line.list != lot.price:
        recording.flag(Flag.PRICE_OLD, line.n, lot.price - line.list)
    if line.total < lot.floor * line.qty and not recording.consented:
        recording.flag(Flag.BELOW_FLOOR, line.n, lot.floor * line.qty - line.total)
    if lot.is_disabled:
        recording.flag(Flag.PRODUCT_DISABLED, line.n)
    tax = tax_of(line.total, _tax_of_lot(recording.scene, lot))
    if tax != line.tax:
        recording.flag(Flag.TAX_DIFFERS, line.n, tax - line.tax)


def _tax_of_lot(scene: Scene, lot: LotFacts) -> LineTax:
    liable = lot.terms.maker_vat_liable
    if lot.terms.regime is not Regime.MANDATE:
        liable = scene.vat_bp > 0
    return line_tax(
        lot.tax_class or "standard", liable, scene.vat_standard_bp, scene.vat_reduced_bp
    )


def _channel(ticket: Ticket, scene: Scene) -> str:
    return ticket.register.lower() if scene.register_kind is RegisterKind.SERVER else "till"


def _wait(ticket: Ticket, scene: Scene, channel: str) -> int | None:
    """Days until the money is really in; None: a release will tell."""
    if any(t.kind in _UNSEEN for t in ticket.tenders):
        return None
    return scene.web_wait_days if channel == "web" else scene.till_wait_days


def _move_out(
    recording: Recording, line: Line, lot: LotFacts, places: dict[PlaceKind, int]
) -> None:
    """
    From where a door takes its pieces: the till's shelf first, the web's packed ones first.

    What was set aside for just this sale comes before all. What is short is oversold.
    """
    uid, left, buyer = f"{recording.ticket.uid}/{line.n}", line.qty, places[PlaceKind.BUYER]
    kinds = [PlaceKind.SHELF, PlaceKind.RESERVE, PlaceKind.WEB_PICK]
    if recording.scene.register_kind is RegisterKind.SERVER:
        kinds.reverse()
    if (aside := recording.set_aside.get(lot.id)) is not None:
        kinds = [aside, *(kind for kind in kinds if kind is not aside)]
    for kind in kinds:
        part = min(left, recording.stock.get((lot.id, places[kind]), 0))
        if part > 0:
            tail = "" if kind is PlaceKind.SHELF else f"/{kind.value}"
            recording.move(lot.id, part, places[kind], buyer, f"{uid}{tail}")
            left -= part
    if left:
        recording.flag(Flag.STOCK_SHORT, line.n, left)
        recording.move(lot.id, left, places[PlaceKind.OVERSOLD], buyer, f"{uid}/oversold")
