"""The street side of the house."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from sqlalchemy import select

from almakane.cooperatives.agreement import PricedLine, Regime, Terms, share
from almakane.cooperatives.models import Maker, MakerText
from almakane.db import db
from almakane.hubs.models import Hub
from almakane.web import public
from almakane.web.languages import language

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


@bp.get("/m/<hub>/<code>")
def show_maker(hub: str, code: str) -> ResponseReturnValue:
    """
    Who made the piece: where the QR code of its label leads.

    The address is short, for it is printed as dots, and stays: labels are not printed anew.
    """
    session = db.session()
    maker = session.scalar(
        select(Maker).join(Hub, Hub.id == Maker.hub_id).where(Hub.code == hub, Maker.code == code)
    )
    if maker is None:
        abort(404)
    return render_template(
        "shop/maker.html",
        maker=maker,
        text=session.get(MakerText, (maker.id, language())),
        crafts=dict(_CRAFTS),
    )
