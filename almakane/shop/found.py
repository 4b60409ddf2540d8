"""
How the shop is found: what search engines and other people's previews read of a page.

Each page has an address of its own in each language, and one without, which speaks as its reader
does. All of them name one another, and the one that a page should be kept under.
"""

from dataclasses import dataclass, field
from typing import Any

from flask import current_app, render_template, url_for
from markupsafe import Markup

from almakane.shop.catalogue import State
from almakane.web import settings
from almakane.web.languages import LANGUAGES, language

_LONGEST_WORDS = 300
_SCHEMA = "https://schema.org"
AVAILABLE = {
    State.HERE: f"{_SCHEMA}/InStock",
    State.HELD: f"{_SCHEMA}/SoldOut",
    State.SOLD: f"{_SCHEMA}/OutOfStock",
}
_LOCALES = {"fr": "fr_MA", "ar": "ar_MA", "en": "en_GB"}

Told = dict[str, Any]  # a thing as schema.org words it


@dataclass(frozen=True)
class Page:
    """What a page is called where it is not itself."""

    endpoint: str
    title: str
    words: str  # in a sentence or two
    values: dict[str, Any] = field(default_factory=dict)  # of its address
    picture: str = ""  # its path
    picture_size: tuple[int, int] | None = None
    picture_words: str = ""
    kind: str = "website"  # as OpenGraph has them
    told: list[Told] = field(default_factory=list)
    is_kept: bool = True  # else engines are asked to follow its links and to forget it
    facts: dict[str, str] = field(default_factory=dict)  # further properties for previews


def absolute(path: str) -> str:
    """An address as others need it."""
    return settings().base_url + path


def ways(endpoint: str, **values: Any) -> dict[str, str]:
    """Language to the path of a page in it."""
    return {code: url_for(endpoint, lang=code, **values) for code in LANGUAGES}


def has_languages(endpoint: str | None) -> bool:
    """Whether a page has an address for each language."""
    return bool(endpoint) and current_app.url_map.is_endpoint_expecting(endpoint, "lang")


def head_of(page: Page) -> Markup:
    """What stands in the head of a page for engines and previews."""
    own = ways(page.endpoint, **page.values)
    return Markup(  # noqa: S704 - a template wrote it
        render_template(
            "shop/_head.html",
            page=page,
            words=" ".join(page.words.split())[:_LONGEST_WORDS],
            canonical=absolute(own[language()]),
            alternates={code: absolute(path) for code, path in own.items()},
            by_default=absolute(url_for(page.endpoint, lang=None, **page.values)),
            locale=_LOCALES[language()],
            other_locales=[name for code, name in _LOCALES.items() if code != language()],
            picture=absolute(page.picture) if page.picture else "",
        )
    )


def organization(name: str, phone: str = "", city: str = "", address: str = "") -> Told:
    """Who sells."""
    told: Told = {
        "@context": _SCHEMA,
        "@type": "Store",
        "name": name,
        "url": absolute(url_for("shop.home", lang=None)),
        "logo": absolute(url_for("static", filename="pictures/icon.svg")),
    }
    if address or city:
        told["address"] = {
            "@type": "PostalAddress",
            "streetAddress": address,
            "addressLocality": city,
            "addressCountry": "MA",
        }
    if phone:
        told["telephone"] = phone
    return told


def breadcrumbs(*steps: tuple[str, str]) -> Told:
    """The way to a page: words and the path of each step, the page itself last."""
    return {
        "@context": _SCHEMA,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": n, "name": words, "item": absolute(path)}
            for n, (words, path) in enumerate(steps, 1)
        ],
    }


def home_step() -> tuple[str, str]:
    """The first step of every way."""
    return "Almakane", url_for("shop.home", lang=language())


def product(
    *,
    name: str,
    words: str,
    code: str,
    pictures: list[str],
    maker: str,
    category: str,
    material: str,
    price: int,
    state: State,
    url: str,
    seller: str,
    withdrawal_days: int,
) -> Told:
    """A piece and its offer; one that is gone has an offer still, which says so."""
    days = {"@type": "QuantitativeValue", "unitCode": "DAY"}
    told: Told = {
        "@context": _SCHEMA,
        "@type": "Product",
        "name": name,
        "sku": code,
        "url": absolute(url),
        "image": [absolute(picture) for picture in pictures],
        "brand": {"@type": "Brand", "name": maker},
        "category": category,
        "offers": {
            "@type": "Offer",
            "url": absolute(url),
            "priceCurrency": "MAD",
            "price": f"{price // 100}.{price % 100:02d}",
            "availability": AVAILABLE[state],
            "itemCondition": f"{_SCHEMA}/NewCondition",
            "seller": {"@type": "Organization", "name": seller},
            "shippingDetails": {
                "@type": "OfferShippingDetails",
                "shippingDestination": {"@type": "DefinedRegion", "addressCountry": "MA"},
                "deliveryTime": {
                    "@type": "ShippingDeliveryTime",
                    "handlingTime": {**days, "minValue": 0, "maxValue": 2},
                    "transitTime": {**days, "minValue": 1, "maxValue": 6},
                },
            },
            "hasMerchantReturnPolicy": {
                "@type": "MerchantReturnPolicy",
                "applicableCountry": "MA",
                "returnPolicyCategory": f"{_SCHEMA}/MerchantReturnFiniteReturnWindow",
                "merchantReturnDays": withdrawal_days,
                "returnMethod": f"{_SCHEMA}/ReturnByMail",
            },
        },
    }
    if words:
        told["description"] = words
    if material:
        told["material"] = material
    return told
