"""A basket as its page shows it: what there is of each piece now, and what changed since."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker, MakerText
from almakane.inventory.models import Product, ProductText
from almakane.inventory.photos import Shown, photos_of_products, shown
from almakane.shop.basket_cookie import Basket, Kept
from almakane.shop.ordering import Asked, hold_uids
from almakane.shop.stock import free_lots


class Seen(NamedTuple):
    """A line of the basket, and what became of it since it was put there."""

    product_id: int
    title: str
    maker: str
    picture: Shown
    grams: int | None
    wanted: int
    quantity: int  # how many can be had of those
    free: int
    price: int
    price_before: int | None  # where it was another one
    is_gone: bool

    @property
    def total(self) -> int:
        """What can be had of it, in centimes."""
        return self.price * self.quantity

    @property
    def is_short(self) -> bool:
        """Whether there are fewer than were wanted, but some."""
        return not self.is_gone and self.quantity < self.wanted


class View(NamedTuple):
    """All lines, and the basket as it can be had."""

    lines: list[Seen]

    @property
    def goods(self) -> int:
        """What can be had of it, in centimes."""
        return sum(line.total for line in self.lines)

    @property
    def tells(self) -> bool:
        """Whether the page says of some line what became of it."""
        return any(
            line.is_gone or line.is_short or line.price_before is not None for line in self.lines
        )

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What a checkout would ask for."""
        there = [line for line in self.lines if not line.is_gone]
        return tuple(Asked(line.product_id, line.quantity, line.price) for line in there)

    @property
    def basket(self) -> Basket:
        """The basket once its visitor has read this: today's prices, and what there is."""
        return Basket(
            tuple(
                Kept(line.product_id, line.quantity or line.wanted, line.price)
                for line in self.lines
            )
        )


def view_basket(
    session: Session,
    hub_id: int,
    site_id: int,
    lines: Sequence[Kept | Asked],
    language: str,
    *,
    now: datetime,
    own: str = "",
) -> View:
    """
    The lines of a basket or of a checkout, as they stand now.

    `own` is the uid of the visitor's checkout, whose claims are no reason to tell them that a piece
    is gone. What is not of this hub, or was never there, is left out.
    """
    wanted = [line.product_id for line in lines]
    if not wanted:
        return View([])
    found = session.execute(
        select(Product, ProductText.title, Maker.name, MakerText.name)
        .join(Maker, Maker.id == Product.maker_id)
        .outerjoin(
            ProductText,
            (ProductText.product_id == Product.id) & (ProductText.language == language),
        )
        .outerjoin(MakerText, (MakerText.maker_id == Maker.id) & (MakerText.language == language))
        .where(Product.id.in_(wanted), Product.hub_id == hub_id)
        .execution_options(populate_existing=True)
    )
    products = {row[0].id: row for row in found}
    photos = photos_of_products(session, products)
    lots = free_lots(session, hub_id, site_id, products, now, hold_uids(own) if own else ())
    titles = _any_titles(session, [id for id, row in products.items() if not row[1]])
    seen = []
    for line in lines:
        if line.product_id not in products:
            continue
        product, title, maker, maker_here = products[line.product_id]
        is_off = bool(product.disabled_at or product.off_web_at)
        free = 0 if is_off else sum(lot.free for lot in lots[product.id])
        words = title or titles.get(product.id, product.code)
        seen.append(
            Seen(
                product.id,
                words,
                maker_here or maker,
                shown(next(iter(photos[product.id]), None), product.category, words, language),
                product.weight_grams,
                line.quantity,
                min(line.quantity, free),
                free,
                product.price,
                line.price if line.price != product.price else None,
                free < 1,
            )
        )
    return View(seen)


def _any_titles(session: Session, product_ids: list[int]) -> dict[int, str]:
    """A title in whatever language there is one, French first."""
    if not product_ids:
        return {}
    found = session.execute(
        select(ProductText.product_id, ProductText.title)
        .where(ProductText.product_id.in_(product_ids))
        .order_by(ProductText.language == "fr")
    )
    return {row.product_id: row.title for row in found}
