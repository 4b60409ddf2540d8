"""Half a year at the counter, the same each time: what is bought, how it is paid, what returns."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime
from almakane.cooperatives.models import Agreement
from almakane.hubs.models import Hub, HubRules
from almakane.hubs.queries import rules_on
from almakane.inventory.models import (
    Consignment,
    Lot,
    LotKind,
    Place,
    PlaceKind,
    Product,
    StockLevel,
    TaxClass,
)
from almakane.money import to_step
from almakane.payouts.services import draw_statements
from almakane.pos.services import close_shift, expected_cash, open_shift
from almakane.sales.sealing import seal_day
from almakane.sales.services import ShiftState, record_sale
from almakane.sales.tax import line_tax, tax_of
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket

_FLOAT = 500_00
_LAST = 1  # of a batch: one stays, to be seen
_NOTES = (200_00, 100_00, 50_00, 20_00)


@dataclass(frozen=True)
class _Offer:
    """A lot that a customer may choose today."""

    code: str
    title: str
    price: int
    floor: int
    is_piece: bool
    there: int
    regime: Regime
    maker_liable: bool
    tax_class: TaxClass


def trade(session: Session, hub: Hub, first: date, last: date) -> None:
    """Trade every day but Sundays: shifts, tickets, returns, seals, and a statement a month."""
    chance = Random(1912)  # noqa: S311 - the demo's customers, not a secret
    day, sold = first, list[Ticket]()
    while day <= last:
        if day.weekday() != 6:
            sold += _trade_a_day(session, hub, day, chance, sold[-40:])
        day += timedelta(days=1)
        if day.day == 1:
            at = datetime.combine(day, time(6), UTC)
            draw_statements(session, hub.id, day - timedelta(days=1), now=at, actor="nadia")


def _trade_a_day(
    session: Session, hub: Hub, day: date, chance: Random, before: list[Ticket]
) -> list[Ticket]:
    opens, closes = datetime.combine(day, time(9), UTC), datetime.combine(day, time(19), UTC)
    shift_uid = f"00000000-0000-7000-8000-{day.toordinal():012d}"
    rules = rules_on(session, hub.id, day)
    shift = open_shift(session, hub.id, "T1", shift_uid, day, _FLOAT, at=opens, by="amina")
    sold, offers = [], _offers(session, hub, day)
    for n in range(chance.choice((1, 2, 2, 3, 3, 4, 6))):
        ticket = _a_sale(offers, rules, chance, shift_uid, opens, n)
        record_sale(session, hub.id, ticket, now=ticket.at, shift=ShiftState.OPEN, tell=())
        sold.append(ticket)
    back = _a_return(before, chance, day, shift_uid, closes)
    if back:
        record_sale(session, hub.id, back, now=back.at, shift=ShiftState.OPEN, tell=())
    counted = expected_cash(session, shift.id) - chance.choice((0, 0, 0, 0, 0, 5_00))
    close_shift(session, shift.id, counted, min(_FLOAT, counted), at=closes, by="amina")
    seal_day(session, hub.id, day, now=closes, actor="hind")
    return sold


def _offers(session: Session, hub: Hub, day: date) -> list[_Offer]:
    """What stands on the shelf that day; all deliveries are in the books before it begins."""
    found = session.execute(
        select(
            Lot.code,
            Lot.title,
            Product.price,
            Lot.floor,
            Lot.kind,
            func.sum(StockLevel.quantity),
            Lot.regime,
            Agreement.maker_vat_liable,
            Product.tax_class,
        )
        .join(Consignment, Consignment.id == Lot.consignment_id)
        .join(Product, Product.id == Lot.product_id)
        .join(Agreement, Agreement.id == Lot.agreement_id)
        .join(StockLevel, StockLevel.lot_id == Lot.id)
        .join(Place, Place.id == StockLevel.place_id)
        .where(
            Lot.hub_id == hub.id,
            Consignment.day <= day,
            Place.kind == PlaceKind.SHELF,
            StockLevel.quantity > case((Lot.kind == LotKind.PIECE, 0), else_=_LAST),
        )
        .group_by(Lot.id, Product.id, Agreement.id)
        .order_by(Lot.id)
    )
    return [
        _Offer(
            code,
            title,
            price,
            floor,
            kind is LotKind.PIECE,
            int(there) - (0 if kind is LotKind.PIECE else _LAST),
            regime,
            liable,
            tax or TaxClass.STANDARD,
        )
        for code, title, price, floor, kind, there, regime, liable, tax in found
    ]


def _a_sale(
    offers: list[_Offer],
    rules: HubRules,
    chance: Random,
    shift: str,
    opens: datetime,
    n: int,
) -> Ticket:
    """
    One customer: one to three things, mostly small ones, some bargained within the floor.

    What is bought is not offered again that day.
    """
    # A piece is one of a kind: most of them are still on the shelf when the demo opens.
    weights = [1 if offer.is_piece else 20 for offer in offers]
    wanted = {
        offer.code: offer
        for offer in chance.choices(offers, weights, k=chance.choice((1, 1, 1, 2, 2, 3)))
    }
    for offer in wanted.values():
        offers.remove(offer)
    lines = tuple(_a_line(i, offer, chance, rules) for i, offer in enumerate(wanted.values(), 1))
    goods = sum(line.total for line in lines)
    at = opens + timedelta(minutes=40 + 95 * n + chance.randrange(60))
    tenders, rounding, change = _pay(goods, chance, rules)
    return Ticket(
        uid=_uid(at),
        register="T1",
        at=at,
        day=at.date(),
        cashier="amina",
        lines=lines,
        tenders=tenders,
        rounding=rounding,
        change=change,
        shift=shift,
        lang=chance.choice(("fr", "fr", "ar", "en")),
    )


def _a_line(n: int, offer: _Offer, chance: Random, rules: HubRules) -> Line:
    qty = 1 if offer.is_piece else min(offer.there, chance.choice((1, 1, 1, 2, 2, 4)))
    unit = offer.price
    if chance.random() < 0.12:
        unit = max(offer.floor, to_step(offer.price * 92 // 100, 10_00))
    liable = offer.maker_liable if offer.regime is Regime.MANDATE else rules.vat_liable
    tax = line_tax(offer.tax_class, liable, rules.vat_bp, rules.vat_reduced_bp)
    total = unit * qty
    return Line(
        n=n,
        code=offer.code,
        title=offer.title,
        qty=qty,
        list=offer.price,
        unit=unit,
        total=total,
        tax_bp=tax.rate_bp,
        tax=tax_of(total, tax),
        tax_code=tax.code,
    )


def _pay(goods: int, chance: Random, rules: HubRules) -> tuple[tuple[Tender, ...], int, int]:
    """Cash below the legal limit, else the card terminal; gives tenders, rounding and change."""
    if goods >= rules.cash_limit or chance.random() < 0.45:
        return (Tender(TenderKind.TERMINAL, goods, f"{chance.randrange(10**6):06d}"),), 0, 0
    due = to_step(goods, rules.cash_step)
    note = chance.choice(_NOTES)
    given = -(-due // note) * note
    return (Tender(TenderKind.CASH, given),), due - goods, given - due


def _a_return(
    before: list[Ticket], chance: Random, day: date, shift: str, closes: datetime
) -> Ticket | None:
    """Now and then somebody brings one thing back, and gets its price in cash."""
    if not before or chance.random() > 0.06:
        return None
    of = before.pop(chance.randrange(len(before)))
    line = of.lines[0]
    if line.qty != 1 or line.total % 10 or line.total > _FLOAT - 50_00:
        return None  # the drawer gives back no more than it surely holds
    at = closes - timedelta(minutes=20)
    back = Return(
        n=1,
        of_uid=of.uid,
        of_number=of.number,
        of_line=line.n,
        code=line.code,
        qty=1,
        total=line.total,
        tax=line.tax,
        why="ne convient pas",
    )
    return Ticket(
        uid=_uid(at),
        register="T1",
        at=at,
        day=day,
        cashier="amina",
        returns=(back,),
        tenders=(Tender(TenderKind.CASH, -line.total),),
        shift=shift,
    )


def _uid(at: datetime) -> str:
    """A UUIDv7 of the moment, the same each time."""
    millis = f"{int(at.timestamp() * 1000):012x}"
    return f"{millis[:8]}-{millis[8:]}-7000-8000-000000000001"
