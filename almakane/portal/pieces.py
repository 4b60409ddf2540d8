"""Where a maker's pieces are, and what became of each: read from the stock book."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PricedLine, Regime, Shares, Terms, share
from almakane.cooperatives.models import Agreement
from almakane.db import rows
from almakane.hubs.queries import rules_on, vat_rate
from almakane.inventory.models import (
    ON_HAND,
    Consignment,
    Intake,
    IntakeState,
    Lot,
    LotArtisan,
    PlaceKind,
    Product,
    ReturnSlip,
)
from almakane.money import allocate
from almakane.portal.queries import Whose, as_day

_ON_HAND = ", ".join(f"'{kind.value}'" for kind in ON_HAND)


class Where(StrEnum):
    """What a list of pieces may be narrowed to."""

    HERE = "here"
    SOLD = "sold"
    BACK = "back"  # with their maker again
    LOST = "lost"
    DUE = "due"  # to be fetched soon


# Bought pieces are the house's own goods, and no longer a maker's to follow.
_LOTS = "lot.regime <> 'C'"
_OF_ARTISAN = "EXISTS (SELECT 1 FROM lot_artisan m WHERE m.lot_id = lot.id AND m.artisan_id = ?)"
_AT = """EXISTS (SELECT 1 FROM stock_level l JOIN place ON place.id = l.place_id
    WHERE l.lot_id = lot.id AND l.quantity > 0 AND place.kind IN ({}))"""
_IS_HERE = _AT.format(_ON_HAND)
_IS = {
    Where.HERE: _IS_HERE,
    Where.SOLD: _AT.format("'buyer'"),
    Where.BACK: "EXISTS (SELECT 1 FROM return_slip_line r WHERE r.lot_id = lot.id)",
    Where.LOST: "EXISTS (SELECT 1 FROM loss WHERE loss.lot_id = lot.id)",
    Where.DUE: f"lot.due_back_on <= ? AND {_IS_HERE}",
}


def _which(whose: Whose, where: Where | None = None, until: date | None = None) -> tuple[str, Any]:
    """The condition on a lot that makes it one of the reader's, and its values."""
    condition, values = _LOTS, list[Any]()
    if whose.artisan_id is not None:
        condition += f" AND {_OF_ARTISAN}"
        values.append(whose.artisan_id)
    if where is not None:
        condition += f" AND {_IS[where]}"
        values += [until.isoformat()] if where is Where.DUE and until else []
    return condition, values


class Piece(NamedTuple):
    """A product with how many of it are where; the price is per unit, in centimes."""

    product_id: int
    code: str
    title: str
    category: str
    price: int
    here: int
    sold: int
    back: int
    lost: int


_PRODUCTS = """
SELECT p.id, p.code, p.category, p.price FROM product p
WHERE p.maker_id = ? AND EXISTS (
    SELECT 1 FROM lot WHERE lot.product_id = p.id AND {})
ORDER BY p.id DESC LIMIT ? OFFSET ?
"""
_COUNTS = f"""
SELECT lot.product_id, SUM(CASE WHEN place.kind IN ({_ON_HAND}) THEN l.quantity ELSE 0 END),
       SUM(CASE WHEN place.kind = 'buyer' THEN l.quantity ELSE 0 END)
FROM lot JOIN stock_level l ON l.lot_id = lot.id JOIN place ON place.id = l.place_id
WHERE lot.product_id IN (??) AND {{}} GROUP BY lot.product_id
"""
_ENDED = """
SELECT lot.product_id, 'back', SUM(r.quantity) FROM lot
JOIN return_slip_line r ON r.lot_id = lot.id
WHERE lot.product_id IN (??) AND {} GROUP BY lot.product_id
UNION ALL
SELECT lot.product_id, 'lost', SUM(loss.quantity) FROM lot JOIN loss ON loss.lot_id = lot.id
WHERE lot.product_id IN (??) AND {} GROUP BY lot.product_id
"""
_TITLES = """
SELECT p.id, COALESCE(said.title, told.title,
    (SELECT lot.title FROM lot WHERE lot.product_id = p.id ORDER BY lot.id DESC LIMIT 1))
FROM product p
LEFT JOIN product_text said ON said.product_id = p.id AND said.language = ?
LEFT JOIN product_text told ON told.product_id = p.id AND told.language = 'fr'
WHERE p.id IN (??)
"""


def pieces_of(
    session: Session,
    whose: Whose,
    language: str,
    *,
    where: Where | None = None,
    until: date | None = None,
    limit: int,
    offset: int = 0,
) -> list[Piece]:
    """The reader's products that came in, newest first; `until` is the last day of what is due."""
    condition, values = _which(whose, where, until)
    found = rows(session, _PRODUCTS.format(condition), (whose.maker_id, *values, limit, offset))
    if not found:
        return []
    ids = [row[0] for row in found]
    of, mine = _which(whose)
    levels = {row[0]: row[1:] for row in rows(session, _COUNTS.format(of), (ids, *mine))}
    ended = {
        (product, how): int(count)
        for product, how, count in rows(session, _ENDED.format(of, of), (ids, *mine, ids, *mine))
    }
    titles = dict(rows(session, _TITLES, (language, ids)))
    return [
        Piece._make(
            (
                *(number, code, titles[number] or code, category, price),
                *map(int, levels.get(number, (0, 0))),
                ended.get((number, "back"), 0),
                ended.get((number, "lost"), 0),
            )
        )
        for number, code, category, price in found
    ]


class House(NamedTuple):
    """How many pieces the house has, how many of them are due back, and by when the first."""

    pieces: int
    due: int
    due_on: date | None


_HOUSE = """
SELECT COALESCE(SUM(l.quantity), 0),
       COALESCE(SUM(CASE WHEN lot.due_back_on <= ? THEN l.quantity ELSE 0 END), 0),
       MIN(CASE WHEN lot.due_back_on <= ? THEN lot.due_back_on END)
FROM product p JOIN lot ON lot.product_id = p.id
JOIN stock_level l ON l.lot_id = lot.id AND l.quantity > 0 JOIN place ON place.id = l.place_id
WHERE p.maker_id = ? AND place.kind IN (??) AND {}
"""


def in_the_house(session: Session, whose: Whose, until: date) -> House:
    """What the house has of the reader's, and what of it is to be fetched up to a day."""
    condition, values = _which(whose)
    day = until.isoformat()
    kinds = [kind.value for kind in ON_HAND]
    found = rows(session, _HOUSE.format(condition), (day, day, whose.maker_id, kinds, *values))
    [(pieces, due, on)] = found
    return House(int(pieces), int(due), as_day(on) if on else None)


# One piece


class Came(NamedTuple):
    """A lot: with which delivery it came, under which terms, and where how many of it are."""

    lot: Lot
    consignment: Consignment
    agreement: Agreement
    at: dict[PlaceKind, int]
    weights: dict[int, int]  # artisan to her part, in the order of their numbers


def find_product(session: Session, whose: Whose, code: str) -> Product | None:
    """A product of the maker's by its code; whether the reader has a part in it is not said."""
    return session.scalar(
        select(Product).where(
            Product.hub_id == whose.hub_id,
            Product.maker_id == whose.maker_id,
            Product.code == code,
        )
    )


_LEVELS = """
SELECT l.lot_id, place.kind, SUM(l.quantity) FROM stock_level l
JOIN place ON place.id = l.place_id WHERE l.lot_id IN (??) AND l.quantity <> 0
GROUP BY l.lot_id, place.kind
"""


def lots_of(session: Session, whose: Whose, product: Product, limit: int) -> list[Came]:
    """The last deliveries of a product that the reader has a part in, newest first."""
    wanted = (
        select(Lot, Consignment, Agreement)
        .join(Consignment, Consignment.id == Lot.consignment_id)
        .join(Agreement, Agreement.id == Lot.agreement_id)
        .where(Lot.product_id == product.id, Lot.regime != Regime.FIRM)
    )
    if whose.artisan_id is not None:
        wanted = wanted.join(
            LotArtisan,
            (LotArtisan.lot_id == Lot.id) & (LotArtisan.artisan_id == whose.artisan_id),
        )
    found = session.execute(wanted.order_by(Lot.id.desc()).limit(limit)).all()
    ids = [lot.id for lot, _consignment, _agreement in found]
    if not ids:
        return []
    at: dict[int, dict[PlaceKind, int]] = {}
    for lot_id, kind, quantity in rows(session, _LEVELS, (ids,)):
        at.setdefault(lot_id, {})[PlaceKind(kind)] = int(quantity)
    weights = weights_of(session, ids)
    return [
        Came(lot, consignment, agreement, at.get(lot.id, {}), weights.get(lot.id, {}))
        for lot, consignment, agreement in found
    ]


_WEIGHTS = """
SELECT lot_id, artisan_id, weight FROM lot_artisan WHERE lot_id IN (??)
ORDER BY lot_id, artisan_id
"""


def weights_of(session: Session, lot_ids: list[int]) -> dict[int, dict[int, int]]:
    """Lot to its artisans and their weights."""
    weights: dict[int, dict[int, int]] = {}
    for lot_id, artisan, weight in rows(session, _WEIGHTS, (lot_ids,)):
        weights.setdefault(lot_id, {})[artisan] = int(weight)
    return weights


class Event(StrEnum):
    """What happened to a piece, in the words of its maker."""

    RECEIVED = "received"
    SOLD = "sold"
    CAME_BACK = "came_back"  # its buyer brought it back
    DAMAGED = "damaged"
    LOST = "lost"
    FOUND = "found"
    GIVEN_BACK = "given_back"  # to its maker


class Happened(NamedTuple):
    """One thing that happened to a lot; `line` is the one of the money book that it is of."""

    day: date
    event: Event
    quantity: int
    document: str
    line: str


_MOVES = """
SELECT m.id, m.lot_id, m.quantity, m.document, m.day, m.uid, source.kind, target.kind
FROM stock_move m JOIN place source ON source.id = m.source_id
JOIN place target ON target.id = m.target_id
WHERE m.lot_id IN (??) ORDER BY m.id DESC LIMIT ?
"""


def life_of(session: Session, lot_ids: list[int], limit: int) -> list[Happened]:
    """The last things that happened to lots, newest first; moves within the house say nothing."""
    happened: list[Happened] = []
    for _id, _lot, quantity, document, day, uid, source, target in rows(
        session, _MOVES, (lot_ids, limit)
    ):
        event = _event(PlaceKind(source), PlaceKind(target))
        if event is None:
            continue
        deed, n = (*uid.split("/"), "")[:2]
        line = f"{deed}/1" if n == "l" else f"{deed}/{n}"
        told = Happened(as_day(day), event, int(quantity), document, line)
        before = happened[-1] if happened else None
        if before and before[4:] == told[4:] and before.event is event:  # from two places at once
            happened[-1] = before._replace(quantity=before.quantity + told.quantity)
        else:
            happened.append(told)
    return happened


_BY_SOURCE = {PlaceKind.MAKER: Event.RECEIVED}
_BY_TARGET = {
    PlaceKind.MAKER: Event.GIVEN_BACK,
    PlaceKind.BUYER: Event.SOLD,
    PlaceKind.LOST: Event.LOST,
    PlaceKind.DAMAGED: Event.DAMAGED,
}


def _event(source: PlaceKind, target: PlaceKind) -> Event | None:
    """What a move means to a maker; what is brought back damaged is brought back."""
    if source is PlaceKind.BUYER and target is not PlaceKind.MAKER:
        return Event.CAME_BACK
    if source is PlaceKind.LOST and target in ON_HAND:
        return Event.FOUND
    return _BY_SOURCE.get(source) or _BY_TARGET.get(target)


class Promise(NamedTuple):
    """Where a piece's price would go if it were sold today, and an artisan's part of the net."""

    shares: Shares
    mine: int


def promise_of(session: Session, whose: Whose, product: Product, came: Came, day: date) -> Promise:
    """The price of today divided by the terms that a lot came under."""
    terms = _terms(came)
    rules = rules_on(session, whose.hub_id, day)
    tax_bp = 0
    if terms.regime is Regime.COMMISSIONNAIRE and rules.vat_liable:
        tax_bp = vat_rate(rules, product.tax_class)
    price = PricedLine(product.price, product.price, tax_bp=tax_bp)
    shares = share(price, terms, rules.vat_bp * rules.vat_liable)
    mine = shares.net
    if whose.artisan_id is not None:
        parts = allocate(shares.net, list(came.weights.values()))
        mine = dict(zip(came.weights, parts, strict=True))[whose.artisan_id]
    return Promise(shares, mine)


def _terms(came: Came) -> Terms:
    agreement = came.agreement
    return Terms(
        regime=came.lot.regime,
        commission_bp=came.lot.commission_bp,
        discounts=agreement.discounts,
        card_fee_bp=agreement.card_fee_bp,
        card_fee_maker_bp=agreement.card_fee_maker_bp,
        maker_vat_liable=agreement.maker_vat_liable,
        paid_to=agreement.paid_to,
        loss_bearer=agreement.loss_bearer,
    )


_PRODUCTS_OF = "SELECT code, product_id FROM lot WHERE hub_id = ? AND code IN (??)"


def products_of(session: Session, hub_id: int, codes: Iterable[str]) -> dict[str, int]:
    """A lot's code to the number of its product."""
    wanted = sorted(set(codes))
    return dict(rows(session, _PRODUCTS_OF, (hub_id, wanted))) if wanted else {}


def find_lot(session: Session, whose: Whose, code: str) -> Lot | None:
    """A lot of the maker's by the code of its label."""
    return session.scalar(
        select(Lot).where(
            Lot.hub_id == whose.hub_id, Lot.code == code, Lot.maker_id == whose.maker_id
        )
    )


# Deliveries


class Announced(NamedTuple):
    """A delivery that was said to come: how far it is, and when it was taken in, its number."""

    id: int
    state: IntakeState
    expected_on: date | None
    begun_on: date
    pieces: int
    number: str | None
    received_on: date | None


_ANNOUNCED = """
SELECT i.id, i.state, i.expected_on, i.begun_at,
       (SELECT COALESCE(SUM(COALESCE(l.counted, l.announced)), 0) FROM intake_line l
        WHERE l.intake_id = i.id AND l.dropped_at IS NULL), c.number, c.day
FROM intake i LEFT JOIN consignment c ON c.id = i.consignment_id
WHERE i.maker_id = ? AND i.by_maker ORDER BY i.id DESC LIMIT ?
"""


def announced_by(session: Session, maker_id: int, limit: int) -> list[Announced]:
    """What a maker has announced, newest first."""
    return [
        Announced(
            number,
            IntakeState(state),
            as_day(expected) if expected else None,
            as_day(str(begun)[:10]),
            int(pieces),
            delivery,
            as_day(day) if day else None,
        )
        for number, state, expected, begun, pieces, delivery, day in rows(
            session, _ANNOUNCED, (maker_id, limit)
        )
    ]


def find_announced(session: Session, whose: Whose, intake_id: int) -> Intake | None:
    """A delivery that the maker has announced herself."""
    return session.scalar(
        select(Intake).where(
            Intake.id == intake_id,
            Intake.hub_id == whose.hub_id,
            Intake.maker_id == whose.maker_id,
            Intake.by_maker.is_(True),
        )
    )


class Delivered(NamedTuple):
    """A delivery, or pieces that went back: its number, its day, how many pieces."""

    number: str
    day: date
    pieces: int


_DELIVERIES = """
SELECT c.number, c.day, (SELECT COALESCE(SUM(lot.quantity), 0) FROM lot
    WHERE lot.consignment_id = c.id)
FROM consignment c WHERE c.maker_id = ? ORDER BY c.id DESC LIMIT ? OFFSET ?
"""
_RETURNS = """
SELECT s.number, s.day, (SELECT COALESCE(SUM(l.quantity), 0) FROM return_slip_line l
    WHERE l.slip_id = s.id)
FROM return_slip s WHERE s.hub_id = ? AND s.maker_id = ? ORDER BY s.id DESC LIMIT ?
"""


def deliveries_of(session: Session, maker_id: int, limit: int, offset: int = 0) -> list[Delivered]:
    """What a maker left, newest first."""
    return _delivered(rows(session, _DELIVERIES, (maker_id, limit, offset)))


def returns_of(session: Session, whose: Whose, limit: int) -> list[Delivered]:
    """What went back to a maker, newest first."""
    return _delivered(rows(session, _RETURNS, (whose.hub_id, whose.maker_id, limit)))


def _delivered(found: Sequence[Any]) -> list[Delivered]:
    return [Delivered(number, as_day(day), int(pieces)) for number, day, pieces in found]


def titles_of(session: Session, language: str, product_ids: list[int]) -> dict[int, str]:
    """A product's number to what it is called in a language, or else in French."""
    return dict(rows(session, _TITLES, (language, product_ids))) if product_ids else {}


def find_own_consignment(session: Session, whose: Whose, number: str) -> Consignment | None:
    """A delivery of the maker's by its number."""
    return session.scalar(
        select(Consignment).where(
            Consignment.hub_id == whose.hub_id,
            Consignment.maker_id == whose.maker_id,
            Consignment.number == number,
        )
    )


def find_own_return(session: Session, whose: Whose, number: str) -> ReturnSlip | None:
    """A return slip of the maker's by its number."""
    return session.scalar(
        select(ReturnSlip).where(
            ReturnSlip.hub_id == whose.hub_id,
            ReturnSlip.maker_id == whose.maker_id,
            ReturnSlip.number == number,
        )
    )
