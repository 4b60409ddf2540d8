"""
The maps of the shop: which pages there are, for those who look for pages.

A map of maps leads to one of the fixed pages and to those of pieces, `PIECES` each; every address
stands with its other languages, and with the day of its last change where somebody wrote that down.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from flask import Response, abort, render_template, url_for
from sqlalchemy.orm import Session

from almakane.db import rows
from almakane.shop.found import absolute, ways
from almakane.shop.kept import pages
from almakane.shop.street import Street
from almakane.web import settings

PIECES = 2_000
_AN_HOUR = 3600

_PRODUCTS = """
SELECT p.id, p.code FROM product p
WHERE p.hub_id = ? AND p.disabled_at IS NULL AND p.off_web_at IS NULL
AND EXISTS (SELECT 1 FROM lot WHERE lot.product_id = p.id) ORDER BY p.id LIMIT ? OFFSET ?
"""
_COUNT = """
SELECT COUNT(*) FROM product p
WHERE p.hub_id = ? AND p.disabled_at IS NULL AND p.off_web_at IS NULL
AND EXISTS (SELECT 1 FROM lot WHERE lot.product_id = p.id)
"""
# What was said of a product, its price, and what came in or went out: the last of these.
_CHANGED = """
SELECT subject_id, MAX(recorded_at) FROM amendment
WHERE subject = 'product' AND subject_id IN (??) GROUP BY subject_id
UNION ALL
SELECT lot.product_id, MAX(m.recorded_at) FROM lot JOIN stock_move m ON m.lot_id = lot.id
WHERE lot.product_id IN (??) GROUP BY lot.product_id
"""


class Address(NamedTuple):
    """A page in a map: its address, the same in each language, and when it changed."""

    loc: str
    alternates: dict[str, str]
    by_default: str
    changed: str


def make_index(street: Street) -> str:
    """The map of maps."""
    count = rows(street.session, _COUNT, (street.version.hub_id or 0,))[0][0]
    parts = ["pages", *(f"pieces-{n}" for n in range(1, -(-count // PIECES) + 1))]
    return render_template(
        "shop/maps.xml", maps=[absolute(url_for("shop.show_map", part=part)) for part in parts]
    )


def make_map(street: Street, part: str) -> str:
    """One map; 404 for one that there is not."""
    if part == "pages":
        found = _fixed(street)
    else:
        kind, _, number = part.partition("-")
        if kind != "pieces" or not (number.isascii() and number.isdigit() and len(number) < 5):
            abort(404)
        found = _pieces(street, int(number))
        if not found:
            abort(404)
    return render_template("shop/map.xml", addresses=found)


def _fixed(street: Street) -> list[Address]:
    texts = street.catalogue.texts
    crafts = sorted({piece.craft for piece in street.catalogue.for_sale})
    return [
        *_addresses("shop.home", {}, ""),
        *_addresses("shop.list_pieces", {}, ""),
        *_addresses("shop.list_artisans", {}, ""),
        *(one for craft in crafts for one in _addresses("shop.list_pieces", {"craft": craft}, "")),
        *(
            one
            for maker in sorted(texts.makers.values())
            for one in _addresses("shop.show_artisan", {"code": maker.code}, "")
        ),
    ]


def _pieces(street: Street, number: int) -> list[Address]:
    if number < 1 or street.version.hub_id is None:
        return []
    hub_id, session = street.version.hub_id, street.session
    some = rows(session, _PRODUCTS, (hub_id, PIECES, (number - 1) * PIECES))
    changed = _changed(session, [product_id for product_id, _code in some])
    return [
        one
        for product_id, code in some
        for one in _addresses("shop.show_piece", {"code": code}, changed.get(product_id, ""))
    ]


def _changed(session: Session, ids: list[int]) -> dict[int, str]:
    """Product to the day on which anything of its page last changed."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        for product_id, moment in rows(session, _CHANGED, (some, some)):
            found[product_id] = max(found.get(product_id, ""), _day(moment))
    return found


def _day(moment: datetime | str) -> str:
    """The day of a moment as either engine gives it."""
    return moment[:10] if isinstance(moment, str) else moment.date().isoformat()


def _addresses(endpoint: str, values: dict[str, Any], changed: str) -> Iterable[Address]:
    """A page in each of its languages."""
    alternates = {code: absolute(path) for code, path in ways(endpoint, **values).items()}
    by_default = absolute(url_for(endpoint, lang=None, **values))
    for loc in alternates.values():
        yield Address(loc, alternates, by_default, changed)


def sent(street: Street, what: str, kind: str, make: Any) -> Response:
    """A file for machines, kept like a page."""
    body: bytes | None = pages().find(("file", what), street.version)
    if body is None:
        body = make().encode()
        pages().keep(("file", what), street.version, body, len(body))
    response = Response(body, mimetype=kind)
    response.headers["Cache-Control"] = f"public, max-age={_AN_HOUR}"
    return response


_CLOSED = ("/-/", "/basket", "/checkout", "/orders/", "/portal", "/pos/", "/sign-in", "/tickets/")


def make_robots() -> str:
    """What machines may walk through; searches lead nowhere new."""
    return "\n".join(
        [
            "User-agent: *",
            *(f"Disallow: {path}" for path in _CLOSED),
            "Disallow: /*?*q=",
            "Disallow: /*?*sort=",
            "",
            f"Sitemap: {settings().base_url}{url_for('shop.show_maps')}",
            "",
        ]
    )
