"""What staff do to a product: its facts, words, price and pictures, where it is for sale."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.amending import By, amend, put
from almakane.cooperatives.models import Maker
from almakane.db import rows
from almakane.errors import Refusal
from almakane.gateways.media import Picture
from almakane.inventory.models import (
    ON_HAND,
    Photo,
    PhotoForm,
    Product,
    ProductPrice,
    ProductText,
    TaxClass,
)
from almakane.inventory.services import add_product
from almakane.money import LARGEST, Sum

MOST_PHOTOS = 24

_FLOORS = """
SELECT lot.code, lot.floor FROM lot JOIN stock_level l ON l.lot_id = lot.id AND l.quantity > 0
JOIN place ON place.id = l.place_id
WHERE lot.product_id = ? AND place.kind IN (??) ORDER BY lot.floor DESC, lot.id LIMIT 1
"""


class Floor(NamedTuple):
    """The highest floor of what is on hand of a product, and the lot that has it."""

    code: str
    amount: int


class Words(NamedTuple):
    """What a product's page says in one language."""

    title: str = ""
    story: str = ""
    technique: str = ""
    materials: str = ""


class Facts(NamedTuple):
    """What is so of a product in any language."""

    category: str
    tax_class: TaxClass | None
    weight_grams: int | None
    width_mm: int | None
    height_mm: int | None
    depth_mm: int | None


def highest_floor(session: Session, product_id: int) -> Floor | None:
    """The least that a product's price may be, and why; none where nothing is on hand."""
    found = rows(session, _FLOORS, (product_id, [kind.value for kind in ON_HAND]))
    return Floor(found[0][0], int(found[0][1])) if found else None


def create_product(
    session: Session,
    maker: Maker,
    code: str,
    *,
    category: str,
    price: int,
    tax_class: TaxClass | None,
    title: str,
    day: date,
    by: By,
) -> Product:
    """Add a product with its first price; without a code it takes the maker's next one."""
    if price <= 0:
        raise Refusal("Write its price.", field="price")
    product = add_product(
        session,
        maker,
        code or _next_code(session, maker),
        category=category,
        price=price,
        tax_class=tax_class,
        texts={"fr": (title, "")},
    )
    _keep_price(session, product, None, day, by)
    amend(session, product.hub_id, ("product", product.id), "created", by)
    return product


def _next_code(session: Session, maker: Maker) -> str:
    """The maker's code and the number after those that are taken."""
    stem = maker.code[:14]
    taken = set(
        session.scalars(
            select(Product.code).where(
                Product.hub_id == maker.hub_id, Product.code.startswith(stem, autoescape=True)
            )
        )
    )
    number = 1
    while f"{stem}-{number:03d}" in taken:
        number += 1
    return f"{stem}-{number:03d}"


def set_price(session: Session, product: Product, price: int, *, day: date, by: By) -> bool:
    """
    Give a product another price from today on; False where it has that price already.

    Raises Refusal where a piece on hand may not be sold for so little. What was sold keeps its own.
    """
    session.refresh(product, with_for_update=True)
    if not 0 < price <= LARGEST:
        raise Refusal("A price is more than nothing.", field="price")
    if price == product.price:
        return False
    floor = highest_floor(session, product.id)
    if floor and price < floor.amount:
        raise Refusal(
            "Lot %(lot)s may not be sold under %(floor)s: its maker agreed to no less. The price"
            " stays as it was.",
            field="price",
            lot=floor.code,
            floor=Sum(floor.amount),
        )
    before, product.price = product.price, price
    _keep_price(session, product, before, day, by)
    return True


def _keep_price(session: Session, product: Product, before: int | None, day: date, by: By) -> None:
    session.add(
        ProductPrice(
            product_id=product.id,
            price=product.price,
            before=before,
            from_day=day,
            recorded_at=by.now,
            actor=by.actor,
        )
    )
    session.flush()


def write_texts(session: Session, product: Product, texts: Mapping[str, Words], by: By) -> None:
    """Write titles and stories anew; a language without any word has no row."""
    there = {
        text.language: text
        for text in session.scalars(
            select(ProductText).where(ProductText.product_id == product.id).with_for_update()
        )
    }
    if not texts["fr"].title:
        raise Refusal(
            "The French title is what receipts and slips say: write it.", field="title_fr"
        )
    changed: list[str] = []
    for language, words in texts.items():
        text = there.get(language)
        if text is None:
            if not any(words):
                continue
            text = ProductText(product_id=product.id, language=language, title="", story="")
            text.technique = text.materials = ""
            session.add(text)
        changed += [f"{name}_{language}" for name in put(text, **words._asdict())]
    put(product, technique=texts["fr"].technique)
    if changed:
        amend(session, product.hub_id, ("product", product.id), "texts", by, changed)


def write_facts(session: Session, product: Product, facts: Facts, by: By) -> None:
    """Change what is so of a product in any language."""
    if facts.tax_class is None and product.tax_class is not None:
        raise Refusal(
            "It has a tax class, and the till needs one: choose another, or leave it.",
            field="tax_class",
        )
    changed = put(product, **facts._asdict())
    session.flush()
    if changed:
        amend(session, product.hub_id, ("product", product.id), "facts", by, changed)


def offer(session: Session, product: Product, door: str, by: By, *, is_open: bool) -> None:
    """Put a product on sale or take it off: `door` is `all`, or `web` alone."""
    session.refresh(product, with_for_update=True)
    field = {"all": "disabled_at", "web": "off_web_at"}[door]
    if (getattr(product, field) is None) == is_open:
        return
    setattr(product, field, None if is_open else by.now)
    what = f"{'opened' if is_open else 'closed'}_{door}"
    amend(session, product.hub_id, ("product", product.id), what, by)


# Pictures, of a product or of a maker


class Of(NamedTuple):
    """Whose pictures: a product's, or a maker's."""

    hub_id: int
    product_id: int | None = None
    maker_id: int | None = None

    @property
    def subject(self) -> tuple[str, int]:
        """What the change is written under."""
        if self.product_id is not None:
            return "product", self.product_id
        return "maker", self.maker_id or 0


def add_photos(
    session: Session,
    of: Of,
    pictures: list[Picture],
    by: By,
    *,
    form: PhotoForm = PhotoForm.PHOTOGRAPH,
) -> int:
    """Add pictures behind those that are there; gives how many were new."""
    there = _photos(session, of)
    shown = [photo for photo in there if photo.retired_at is None]
    known = {photo.key for photo in shown}
    new = [picture for picture in dict.fromkeys(pictures) if picture.key not in known]
    if len(shown) + len(new) > MOST_PHOTOS:
        raise Refusal(
            "A page shows at most %(most)s pictures: retire some first. None was kept.",
            field="picture",
            most=MOST_PHOTOS,
        )
    last = max((photo.position for photo in there), default=0)
    for n, picture in enumerate(new, last + 1):
        session.add(
            Photo(
                hub_id=of.hub_id,
                product_id=of.product_id,
                maker_id=of.maker_id,
                form=form,
                key=picture.key,
                width=picture.width,
                height=picture.height,
                position=n,
                taken_in_at=by.now,
                actor=by.actor,
            )
        )
    if new:
        amend(session, of.hub_id, of.subject, "photos_added", by)
    return len(new)


def move_photo(session: Session, of: Of, photo_id: int, to: str, by: By) -> None:
    """Put a picture `first`, one place `earlier` or one `later`."""
    shown = [photo for photo in _photos(session, of) if photo.retired_at is None]
    photo = _one(shown, photo_id)
    at = shown.index(photo)
    target = {"first": 0, "earlier": max(at - 1, 0), "later": at + 1}[to]
    shown.insert(target, shown.pop(at))
    moved = False
    for position, each in enumerate(shown, 1):
        moved = bool(put(each, position=position)) or moved
    if moved:
        amend(session, of.hub_id, of.subject, "photos_ordered", by)


def retire_photo(session: Session, of: Of, photo_id: int, by: By) -> None:
    """Take a picture off the page; it stays, to be brought back."""
    photo = _one(_photos(session, of), photo_id)
    if photo.retired_at is None:
        photo.retired_at, photo.retired_by = by.now, by.actor
        amend(session, of.hub_id, of.subject, "photo_retired", by)


def bring_photo_back(session: Session, of: Of, photo_id: int, by: By) -> None:
    """Show a retired picture again, at its old place."""
    photos = _photos(session, of)
    photo = _one(photos, photo_id)
    if photo.retired_at is None:
        return
    if any(one.key == photo.key and one.retired_at is None for one in photos):
        raise Refusal("This picture is on the page already.", field="picture")
    photo.retired_at = photo.retired_by = None
    amend(session, of.hub_id, of.subject, "photo_back", by)


def describe_photo(
    session: Session, of: Of, photo_id: int, words: Mapping[str, str], by: By
) -> None:
    """Say what a picture shows, for who cannot see it."""
    photo = _one(_photos(session, of), photo_id)
    changed = put(photo, **{f"alt_{language}": said for language, said in words.items()})
    if changed:
        amend(session, of.hub_id, of.subject, "photo_described", by)


def _photos(session: Session, of: Of) -> list[Photo]:
    """All pictures, retired ones too, in their order; their owner's row is locked meanwhile."""
    owner: type[Product] | type[Maker] = Product if of.product_id is not None else Maker
    number = of.product_id if of.product_id is not None else of.maker_id
    session.get_one(owner, number, with_for_update=True)
    return list(
        session.scalars(
            select(Photo)
            .where(
                Photo.hub_id == of.hub_id,
                Photo.product_id == of.product_id,
                Photo.maker_id == of.maker_id,
            )
            .order_by(Photo.position, Photo.id)
        )
    )


def _one(photos: list[Photo], photo_id: int) -> Photo:
    for photo in photos:
        if photo.id == photo_id:
            return photo
    raise Refusal("This picture is no longer on the page.", field="picture")
