"""Pieces come in from their makers, and go back to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime
from almakane.cooperatives.models import Agreement, Artisan, Maker
from almakane.cooperatives.queries import agreement_on, commission_for
from almakane.db import insert_rows
from almakane.errors import Refusal
from almakane.hubs.models import SeriesKind
from almakane.hubs.queries import rules_on, vat_rate
from almakane.hubs.services import take_number
from almakane.inventory.deed import Deed, booked, check_deed, check_same, deed_hash
from almakane.inventory.ean13 import lot_code
from almakane.inventory.holds import check_unclaimed
from almakane.inventory.models import (
    ON_HAND,
    Consignment,
    LotKind,
    PlaceKind,
    Product,
    ProductText,
    ReturnSlip,
    ReturnSlipLine,
)
from almakane.inventory.moves import Move, Why, move_stock, unbounded_places
from almakane.inventory.queries import LAST_ID, LotFacts, lock_lots, places_of
from almakane.ledger import chart
from almakane.ledger.book import Posting, pair
from almakane.ledger.services import Fact, post
from almakane.money import LARGEST, rate
from almakane.texts import can_be_kept

MOST = 1_000_000  # units in one lot
MOST_WEIGHT = 1_000_000  # of one artisan
_LONGEST_TITLE = 120
_GOES_BACK = (*ON_HAND, PlaceKind.DAMAGED)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A line of a delivery; `floor` and `unit_cost` (own goods only) are per unit, in centimes."""

    product_id: int
    quantity: int = 1
    kind: LotKind = LotKind.PIECE
    floor: int = 0
    unit_cost: int = 0
    title: str = ""
    weights: Mapping[int, int] = field(default_factory=dict)  # artisan id to weight


def receive_consignment(
    session: Session, deed: Deed, maker: Maker, lines: Sequence[Delivered]
) -> Consignment:
    """
    Take a delivery in: lots with labels of their own, on the shelf, under the terms of the day.

    Goods of regime C are owed for at once. The same deed again gives the same consignment; the
    same uid with other lines is refused, as is a line whose product has no tax profile.
    """
    check_deed(deed)
    body = deed_hash(deed.site_id, maker.id, deed.day, [_line_body(line) for line in lines])
    there = session.scalar(select(Consignment).where(Consignment.uid == deed.uid))
    if there:
        check_same(there.body_hash, body)
        return there
    agreement = agreement_on(session, maker.id, deed.day)
    products = _check_lines(session, maker, agreement, lines)
    deed = booked(session, deed)
    return _take_in(session, deed, agreement, lines, products, body, agreement.regime)


def _line_body(line: Delivered) -> list[object]:
    return [
        *(line.product_id, line.quantity, line.kind, line.floor, line.unit_cost, line.title),
        sorted(line.weights.items()),
    ]


def _check_lines(
    session: Session, maker: Maker, agreement: Agreement, lines: Sequence[Delivered]
) -> dict[int, Product]:
    """Refuse a delivery that could not be sold or paid for; gives the products by id."""
    if not lines:
        raise Refusal("The delivery has no lines.", field="lines")
    wanted = {line.product_id for line in lines if 0 < line.product_id <= LAST_ID}
    products = {
        product.id: product
        for product in session.scalars(
            select(Product)
            .where(Product.id.in_(wanted), Product.maker_id == maker.id)
            .order_by(Product.id)
            .with_for_update(read=True)  # a price is judged: `set_price` waits, or has been
            .execution_options(populate_existing=True)
        )
    }
    artisans = set(session.scalars(select(Artisan.id).where(Artisan.maker_id == maker.id)))
    for n, line in enumerate(lines, 1):
        at = f"lines[{n}]"
        product = products.get(line.product_id)
        if product is None:
            raise Refusal("Line %(n)s: this maker has no such product.", field=at, n=n)
        if product.tax_class is None:
            raise Refusal(
                "Line %(n)s: give %(code)s a tax class before it goes on sale.",
                field=at,
                n=n,
                code=product.code,
            )
        if not 1 <= line.quantity <= MOST:
            raise Refusal("Line %(n)s: the quantity is 1 to 1 000 000.", field=at, n=n)
        if line.kind is LotKind.PIECE and line.quantity != 1:
            raise Refusal("Line %(n)s: a piece is one; several alike are a batch.", field=at, n=n)
        if not 0 <= line.floor <= product.price:
            raise Refusal("Line %(n)s: the floor lies between zero and the price.", field=at, n=n)
        if not 0 <= line.unit_cost * line.quantity <= LARGEST:
            raise Refusal("Line %(n)s: the cost is out of range.", field=at, n=n)
        if not can_be_kept(line.title, _LONGEST_TITLE):
            raise Refusal("Line %(n)s: the title has at most 120 characters.", field=at, n=n)
        weights = line.weights.values()
        if any(not 1 <= weight <= MOST_WEIGHT for weight in weights) or not artisans >= set(
            line.weights
        ):
            raise Refusal(
                "Line %(n)s: the artisans are the maker's own, each with a weight.", field=at, n=n
            )
        if agreement.paid_to is PaidTo.MEMBERS and not line.weights:
            raise Refusal("Line %(n)s: members are paid, so say who made the piece.", field=at, n=n)
    return products


def _take_in(
    session: Session,
    deed: Deed,
    agreement: Agreement,
    lines: Sequence[Delivered],
    products: Mapping[int, Product],
    body: str,
    regime: Regime,
) -> Consignment:
    categories = {product.category for product in products.values()}
    commissions = {name: commission_for(session, agreement, name) for name in categories}
    named = select(ProductText.product_id, ProductText.title).where(
        ProductText.product_id.in_(list(products)), ProductText.language == "fr"
    )
    titles = {row.product_id: row.title for row in session.execute(named)}
    first = take_number(session, deed.hub_id, SeriesKind.LOT, count=len(lines))
    number = take_number(session, deed.hub_id, SeriesKind.CONSIGNMENT)
    consignment = Consignment(
        hub_id=deed.hub_id,
        site_id=deed.site_id,
        maker_id=agreement.maker_id,
        agreement_id=agreement.id,
        uid=deed.uid,
        body_hash=body,
        number=f"BD-{number:06d}",
        day=deed.day,
        happened_at=deed.happened_at,
        recorded_at=deed.recorded_at,
        actor=deed.actor,
    )
    session.add(consignment)
    session.flush()
    due_back_on = deed.day + timedelta(days=agreement.unsold_days)
    written = insert_rows(
        session,
        "lot",
        _LOT_COLUMNS,
        [
            (
                *(deed.hub_id, consignment.id, n, line.product_id, agreement.id),
                agreement.maker_id,
                lot_code(first + n - 1),
                line.title or titles.get(line.product_id) or products[line.product_id].code,
                *(line.kind.value, regime.value, line.quantity, line.floor, line.unit_cost),
                commissions[products[line.product_id].category],
                None if regime is Regime.FIRM else due_back_on.isoformat(),
            )
            for n, line in enumerate(lines, 1)
        ],
        returning="n, id",
    )
    ids = dict(written)
    insert_rows(
        session,
        "lot_artisan",
        ("lot_id", "artisan_id", "weight"),
        [
            (ids[n], artisan, weight)
            for n, line in enumerate(lines, 1)
            for artisan, weight in line.weights.items()
        ],
    )
    places = places_of(session, deed.site_id)
    move_stock(
        session,
        _why(deed, "consigned", consignment.number),
        [
            Move(
                ids[n],
                line.quantity,
                places[PlaceKind.MAKER],
                places[PlaceKind.SHELF],
                f"{deed.uid}/{n}",
            )
            for n, line in enumerate(lines, 1)
        ],
        unbounded_places(places),
        {},
    )
    if regime is Regime.FIRM:
        _owe_purchase(session, deed, agreement, lines, products, consignment.number, body)
    return consignment


_LOT_COLUMNS = (
    *("hub_id", "consignment_id", "n", "product_id", "agreement_id", "maker_id", "code", "title"),
    *("kind", "regime", "quantity", "floor", "unit_cost", "commission_bp", "due_back_on"),
)


def _why(deed: Deed, reason: str, document: str) -> Why:
    return Why(
        deed.hub_id, reason, document, deed.happened_at, deed.day, deed.actor, deed.recorded_at
    )


def _owe_purchase(
    session: Session,
    deed: Deed,
    agreement: Agreement,
    lines: Sequence[Delivered],
    products: Mapping[int, Product],
    document: str,
    body: str,
) -> None:
    """Own goods are owed for when they are bought, with the maker's VAT where she is liable."""
    rules = rules_on(session, deed.hub_id, deed.day)
    owed = chart.owed_maker(agreement.maker_id)
    is_taxed = agreement.maker_vat_liable and rules.vat_liable
    postings: list[Posting] = []
    for n, line in enumerate(lines, 1):
        cost = line.unit_cost * line.quantity
        vat = rate(cost, vat_rate(rules, products[line.product_id].tax_class)) if is_taxed else 0
        postings += pair(chart.STOCK_OWN, owed, cost, n) + pair(chart.VAT_IN, owed, vat, n)
    fact = Fact(
        *(deed.hub_id, deed.site_id, "purchase", document, deed.happened_at, deed.day),
        *(deed.recorded_at, deed.actor, f"purchase/{deed.uid}", body),
    )
    post(session, fact, postings)


def return_to_maker(
    session: Session,
    deed: Deed,
    maker: Maker,
    lines: Sequence[tuple[int, int]],
    place: PlaceKind | Sequence[PlaceKind] = PlaceKind.SHELF,
) -> ReturnSlip:
    """
    Give pieces back, against the maker's signature; `lines` are lot id and quantity.

    `place` is where all of them stand, or where each does.
    """
    check_deed(deed)
    body = deed_hash(deed.site_id, maker.id, deed.day, place, list(lines))
    places = [place] * len(lines) if isinstance(place, PlaceKind) else list(place)
    there = session.scalar(select(ReturnSlip).where(ReturnSlip.uid == deed.uid))
    if there:
        check_same(there.body_hash, body)
        return there
    if not lines:
        raise Refusal("The delivery has no lines.", field="lines")
    if len(places) != len(lines) or not set(places) <= set(_GOES_BACK):
        raise Refusal("Pieces are transferred between places of the house.", field="place")
    lots = {lot.id: lot for lot in lock_lots(session, deed.hub_id, ids=[lot for lot, _ in lines])}
    for n, (lot_id, quantity) in enumerate(lines, 1):
        lot = lots.get(lot_id)
        if lot is None or lot.maker_id != maker.id or lot.terms.regime is Regime.FIRM:
            raise Refusal("Line %(n)s: this is no piece of that maker.", field="lines", n=n)
        if quantity < 1:
            raise Refusal("Line %(n)s: the quantity is one or more.", field="lines", n=n)
    return _give_back(session, booked(session, deed), maker.id, lines, places, body)


def _give_back(
    session: Session,
    deed: Deed,
    maker_id: int,
    lines: Sequence[tuple[int, int]],
    stand: Sequence[PlaceKind],
    body: str,
) -> ReturnSlip:
    on_hand = [line for line, place in zip(lines, stand, strict=True) if place in ON_HAND]
    for lot_id in sorted({lot_id for lot_id, _ in on_hand}):
        going = sum(quantity for lot, quantity in on_hand if lot == lot_id)
        check_unclaimed(session, lot_id, going, deed.recorded_at)
    number = f"BR-{take_number(session, deed.hub_id, SeriesKind.RETURN_SLIP):06d}"
    places = places_of(session, deed.site_id)
    move_stock(
        session,
        _why(deed, "returned", number),
        [
            Move(
                lot_id, quantity, places[stand[n - 1]], places[PlaceKind.MAKER], f"{deed.uid}/b{n}"
            )
            for n, (lot_id, quantity) in enumerate(lines, 1)
        ],
        unbounded_places(places),
    )
    slip = ReturnSlip(
        hub_id=deed.hub_id,
        site_id=deed.site_id,
        maker_id=maker_id,
        uid=deed.uid,
        body_hash=body,
        number=number,
        day=deed.day,
        recorded_at=deed.recorded_at,
        actor=deed.actor,
    )
    session.add(slip)
    session.flush()
    session.add_all(
        ReturnSlipLine(slip_id=slip.id, n=n, lot_id=lot_id, quantity=quantity)
        for n, (lot_id, quantity) in enumerate(lines, 1)
    )
    session.flush()
    return slip


def buy_out(
    session: Session, deed: Deed, lot: LotFacts, quantity: int, unit_cost: int
) -> Consignment:
    """
    Buy consigned pieces: they go back to their maker on paper and come in as the hub's own.

    One transaction: a return slip, a new own lot of the same product, and what the maker is owed
    for them.
    """
    check_deed(deed)
    body = deed_hash(deed.site_id, lot.id, quantity, unit_cost, deed.day)
    there = session.scalar(select(Consignment).where(Consignment.uid == deed.uid))
    if there:
        check_same(there.body_hash, body)
        return there
    [locked] = lock_lots(session, deed.hub_id, ids=[lot.id])
    if locked.terms.regime is Regime.FIRM:
        raise Refusal("This lot is the hub's own already.", field="lot")
    if quantity < 1 or not 0 <= unit_cost * quantity <= LARGEST:
        raise Refusal("Say how many are bought, and for how much each.", field="quantity")
    agreement = agreement_on(session, lot.maker_id, deed.day)
    deed = booked(session, deed)
    _give_back(session, deed, lot.maker_id, [(lot.id, quantity)], [PlaceKind.SHELF], body)
    product = session.scalars(select(Product).where(Product.id == lot.product_id)).one()
    line = Delivered(
        product_id=product.id,
        quantity=quantity,
        kind=LotKind(lot.kind),
        unit_cost=unit_cost,
        title=lot.title,
        weights=lot.weights,
    )
    return _take_in(session, deed, agreement, [line], {product.id: product}, body, Regime.FIRM)
