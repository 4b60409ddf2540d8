"""Pictures of products and makers: which ones there are, and what a page needs to show one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.gateways.media import WIDTHS, Picture, kept_size
from almakane.inventory.models import Photo, PhotoForm
from almakane.web.languages import static_url

# Crafts that have a drawing of their own in static/pictures/crafts; the others borrow one.
_DRAWN = {
    **{
        craft: craft
        for craft in (
            *("babouche", "basket", "caftan", "embroidery", "jewellery", "lantern"),
            *("pottery", "rug", "terroir", "thuya", "tray", "zellige"),
        )
    },
    "bag": "babouche",
    "cushion": "embroidery",
    "scarf": "embroidery",
    "soap": "terroir",
}
_ANY_CRAFT = "pottery"


class Shown(NamedTuple):
    """What the macro `photo` draws: addresses, the words for who cannot see, and the size."""

    src: str
    srcset: str
    alt: str
    width: int
    height: int
    is_stand_in: bool = False  # the craft's drawing, where nobody has taken a picture yet


def photos_of_products(session: Session, product_ids: Iterable[int]) -> dict[int, list[Photo]]:
    """Product to its pictures in their order, without those that were retired."""
    found: defaultdict[int, list[Photo]] = defaultdict(list)
    wanted = sorted(set(product_ids))
    if not wanted:
        return found
    for photo in session.scalars(
        select(Photo)
        .where(Photo.product_id.in_(wanted), Photo.retired_at.is_(None))
        .order_by(Photo.product_id, Photo.position, Photo.id)
    ):
        found[photo.product_id or 0].append(photo)
    return found


def photos_of_makers(session: Session, maker_ids: Iterable[int]) -> dict[int, list[Photo]]:
    """Maker to her pictures in their order, without those that were retired."""
    found: defaultdict[int, list[Photo]] = defaultdict(list)
    wanted = sorted(set(maker_ids))
    if not wanted:
        return found
    for photo in session.scalars(
        select(Photo)
        .where(Photo.maker_id.in_(wanted), Photo.retired_at.is_(None))
        .order_by(Photo.maker_id, Photo.position, Photo.id)
    ):
        found[photo.maker_id or 0].append(photo)
    return found


def shown(photo: Photo | None, craft: str, alt: str, language: str) -> Shown:
    """
    How a picture is shown, or the drawing of its craft where there is none.

    `alt` says what it shows where nobody wrote that in this language: the title of the piece.
    """
    if photo is None:
        drawn = _DRAWN.get(craft, _ANY_CRAFT)
        return Shown(static_url(f"pictures/crafts/{drawn}.svg"), "", alt, 400, 500, True)
    words = {"fr": photo.alt_fr, "ar": photo.alt_ar, "en": photo.alt_en}.get(language) or alt
    if photo.form is PhotoForm.DRAWING:
        src = url_for("media.show_picture", name=f"{photo.key}.svg")
        return Shown(src, "", words, photo.width, photo.height)
    files = {
        kept_size((photo.width, photo.height), width)[0]: url_for(
            "media.show_picture", name=f"{photo.key}-{width}.webp"
        )
        for width in sorted(WIDTHS, reverse=True)
    }
    srcset = ", ".join(f"{files[width]} {width}w" for width in sorted(files))
    middle = url_for("media.show_picture", name=f"{photo.key}-{WIDTHS[1]}.webp")
    return Shown(middle, srcset, words, photo.width, photo.height)


def shown_kept(picture: Picture | None) -> Shown | None:
    """How a picture is shown that belongs to no product yet."""
    if picture is None:
        return None
    src = url_for("media.show_picture", name=f"{picture.key}-{WIDTHS[0]}.webp")
    return Shown(src, "", "", *kept_size((picture.width, picture.height), WIDTHS[0]))


def first_shown(
    photos: Mapping[int, list[Photo]], product_id: int, craft: str, alt: str, language: str
) -> Shown:
    """How the first picture of a product is shown, or its craft's drawing."""
    of_product = photos.get(product_id)
    return shown(of_product[0] if of_product else None, craft, alt, language)
