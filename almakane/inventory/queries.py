"""What the doors need to know of lots, read and locked in one order."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime, Terms
from almakane.db import Query, Remembered, locking, rows
from almakane.inventory.models import ON_HAND, Hold, PlaceKind

_LOTS = """
SELECT lot.id, lot.code, lot.title, lot.kind, lot.floor, lot.unit_cost, lot.quantity, lot.maker_id,
       lot.product_id, product.price, product.category, product.tax_class,
       product.disabled_at IS NOT NULL, agreement.return_days, lot.regime, lot.commission_bp,
       agreement.discounts,
       agreement.card_fee_bp, agreement.card_fee_maker_bp, agreement.maker_vat_liable,
       agreement.paid_to, agreement.loss_bearer
FROM lot JOIN product ON product.id = lot.product_id
JOIN agreement ON agreement.id = lot.agreement_id
WHERE lot.hub_id = ? AND {which} ORDER BY lot.id
"""
_BY_CODE = _LOTS.format(which="lot.code IN (??)")
_BY_ID = _LOTS.format(which="lot.id IN (??)")


_WEIGHTS = (
    "SELECT lot_id, artisan_id, weight FROM lot_artisan WHERE lot_id IN (??) "
    "ORDER BY lot_id, artisan_id"
)
_LEVELS = "SELECT lot_id, place_id, quantity FROM stock_level WHERE lot_id IN (??)"
LAST_ID = 2**63 - 1  # no row has a greater number, and no driver takes one
_ANY_HOLD = "SELECT 1 FROM hold WHERE ended_at IS NULL AND lot_id IN (??) LIMIT 1"

# Who made the lots, where they are and who has a claim on them, in one statement.
_ABOUT = """
SELECT 'weight', lot_id, artisan_id, weight FROM lot_artisan WHERE lot_id IN (??) UNION ALL
SELECT 'level', lot_id, place_id, quantity FROM stock_level WHERE lot_id IN (??) UNION ALL
SELECT 'claim', lot_id, id, quantity FROM hold WHERE ended_at IS NULL AND lot_id IN (??)
"""


class LotFacts(NamedTuple):
    """A lot with its frozen terms and today's list price; amounts per unit, in centimes."""

    id: int
    code: str
    title: str
    kind: str
    floor: int
    unit_cost: int
    quantity: int
    maker_id: int
    product_id: int
    price: int
    category: str
    tax_class: str | None
    is_disabled: bool
    return_days: int
    terms: Terms
    weights: dict[int, int]  # artisan id to weight, in the order of ids


def lock_lots(
    session: Session, hub_id: int, *, codes: list[str] | None = None, ids: list[int] | None = None
) -> list[LotFacts]:
    """
    The lots of those codes or ids, their rows locked in the order of ids until the commit.

    What guards a lot's levels and holds is this lock (on SQLite, the one writer).
    """
    if not (ids if codes is None else codes):
        return []
    found = rows(session, *lots_query(session, hub_id, codes=codes, ids=ids))
    weights = rows(session, _WEIGHTS, ([row[0] for row in found],)) if found else []
    return _all_facts(found, weights)


def facts_of(session: Session, hub_id: int, ids: list[int]) -> list[LotFacts]:
    """Lots by their ids, without a lock: for pages."""
    if not ids:
        return []
    found = rows(session, _BY_ID, (hub_id, sorted(set(ids))))
    weights = rows(session, _WEIGHTS, ([row[0] for row in found],)) if found else []
    return _all_facts(found, weights)


def lots_query(
    session: Session, hub_id: int, *, codes: list[str] | None = None, ids: list[int] | None = None
) -> Query:
    """What `lock_lots` asks first, for those who ask something else with it."""
    which: list[Any] = sorted(set(codes or ()))
    if codes is None:
        which = sorted({number for number in ids or () if 0 < number <= LAST_ID}) or [0]
    return Query(locking(session, _BY_ID if codes is None else _BY_CODE, "lot"), (hub_id, which))


class LockedLots(NamedTuple):
    """Lots, (lot, place) to quantity, and whether anybody has a claim on one of them."""

    lots: list[LotFacts]
    levels: dict[tuple[int, int], int]
    are_claimed: bool


def locked_lots(session: Session, found: list[Any]) -> LockedLots:
    """The lots that a `lots_query` has found and locked, with what the lock guards."""
    if not found:
        return LockedLots([], {}, False)
    ids = [row[0] for row in found]
    weights: list[Any] = []
    levels: dict[tuple[int, int], int] = {}
    are_claimed = False
    for what, lot, of, quantity in rows(session, _ABOUT, (ids, ids, ids)):
        if what == "level":
            levels[lot, of] = quantity
        elif what == "weight":
            weights.append((lot, of, quantity))
        else:
            are_claimed = True
    return LockedLots(_all_facts(found, sorted(weights)), levels, are_claimed)


def _all_facts(found: list[Any], weights: list[Any]) -> list[LotFacts]:
    of_lot: dict[int, dict[int, int]] = {}
    for lot_id, artisan_id, weight in weights:
        of_lot.setdefault(lot_id, {})[artisan_id] = weight
    return [_lot_facts(row, of_lot.get(row[0], {})) for row in found]


def _lot_facts(row: Any, weights: dict[int, int]) -> LotFacts:
    facts: list[Any] = [*row[:12], bool(row[12]), row[13], frozen_terms(*row[14:]), weights]
    return LotFacts(*facts)


@lru_cache(maxsize=2_000)  # there are as many as agreements, and they are frozen
def frozen_terms(
    regime: str,
    commission: int,
    discounts: str,
    card_bp: int,
    card_maker_bp: int,
    liable: int,
    paid_to: str,
    bearer: str,
) -> Terms:
    """The terms of a lot from the columns that it and its agreement froze them in."""
    return Terms(
        regime=Regime(regime),
        commission_bp=commission,
        discounts=Discounts(discounts),
        card_fee_bp=card_bp,
        card_fee_maker_bp=card_maker_bp,
        maker_vat_liable=bool(liable),
        paid_to=PaidTo(paid_to),
        loss_bearer=Bearer(bearer),
    )


_places: Remembered[int, dict[PlaceKind, int]] = Remembered()


def places_of(session: Session, site_id: int) -> dict[PlaceKind, int]:
    """The number of every kind of place at a site; they are made with it and never change."""
    places = _places.get(session, site_id)
    if places is None:
        found = rows(session, "SELECT kind, id FROM place WHERE site_id = ?", (site_id,))
        places = {PlaceKind(kind): place_id for kind, place_id in found}
        _places.put(session, site_id, places)
    return places


def levels_of(session: Session, lot_ids: list[int]) -> dict[tuple[int, int], int]:
    """(lot, place) to quantity, for lots that the caller has locked."""
    if not lot_ids:
        return {}
    found = rows(session, _LEVELS, (lot_ids,))
    return {(lot, place): quantity for lot, place, quantity in found}


class LiveHold(NamedTuple):
    """A claim that nobody has ended; whether it has run out is for the reader to see."""

    id: int
    lot_id: int
    quantity: int
    kind: str
    uid: str
    expires_at: datetime | None


def live_holds(session: Session, lot_ids: list[int]) -> list[LiveHold]:
    """The claims on those lots, oldest first."""
    if not lot_ids or not rows(session, _ANY_HOLD, (lot_ids,)):
        return []
    found = session.execute(
        select(Hold.id, Hold.lot_id, Hold.quantity, Hold.kind, Hold.uid, Hold.expires_at)
        .where(Hold.lot_id.in_(lot_ids), Hold.ended_at.is_(None))
        .order_by(Hold.id)
    )
    return [LiveHold(*row) for row in found]


def on_hand(session: Session, lot_id: int) -> int:
    """How much of a lot the house has, wherever it stands."""
    found = rows(
        session,
        "SELECT COALESCE(SUM(l.quantity), 0) FROM stock_level l JOIN place p ON p.id = l.place_id "
        "WHERE l.lot_id = ? AND p.kind IN (??)",
        (lot_id, [kind.value for kind in ON_HAND]),
    )
    return int(found[0][0])


class Held(NamedTuple):
    """How many lots of a maker the house has something of, and how many pieces in all."""

    lots: int
    pieces: int


_HELD = """
SELECT COUNT(DISTINCT lot.id), COALESCE(SUM(l.quantity), 0)
FROM product p JOIN lot ON lot.product_id = p.id
JOIN stock_level l ON l.lot_id = lot.id AND l.quantity > 0
JOIN place ON place.id = l.place_id
WHERE p.maker_id = ? AND place.kind IN (??)
"""


def held_of(session: Session, maker_id: int) -> Held:
    """What the house holds of a maker's, wherever it stands."""
    [(lots, pieces)] = rows(session, _HELD, (maker_id, [kind.value for kind in ON_HAND]))
    return Held(int(lots), int(pieces))


_TITLES = """
SELECT lot.code, said.title, told.title FROM lot
JOIN product_text said ON said.product_id = lot.product_id
JOIN product_text told ON told.product_id = lot.product_id AND told.language = ?
WHERE lot.hub_id = ? AND lot.code IN (??)
"""


def titles_in(
    session: Session, language: str, hub_id: int, codes: Iterable[str]
) -> dict[tuple[str, str], str]:
    """
    A lot's code and its product's title in any language to that title in this one.

    A lot with a title of its own is not in it: nobody has said that in another language.
    """
    wanted = sorted(set(codes))
    found = rows(session, _TITLES, (language, hub_id, wanted)) if wanted else ()
    return {(code, said): told for code, said, told in found}
