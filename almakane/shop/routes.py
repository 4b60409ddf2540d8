"""The street side of the house: its front, its pieces, and who made them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from almakane.hubs.models import Hub
from almakane.shop.found import has_languages
from almakane.shop.home_page import make_home
from almakane.shop.kept import answer
from almakane.shop.maker_pages import make_artisan, make_artisans
from almakane.shop.maps import make_index, make_map, make_robots, sent
from almakane.shop.piece_list import make_list, read_wanted
from almakane.shop.piece_page import make_piece
from almakane.shop.sheets import send_sheets
from almakane.shop.street import the_street
from almakane.web import public
from almakane.web.languages import LANGUAGES, language

bp = Blueprint("shop", __name__)
bp.before_request(public)

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
_PREFIX = f"/<any({', '.join(LANGUAGES)}):lang>"


def page(rule: str) -> Callable[[View], View]:
    """A page with an address in each language, and one that speaks as its reader does."""

    def put(view: View) -> View:
        bp.get(_PREFIX + rule)(view)
        bp.get(rule)(view)
        return view

    return put


@bp.url_value_preprocessor
def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """The language of an address is read from its path; views need not know of it."""
    if values:
        values.pop("lang", None)


@bp.url_defaults
def _stay_in_language(endpoint: str, values: dict[str, Any]) -> None:
    """From a page of the street, links lead to pages of its language."""
    if "lang" not in values and has_languages(endpoint) and has_languages(request.endpoint):
        values["lang"] = language()


@page("/")
def home() -> ResponseReturnValue:
    """What the house is, what is made for it, and where the money goes."""
    street = the_street()
    return answer("home", street.version, lambda: make_home(street))


@page("/pieces")
def list_pieces() -> ResponseReturnValue:
    """The pieces, as they were asked for."""
    street, wanted = the_street(), read_wanted(request.args)
    key = ("pieces", tuple(sorted(wanted.values.items())), wanted.page)
    return answer(key, street.version, lambda: make_list(street, wanted))


@page("/pieces/<code>")
def show_piece(code: str) -> ResponseReturnValue:
    """One piece; when it is sold its page stays, and says so."""
    street = the_street()
    return answer(("piece", code), street.version, lambda: make_piece(street, code))


@page("/artisans")
def list_artisans() -> ResponseReturnValue:
    """The makers' faces."""
    street = the_street()
    return answer("artisans", street.version, lambda: make_artisans(street))


@page("/artisans/<code>")
def show_artisan(code: str) -> ResponseReturnValue:
    """One maker, with story and pieces."""
    street = the_street()
    return answer(("artisan", code), street.version, lambda: make_artisan(street, code))


@bp.get("/m/<hub>/<code>")
def show_maker(hub: str, code: str) -> ResponseReturnValue:
    """
    Who made the piece: where the QR code of its label leads.

    The address is short, for it is printed as dots, and stays: labels are not printed anew.
    """
    street = the_street()
    hub_id = street.session.scalar(select(Hub.id).where(Hub.code == hub))
    if hub_id is None:
        abort(404)
    there = replace(street, version=street.version._replace(hub_id=hub_id))
    key = ("artisan", code, hub_id)
    return answer(key, there.version, lambda: make_artisan(there, code))


# For machines


@bp.get("/sitemap.xml")
def show_maps() -> ResponseReturnValue:
    """The map of maps."""
    street = the_street()
    return sent(street, "maps", "application/xml", lambda: make_index(street))


@bp.get("/sitemap-<part>.xml")
def show_map(part: str) -> ResponseReturnValue:
    """A map: of the fixed pages, or of some of the pieces."""
    street = the_street()
    return sent(street, f"map {part}", "application/xml", lambda: make_map(street, part))


@bp.get("/robots.txt")
def show_robots() -> ResponseReturnValue:
    """What machines may walk through."""
    return Response(make_robots(), mimetype="text/plain")


@bp.get("/sheets/<names>.css")
def show_sheets(names: str) -> ResponseReturnValue:
    """The style sheets of a page, in one file."""
    return send_sheets(names)
