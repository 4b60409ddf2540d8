"""The makers' one door: who comes in, and what all of its pages ask of whoever reads."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from flask import Blueprint, abort, request

from almakane.cooperatives.models import Artisan, MakerText
from almakane.inventory.models import Product
from almakane.inventory.photos import Shown, photos_of_products, shown
from almakane.inventory.queries import titles_in
from almakane.portal.pieces import (
    products_of,
)
from almakane.portal.queries import (
    Line,
    Owed,
    Period,
    month_of,
    owed_to,
)
from almakane.portal.reader import Reader, the_reader
from almakane.users.models import Role
from almakane.web import require
from almakane.web.languages import language

bp = Blueprint("portal", __name__, url_prefix="/portal")
bp.before_request(require(Role.MAKER, Role.ARTISAN))


def maker_herself() -> Reader:
    """A maker herself: on slips of deliveries stand the pieces of all her members."""
    reader = the_reader()
    if reader.is_member:
        abort(403)
    return reader


def asked_page() -> int:
    """The page of a list that is asked for; 404 for what is none."""
    asked = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,5}", asked, re.ASCII):
        abort(404)
    return int(asked)


def asked_month(text: str) -> date:
    """A month as an address says it; 404 for what is none."""
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text, re.ASCII):
        abort(404)
    return date(int(text[:4]), int(text[5:]), 1)


def owed_of(reader: Reader) -> Owed:
    """What the reader is owed today."""
    members = [] if reader.is_member else [artisan.id for artisan in reader.maker.artisans]
    return owed_to(reader.session, reader.whose, members, reader.today)


def has_members(reader: Reader) -> bool:
    """Whether the reader is a maker who has members."""
    return not (reader.is_member or reader.is_alone)


def calling(reader: Reader) -> str:
    """What the maker is called in the reader's language."""
    said = reader.session.get(MakerText, (reader.maker.id, language()))
    return said.name if said else reader.maker.name


def artisans_named(reader: Reader, ids: set[int]) -> dict[int, str]:
    """The names of a maker's artisans; a member is told of no other."""
    if not ids or reader.is_member:
        return {}
    makers = reader.maker.artisans
    return {artisan.id: artisan_name(artisan) for artisan in makers if artisan.id in ids}


def artisan_name(artisan: Artisan) -> str:
    """What an artisan is called in the reader's language."""
    return (artisan.name_ar if language() == "ar" else "") or artisan.name


def titles_of_lines(reader: Reader, lines: Iterable[Line]) -> dict[tuple[str, str], str]:
    """A lot's code and title to that title in the reader's language."""
    codes = (line.lot_code for line in lines)
    return titles_in(reader.session, language(), reader.hub.id, codes)


def product_code(reader: Reader, product_id: int) -> str:
    """A product's code by its number."""
    return reader.session.get_one(Product, product_id).code


def pictures_of_lines(reader: Reader, lines: Iterable[Line]) -> dict[str, Shown]:
    """A lot's code to the picture of its piece."""
    crafts = {line.lot_code: line.craft for line in lines}
    products = products_of(reader.session, reader.hub.id, crafts)
    wanted = {products[code]: craft for code, craft in crafts.items() if code in products}
    pictures = pictures_of(reader, wanted)
    return {
        code: pictures.get(products.get(code, 0)) or shown(None, craft, "", language())
        for code, craft in crafts.items()
    }


def pictures_of(reader: Reader, crafts: Mapping[int, str]) -> dict[int, Shown]:
    """A product's number to its first picture; `crafts` says what each is, for those without."""
    photos = photos_of_products(reader.session, crafts)
    return {
        product: shown(next(iter(photos.get(product, ())), None), craft, "", language())
        for product, craft in crafts.items()
    }


def period_of(reader: Reader, month: date) -> Period:
    """A month as the reader's books have it."""
    return month_of(reader.session, reader.hub.id, month)
