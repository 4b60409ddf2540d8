"""One piece: what the web would sell of it now, and where the money of its price would go."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime, Terms
from almakane.cooperatives.models import Artisan
from almakane.cooperatives.trial import Trial, Tried, try_price
from almakane.db import rows, utc_text
from almakane.errors import Refusal
from almakane.hubs.queries import rules_on, vat_rate
from almakane.inventory.holds import CLAIMABLE
from almakane.inventory.models import LotKind, PlaceKind, Product
from almakane.inventory.queries import frozen_terms


class WebLot(NamedTuple):
    """A lot of which something stands where the web may take it from, with its frozen terms."""

    id: int
    code: str
    kind: str
    title: str
    on_hand: int
    on_shelf: int
    held: int
    floor: int
    unit_cost: int
    agreed_on: date
    terms: Terms

    @property
    def free(self) -> int:
        """How many nobody has a claim on."""
        return max(self.on_hand - self.held, 0)

    @property
    def is_piece(self) -> bool:
        """Whether it is one of a kind."""
        return self.kind == LotKind.PIECE


_LOTS = """
SELECT lot.id, lot.code, lot.kind, lot.title, SUM(l.quantity),
       SUM(CASE WHEN place.kind = ? THEN l.quantity ELSE 0 END),
       (SELECT COALESCE(SUM(hold.quantity), 0) FROM hold WHERE hold.lot_id = lot.id
        AND hold.ended_at IS NULL AND (hold.expires_at IS NULL OR hold.expires_at > ?)),
       lot.floor, lot.unit_cost, agreement.valid_from, lot.regime, lot.commission_bp,
       agreement.discounts, agreement.card_fee_bp, agreement.card_fee_maker_bp,
       agreement.maker_vat_liable, agreement.paid_to, agreement.loss_bearer
FROM lot JOIN stock_level l ON l.lot_id = lot.id AND l.quantity > 0
JOIN place ON place.id = l.place_id JOIN agreement ON agreement.id = lot.agreement_id
WHERE lot.product_id = ? AND place.kind IN (??)
GROUP BY lot.id, lot.code, lot.kind, lot.title, lot.floor, lot.unit_cost, agreement.valid_from,
         lot.regime, lot.commission_bp, agreement.discounts, agreement.card_fee_bp,
         agreement.card_fee_maker_bp, agreement.maker_vat_liable, agreement.paid_to,
         agreement.loss_bearer
ORDER BY lot.id LIMIT ?
"""


def web_lots(session: Session, product_id: int, now: datetime, limit: int = 50) -> list[WebLot]:
    """What there is of a product for the web, the oldest first: in that order it is sold."""
    kinds = [kind.value for kind in CLAIMABLE]
    shelf = PlaceKind.SHELF.value
    found = rows(session, _LOTS, (shelf, utc_text(now), product_id, kinds, limit))
    return [
        WebLot._make(
            (
                *row[:4],
                *(int(row[4]), int(row[5]), int(row[6]), row[7], row[8], _day(row[9])),
                frozen_terms(*row[10:]),
            )
        )
        for row in found
    ]


def lot_to_sell(lots: list[WebLot]) -> WebLot | None:
    """The lot that the web would sell: the oldest of which something is free."""
    return next((lot for lot in lots if lot.free), None)


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Split:
    """Where the price of one goes, by the terms of the lot that is sold next."""

    price: int
    tried: Tried
    lot: WebLot
    members: list[tuple[str, int]]  # who made it, and what each has of it; none for one alone

    @property
    def is_own(self) -> bool:
        """Whether the house has bought the piece already."""
        return self.lot.terms.regime is Regime.FIRM


_WEIGHTS = "SELECT artisan_id, weight FROM lot_artisan WHERE lot_id = ? ORDER BY artisan_id"


def split_of(
    session: Session, product: Product, lot: WebLot, today: date, language: str
) -> Split | None:
    """Divide the price as the sale of that lot would, to the centime."""
    try:
        rules = rules_on(session, product.hub_id, today)
    except Refusal:
        return None  # no rules reach this day: nobody can say
    weights: dict[int, int] = dict(rows(session, _WEIGHTS, (lot.id,)))
    tried = try_price(
        lot.terms,
        Trial(
            price=product.price,
            paid=product.price,
            floor=lot.floor,
            goods_vat_bp=vat_rate(rules, product.tax_class),
            hub_vat_bp=rules.vat_bp if rules.vat_liable else 0,
            cost=lot.unit_cost,
            weights=weights if lot.terms.paid_to is PaidTo.MEMBERS else {},
        ),
    )
    people = names_of(session, list(weights), language)
    members = [(people[who], amount) for who, amount in tried.members.items() if who in people]
    return Split(product.price, tried, lot, members)


def names_of(session: Session, artisan_ids: list[int], language: str) -> dict[int, str]:
    """What artisans are called in a language."""
    if not artisan_ids:
        return {}
    found: Any = session.scalars(
        select(Artisan).where(Artisan.id.in_(artisan_ids)).order_by(Artisan.id)
    )
    return {one.id: (one.name_ar if language == "ar" else "") or one.name for one in found}


_MADE_BY = """
SELECT la.artisan_id FROM lot_artisan la JOIN lot ON lot.id = la.lot_id
WHERE lot.product_id = ? ORDER BY la.lot_id DESC, la.artisan_id LIMIT 12
"""


def made_by(session: Session, product_id: int, lot_id: int | None, language: str) -> list[str]:
    """The people who made it: of the lot that is sold next, else of its last one."""
    if lot_id is not None:
        ids = [row[0] for row in rows(session, _WEIGHTS, (lot_id,))]
    else:
        ids = list(dict.fromkeys(row[0] for row in rows(session, _MADE_BY, (product_id,))))
    return list(names_of(session, ids[:6], language).values())
