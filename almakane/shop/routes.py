"""The street side of the house."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from almakane.cooperatives.agreement import PricedLine, Regime, Terms, share
from almakane.web import public

bp = Blueprint("shop", __name__)
bp.before_request(public)

_CRAFTS = (
    ("pottery", lazy_gettext("Pottery")),
    ("zellige", lazy_gettext("Zellige")),
    ("lantern", lazy_gettext("Lanterns")),
    ("babouche", lazy_gettext("Babouches")),
    ("rug", lazy_gettext("Rugs")),
    ("jewellery", lazy_gettext("Jewellery")),
    ("basket", lazy_gettext("Basketry")),
    ("tray", lazy_gettext("Engraved brass")),
    ("caftan", lazy_gettext("Caftans")),
    ("thuya", lazy_gettext("Thuya wood")),
    ("embroidery", lazy_gettext("Embroidery")),
    ("terroir", lazy_gettext("From the land")),
)

# The usual agreement, told by an example: the same rule divides a real sale.
_EXAMPLE_PRICE = 100_00
_USUAL = Terms(Regime.MANDATE, commission_bp=2500)
_HUB_VAT_BP = 2000


@bp.get("/")
def home() -> ResponseReturnValue:
    """What the house is, what is made for it, and where the money goes."""
    return render_template(
        "shop/home.html",
        crafts=_CRAFTS,
        price=_EXAMPLE_PRICE,
        shares=share(PricedLine(_EXAMPLE_PRICE, _EXAMPLE_PRICE), _USUAL, _HUB_VAT_BP),
        commission=_USUAL.commission_bp,
    )
