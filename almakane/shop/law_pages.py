"""What the law wants a buyer to read: the terms of sale, changing one's mind, and their data."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from markupsafe import Markup

from almakane.db import db
from almakane.shop.cities import city_name
from almakane.shop.delivery import tariff_on
from almakane.shop.here import Here, Seller, here, seller_on
from almakane.shop.phones import show_phone
from almakane.web import public

bp = Blueprint("law", __name__)
bp.before_request(public)

PAGES = ("terms", "returns", "privacy")
# Law 31-08, art. 206: what is in French is in Arabic too. English is for whoever reads neither.
TONGUES = ("fr", "ar", "en")


_COMMA = {"fr": ", ", "ar": "، ", "en": ", "}


@lru_cache
def _texts(tongue: str) -> dict[str, Any]:
    path = Path(__file__).parent / "law" / f"{tongue}.toml"
    return tomllib.loads(path.read_text("utf-8"))


def _whole(number: str) -> str:
    """A number that is not broken over two lines, and reads from left to right in Arabic too."""
    return "\u2066" + number.replace(" ", "\u00a0") + "\u2069"


def read_page(name: str, tongue: str, seller: Seller) -> dict[str, Any]:
    """A page's title, its first sentence and its parts, with the seller's identity in them."""
    told = {
        "seller": seller.name,
        "legal_name": seller.legal_name,
        "address": seller.address or "…",
        "city": seller.city or "…",
        "shop_address": seller.shop_address or "…",
        "shop_city": seller.shop_city or "…",
        "phone": _whole(show_phone(seller.phone)) if seller.phone else "…",
        "numbers": _COMMA[tongue].join(
            _whole(f"{name} {number}") for name, number in seller.numbers
        )
        or "…",
        "days": seller.withdrawal_days,
    }
    page = _texts(tongue)[name]
    return {
        "title": page["title"],
        "since": page["since"].format(**told),
        "parts": [
            {"title": part["title"], "text": [line.format(**told) for line in part["text"]]}
            for part in page["parts"]
        ],
    }


def _show(name: str, tongue: str) -> ResponseReturnValue:
    at = here(db.session())
    seller = seller_on(at.session, at.hub, at.today)
    page = read_page(name, tongue, seller)
    template = "shop/law_file.html" if "file" in request.args else "shop/law.html"
    answer: Response = make_response(
        render_template(
            template,
            page=page,
            name=name,
            tongue=tongue,
            others=[other for other in TONGUES if other != tongue],
            seller=seller,
            delivery=_delivery(at, seller, tongue) if name == "terms" else "",
            day=at.today,
        )
    )
    if "file" in request.args:
        answer.headers["Content-Disposition"] = (
            f'attachment; filename="almakane-{name}-{tongue}.html"'
        )
    return answer


def _delivery(at: Here, seller: Seller, tongue: str) -> Markup:
    """What delivery costs and when the shop is open, in the page's language."""
    tariff = tariff_on(at.session, at.hub.id, at.today)
    with force_locale(tongue):
        return Markup(  # noqa: S704 - a template wrote it
            render_template(
                "shop/_delivery.html",
                tariff=tariff,
                seller=seller,
                city_name=city_name,
                day=at.today,
            )
        )


def _add(name: str, tongue: str) -> None:
    def view() -> ResponseReturnValue:
        return _show(name, tongue)

    url = f"/{name}" if tongue == "fr" else f"/{name}/{tongue}"
    bp.add_url_rule(url, f"show_{name}_{tongue}", view)


for _name in PAGES:
    for _tongue in TONGUES:
        _add(_name, _tongue)
