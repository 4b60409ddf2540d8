"""What the pages of products show: the list as it was narrowed, and all that is known of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Terms
from almakane.cooperatives.models import Maker
from almakane.db import rows
from almakane.inventory.models import (
    ON_HAND,
    Lot,
    Photo,
    Place,
    Product,
    ProductPrice,
    ProductText,
    StockLevel,
)
from almakane.inventory.queries import frozen_terms
from almakane.web.texts import plain

LANGUAGES = ("fr", "ar", "en")
STATES = ("on_sale", "off_web", "off_sale", "none_left")
LACKS = ("photo", "story", "tax_class")


@dataclass(frozen=True, slots=True)
class Asked:
    """How the list was narrowed; empty where it was not."""

    words: str = ""
    category: str = ""
    maker_id: int | None = None
    state: str = ""
    lacks: str = ""


class Row(NamedTuple):
    """A product in the list."""

    product: Product
    title: str
    languages: tuple[str, ...]  # in which its title and its story are written
    on_hand: int


def find_product(session: Session, hub_id: int, product_id: int) -> Product | None:
    """A product of the hub."""
    product = session.get(Product, product_id)
    return product if product is not None and product.hub_id == hub_id else None


def list_products(
    session: Session, hub_id: int, asked: Asked, language: str, *, page: int, size: int
) -> tuple[list[Row], int]:
    """A page of the products that were asked for, newest first, and how many there are in all."""
    where = _where(session, hub_id, asked)
    count = session.scalar(select(func.count()).select_from(Product).where(*where)) or 0
    found = list(
        session.scalars(
            select(Product)
            .where(*where)
            .order_by(Product.id.desc())
            .limit(size)
            .offset((page - 1) * size)
        )
    )
    ids = [product.id for product in found]
    texts = texts_of(session, ids)
    held = on_hand_of(session, ids)
    return [
        Row(
            product,
            title_in(texts.get(product.id, {}), language) or product.code,
            written_in(texts.get(product.id, {})),
            held.get(product.id, 0),
        )
        for product in found
    ], count


def _where(session: Session, hub_id: int, asked: Asked) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [Product.hub_id == hub_id]
    if asked.category:
        where.append(Product.category == asked.category)
    if asked.maker_id is not None:
        where.append(Product.maker_id == asked.maker_id)
    if asked.words:
        where.append(Product.id.in_(_named(session, hub_id, asked.words)))
    on_hand = exists().where(
        Lot.product_id == Product.id,
        StockLevel.lot_id == Lot.id,
        StockLevel.quantity > 0,
        Place.id == StockLevel.place_id,
        Place.kind.in_(ON_HAND),
    )
    states = {
        "on_sale": Product.disabled_at.is_(None) & Product.off_web_at.is_(None),
        "off_web": Product.disabled_at.is_(None) & Product.off_web_at.is_not(None),
        "off_sale": Product.disabled_at.is_not(None),
        "none_left": ~on_hand,
    }
    stories = (
        select(func.count())
        .select_from(ProductText)
        .where(
            ProductText.product_id == Product.id, ProductText.title != "", ProductText.story != ""
        )
        .correlate(Product)
        .scalar_subquery()
    )
    lacks = {
        "photo": ~exists().where(Photo.product_id == Product.id, Photo.retired_at.is_(None)),
        "story": stories < len(LANGUAGES),
        "tax_class": Product.tax_class.is_(None),
    }
    if asked.state:
        where.append(states[asked.state])
    if asked.lacks:
        where.append(lacks[asked.lacks])
    return where


def _named(session: Session, hub_id: int, words: str) -> list[int]:
    """
    The products whose code, title or technique has each of those words, however they are spelt.

    Neither database folds accents and Arabic letters by itself, so that is done here.
    """
    wanted = plain(words).split()
    told: dict[int, list[str]] = {}
    for product_id, *texts in session.execute(
        select(Product.id, Product.code, Product.technique).where(Product.hub_id == hub_id)
    ):
        told[product_id] = [*texts]
    for product_id, title in session.execute(
        select(ProductText.product_id, ProductText.title)
        .join(Product, Product.id == ProductText.product_id)
        .where(Product.hub_id == hub_id)
    ):
        told[product_id].append(title)
    found = []
    for product_id, texts in told.items():
        whole = plain(" ".join(texts))
        if wanted and all(word in whole for word in wanted):
            found.append(product_id)
    return found


def texts_of(session: Session, ids: Iterable[int]) -> dict[int, dict[str, ProductText]]:
    """Product to language to its text."""
    wanted = sorted(set(ids))
    found: dict[int, dict[str, ProductText]] = {}
    if wanted:
        for text in session.scalars(select(ProductText).where(ProductText.product_id.in_(wanted))):
            found.setdefault(text.product_id, {})[text.language] = text
    return found


def title_in(texts: dict[str, ProductText], language: str) -> str:
    """A title in that language, else in French, else in any."""
    for wanted in (language, "fr", *LANGUAGES):
        if wanted in texts and texts[wanted].title:
            return texts[wanted].title
    return ""


def written_in(texts: dict[str, ProductText]) -> tuple[str, ...]:
    """The languages in which both title and story are there."""
    return tuple(
        code for code in LANGUAGES if code in texts and texts[code].title and texts[code].story
    )


def on_hand_of(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """Product to how many of it the house has."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = session.execute(
        select(Lot.product_id, func.sum(StockLevel.quantity))
        .join(StockLevel, StockLevel.lot_id == Lot.id)
        .join(Place, Place.id == StockLevel.place_id)
        .where(Lot.product_id.in_(wanted), Place.kind.in_(ON_HAND), StockLevel.quantity > 0)
        .group_by(Lot.product_id)
    )
    return {product_id: int(quantity) for product_id, quantity in found}


class LiveLot(NamedTuple):
    """A lot of which something is on hand, with the terms it came in under."""

    id: int
    code: str
    quantity: int
    floor: int
    unit_cost: int
    version: int
    terms: Terms
    weights: dict[int, int]


_LIVE = """
SELECT lot.id, lot.code, SUM(l.quantity), lot.floor, lot.unit_cost, agreement.version, lot.regime,
       lot.commission_bp, agreement.discounts, agreement.card_fee_bp, agreement.card_fee_maker_bp,
       agreement.maker_vat_liable, agreement.paid_to, agreement.loss_bearer
FROM lot JOIN stock_level l ON l.lot_id = lot.id AND l.quantity > 0
JOIN place ON place.id = l.place_id JOIN agreement ON agreement.id = lot.agreement_id
WHERE lot.product_id = ? AND place.kind IN (??)
GROUP BY lot.id, lot.code, lot.floor, lot.unit_cost, agreement.version, lot.regime,
         lot.commission_bp, agreement.discounts, agreement.card_fee_bp,
         agreement.card_fee_maker_bp, agreement.maker_vat_liable, agreement.paid_to,
         agreement.loss_bearer
ORDER BY lot.id LIMIT ?
"""
_WEIGHTS = (
    "SELECT lot_id, artisan_id, weight FROM lot_artisan WHERE lot_id IN (??) "
    "ORDER BY lot_id, artisan_id"
)


def live_lots(session: Session, product_id: int, limit: int = 20) -> list[LiveLot]:
    """What is on hand of a product, oldest first: that is the order in which the web sells it."""
    found = rows(session, _LIVE, (product_id, [kind.value for kind in ON_HAND], limit))
    weights: dict[int, dict[int, int]] = {}
    if found:
        made: Any = rows(session, _WEIGHTS, ([row[0] for row in found],))
        for lot_id, artisan_id, weight in made:
            weights.setdefault(lot_id, {})[artisan_id] = weight
    return [
        LiveLot(
            *(row[0], row[1], int(row[2]), row[3], row[4], row[5]),
            frozen_terms(*row[6:]),
            weights.get(row[0], {}),
        )
        for row in found
    ]


def prices_of(session: Session, product_id: int, limit: int = 20) -> list[ProductPrice]:
    """The prices that a product was given, newest first."""
    return list(
        session.scalars(
            select(ProductPrice)
            .where(ProductPrice.product_id == product_id)
            .order_by(ProductPrice.id.desc())
            .limit(limit)
        )
    )


def makers_of(session: Session, hub_id: int) -> list[Maker]:
    """Every maker of the hub."""
    return list(session.scalars(select(Maker).where(Maker.hub_id == hub_id)))
