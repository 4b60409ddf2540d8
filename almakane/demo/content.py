"""What the demo's makers are and make, read from the pages in `content/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime, Terms
from almakane.inventory.models import LotKind, TaxClass

CONTENT = Path(__file__).parent / "content"
LANGUAGES = ("fr", "ar", "en")

_TAX = {"exempt_rug": TaxClass.EXEMPT}


@dataclass(frozen=True)
class Version:
    """An agreement version as a page tells it."""

    valid_from: date
    terms: Terms
    overrides: Mapping[str, int]
    return_days: int
    unsold_days: int


@dataclass(frozen=True)
class Piece:
    """A product and how many of it came in; amounts in centimes."""

    code: str
    category: str
    technique: str
    kind: LotKind
    quantity: int
    price: int
    floor: int
    unit_cost: int
    weight_grams: int
    tax_class: TaxClass
    artisans: Mapping[str, int]
    texts: Mapping[str, tuple[str, str, str]]  # title, story and technique


@dataclass(frozen=True)
class MakerPage:
    """A maker's page: who, on which terms, with whom, and what they make."""

    maker: Mapping[str, Any]
    texts: Mapping[str, tuple[str, str, str]]
    versions: tuple[Version, ...]
    artisans: tuple[Mapping[str, Any], ...]
    pieces: tuple[Piece, ...]


def read_pages() -> list[MakerPage]:
    """Every maker's page, by file name."""
    return [
        _page(tomllib.loads(path.read_text("utf-8"))) for path in sorted(CONTENT.glob("*.toml"))
    ]


def _page(page: Mapping[str, Any]) -> MakerPage:
    maker = page["maker"]
    return MakerPage(
        maker=maker,
        texts={
            lang: (maker["name"][lang], maker["story"][lang], maker["place"][lang])
            for lang in LANGUAGES
        },
        versions=tuple(_version(maker, version) for version in page["agreement"]),
        artisans=tuple(page["artisan"]),
        pieces=tuple(_piece(product) for product in page["product"]),
    )


def _version(maker: Mapping[str, Any], version: Mapping[str, Any]) -> Version:
    terms = Terms(
        regime=Regime(version["regime"]),
        commission_bp=version["commission_bp"],
        discounts=Discounts(version["discounts"]),
        card_fee_bp=version["card_fee_bp"],
        card_fee_maker_bp=version["card_fee_maker_share_bp"],
        maker_vat_liable=maker["vat_liable"],
        paid_to=PaidTo(version["paid_to"]),
        loss_bearer=Bearer(version["loss_bearer"]),
    )
    return Version(
        date.fromisoformat(version["valid_from"]),
        terms,
        version["overrides"],
        version["return_days"],
        version["unsold_days"],
    )


def _piece(product: Mapping[str, Any]) -> Piece:
    return Piece(
        code=product["code"],
        category=product["category"],
        technique=product["technique"]["fr"],
        kind=LotKind(product["kind"]),
        quantity=product["quantity"],
        price=product["price"],
        floor=product["floor"],
        unit_cost=product.get("unit_cost", 0),
        weight_grams=product["weight_grams"],
        tax_class=_TAX.get(product["tax"], TaxClass.STANDARD),
        artisans=product["artisans"],
        texts={
            lang: (product["title"][lang], product["story"][lang], product["technique"][lang])
            for lang in LANGUAGES
        },
    )
