"""All that ever happened to a lot, in one row of moments, and what is where now."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Agreement, Artisan, Maker
from almakane.db import rows
from almakane.inventory.lots import HubPlace
from almakane.inventory.models import (
    Consignment,
    Finding,
    Hold,
    Loss,
    Lot,
    LotArtisan,
    Product,
    ProductPrice,
    ReturnSlip,
)

MOVES = 200  # of a batch that sells for years, on one page
_BESIDE = 100  # claims and scans


class Happened(NamedTuple):
    """One moment of a lot: what, how many, from where to where, by whose hand, on which paper."""

    at: datetime
    what: str
    quantity: int
    source: HubPlace | None
    target: HubPlace | None
    document: str
    actor: str
    note: str = ""
    day: Any = None  # the trading day, for what is in the books
    amount: int | None = None  # a new price, in centimes


@dataclass(frozen=True, slots=True)
class Life:
    """A lot with everything that is known of it."""

    lot: Lot
    product: Product
    maker: Maker
    consignment: Consignment
    agreement: Agreement
    artisans: list[tuple[Artisan, int]]
    levels: list[tuple[HubPlace, int]]
    holds: list[Hold]  # that live
    happened: list[Happened]  # the newest first
    losses: list[Loss]
    before: int | None  # the id of the oldest move that is shown, if there are older ones

    def there(self, *kinds: str) -> int:
        """How much of it stands at places of those kinds, at all sites."""
        return sum(count for place, count in self.levels if place.kind.value in kinds)


_MOVES = """
SELECT id, quantity, source_id, target_id, reason, document, happened_at, day, actor
FROM stock_move WHERE lot_id = ? AND id < ? ORDER BY id DESC LIMIT ?
"""
_SCANS = """
SELECT scan.scanned_at, scan.quantity, scan.place_id, counted.number, scan.actor,
       undo.id IS NOT NULL
FROM count_scan scan JOIN stock_count counted ON counted.id = scan.count_id
LEFT JOIN count_scan undo ON undo.undoes_id = scan.id
WHERE scan.lot_id = ? AND scan.undoes_id IS NULL ORDER BY scan.id DESC LIMIT ?
"""


def life_of(
    session: Session, lot: Lot, places: dict[int, HubPlace], now: datetime, before: int | None
) -> Life:
    """The whole life of a lot, or the part of it that is older than a move."""
    moves = rows(session, _MOVES, (lot.id, before or 2**62, MOVES + 1))
    shown, older = moves[:MOVES], len(moves) > MOVES
    losses = list(session.scalars(select(Loss).where(Loss.lot_id == lot.id).order_by(Loss.id)))
    findings = list(
        session.scalars(
            select(Finding).join(Loss, Loss.id == Finding.loss_id).where(Loss.lot_id == lot.id)
        )
    )
    notes = {loss.number: loss.cause for loss in losses}
    notes |= {finding.number: finding.how for finding in findings}
    stolen = {loss.number for loss in losses if loss.stolen}
    happened = []
    for _id, quantity, source, target, reason, document, at, day, actor in shown:
        what = "stolen" if document in stolen and reason == "lost" else reason
        happened.append(
            Happened(
                *(_moment(at), what, int(quantity), places.get(source), places.get(target)),
                *(document, actor, notes.get(document, ""), day),
            )
        )
    holds = list(
        session.scalars(
            select(Hold).where(Hold.lot_id == lot.id).order_by(Hold.id.desc()).limit(_BESIDE)
        )
    )
    if before is None:
        happened += _claims(holds)
        happened += [
            Happened(
                _moment(at),
                "unscanned" if undone else "scanned",
                int(quantity),
                None,
                places.get(place),
                number,
                actor,
            )
            for at, quantity, place, number, actor, undone in rows(
                session, _SCANS, (lot.id, _BESIDE)
            )
        ]
        happened += _prices(session, lot.product_id, happened)
        happened.sort(key=lambda one: one.at, reverse=True)
    artisans = session.execute(
        select(Artisan, LotArtisan.weight)
        .join(LotArtisan, LotArtisan.artisan_id == Artisan.id)
        .where(LotArtisan.lot_id == lot.id)
        .order_by(Artisan.id)
    )
    found = rows(
        session,
        "SELECT place_id, quantity FROM stock_level WHERE lot_id = ? AND quantity <> 0 "
        "ORDER BY place_id",
        (lot.id,),
    )
    return Life(
        lot=lot,
        product=session.get_one(Product, lot.product_id),
        maker=session.get_one(Maker, lot.maker_id),
        consignment=session.get_one(Consignment, lot.consignment_id),
        agreement=session.get_one(Agreement, lot.agreement_id),
        artisans=[(artisan, weight) for artisan, weight in artisans],
        levels=[(places[place], int(quantity)) for place, quantity in found],
        holds=[
            hold
            for hold in holds
            if hold.ended_at is None and (hold.expires_at is None or hold.expires_at > now)
        ],
        happened=happened,
        losses=losses,
        before=shown[-1][0] if older else None,
    )


def _prices(session: Session, product_id: int, happened: list[Happened]) -> list[Happened]:
    """What its product was priced anew at, since the lot is here."""
    first = min((one.at for one in happened), default=None)
    changes = session.scalars(
        select(ProductPrice)
        .where(ProductPrice.product_id == product_id, ProductPrice.before.is_not(None))
        .order_by(ProductPrice.id.desc())
        .limit(_BESIDE)
    )
    return [
        Happened(
            *(change.recorded_at, "priced", 0, None, None, "", change.actor),
            amount=change.price,
        )
        for change in changes
        if first is None or change.recorded_at >= first
    ]


def _claims(holds: list[Hold]) -> list[Happened]:
    claims = []
    for hold in holds:
        claims.append(Happened(hold.placed_at, "held", hold.quantity, None, None, hold.uid, ""))
        if hold.ended_at and hold.ended_by:
            ended = f"hold_{hold.ended_by.value}"
            claims.append(Happened(hold.ended_at, ended, hold.quantity, None, None, hold.uid, ""))
    return claims


def _moment(told: Any) -> datetime:
    moment = datetime.fromisoformat(told) if isinstance(told, str) else told
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def find_loss(session: Session, hub_id: int, number: str) -> Loss | None:
    """A hub's loss by its number."""
    return session.scalar(select(Loss).where(Loss.hub_id == hub_id, Loss.number == number))


def findings_of(session: Session, loss: Loss) -> list[Finding]:
    """What was found of a loss again."""
    return list(
        session.scalars(select(Finding).where(Finding.loss_id == loss.id).order_by(Finding.id))
    )


def latest_returns(session: Session, hub_id: int, limit: int) -> list[ReturnSlip]:
    """The hub's return slips, the newest first."""
    return list(
        session.scalars(
            select(ReturnSlip)
            .where(ReturnSlip.hub_id == hub_id)
            .order_by(ReturnSlip.id.desc())
            .limit(limit)
        )
    )


# Transfers


class Carried(NamedTuple):
    """One move of a transfer, and whether it was taken back."""

    id: int
    code: str
    title: str
    quantity: int
    at: datetime
    actor: str
    is_undone: bool


class Trip(NamedTuple):
    """A transfer: its number, its ends, and what was carried, the newest first."""

    number: str
    source: HubPlace
    target: HubPlace
    moves: list[Carried]

    @property
    def pieces(self) -> int:
        """How many were carried and not taken back."""
        return sum(move.quantity for move in self.moves if not move.is_undone)


_TRIP = """
SELECT move.id, lot.code, lot.title, move.quantity, move.happened_at, move.actor,
       move.source_id, move.target_id, undo.id IS NOT NULL
FROM stock_move move JOIN lot ON lot.id = move.lot_id
LEFT JOIN stock_move undo ON undo.uid = move.uid || '/u'
WHERE move.hub_id = ? AND move.document = ? AND move.reason = 'transferred'
  AND move.uid LIKE '%/t' ORDER BY move.id DESC
"""


def find_trip(
    session: Session, hub_id: int, number: str, places: dict[int, HubPlace]
) -> Trip | None:
    """A hub's transfer by its number."""
    found = rows(session, _TRIP, (hub_id, number))
    if not found:
        return None
    moves = []
    for *told, at, actor, _source, _target, is_undone in found:
        cells: list[Any] = [*told, _moment(at), actor, bool(is_undone)]
        moves.append(Carried(*cells))
    return Trip(number, places[found[-1][6]], places[found[-1][7]], moves)


_NUMBERS = """
SELECT document, MIN(happened_at), COUNT(DISTINCT lot_id), MIN(actor), MIN(id)
FROM stock_move WHERE hub_id = ? AND reason = 'transferred' AND document IN (
    SELECT DISTINCT document FROM stock_move WHERE hub_id = ? AND reason = 'transferred'
    ORDER BY document DESC LIMIT ?)
GROUP BY document ORDER BY document DESC
"""


class TripRow(NamedTuple):
    """A transfer in the list."""

    number: str
    at: datetime
    lots: int
    actor: str
    source: HubPlace
    target: HubPlace


def latest_trips(
    session: Session, hub_id: int, places: dict[int, HubPlace], limit: int
) -> list[TripRow]:
    """The hub's latest transfers."""
    found = rows(session, _NUMBERS, (hub_id, hub_id, limit))
    if not found:
        return []
    ends = rows(
        session,
        "SELECT id, source_id, target_id FROM stock_move WHERE id IN (??)",
        ([row[4] for row in found],),
    )
    of = {move_id: (places[source], places[target]) for move_id, source, target in ends}
    return [
        TripRow(document, _moment(at), int(lots), actor, *of[first])
        for document, at, lots, actor, first in found
    ]


class Under(NamedTuple):
    """Pieces on their way to a site."""

    lot_id: int
    code: str
    title: str
    quantity: int
    place: HubPlace


_UNDER_WAY = """
SELECT lot.id, lot.code, lot.title, level.quantity, level.place_id
FROM stock_level level JOIN lot ON lot.id = level.lot_id
WHERE level.place_id IN (??) AND level.quantity <> 0 AND level.quantity > 0
ORDER BY level.place_id, lot.id DESC LIMIT ?
"""
MOST_UNDER_WAY = 200


def under_way(session: Session, places: dict[int, HubPlace]) -> list[Under]:
    """What is in transit, by the site that it goes to."""
    at = [place.id for place in places.values() if place.kind.value == "transit"]
    if not at:
        return []
    found = rows(session, _UNDER_WAY, (at, MOST_UNDER_WAY))
    return [
        Under(lot_id, code, title, int(quantity), places[place])
        for lot_id, code, title, quantity, place in found
    ]
