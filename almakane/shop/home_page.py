"""The front of the shop: one piece, the makers' faces, what is new, and where the money goes."""

from typing import NamedTuple

from flask import render_template, url_for
from flask_babel import gettext
from markupsafe import Markup

from almakane.cooperatives.agreement import PricedLine, Regime, Terms, share
from almakane.cooperatives.words import CRAFTS
from almakane.shop.found import Page, head_of, organization, ways
from almakane.shop.kept import Part
from almakane.shop.street import Street, cards_of, faces_of
from almakane.web.languages import language, static_url

# The usual agreement, told by an example: the same rule divides a real sale.
_EXAMPLE_PRICE = 100_00
_USUAL = Terms(Regime.MANDATE, commission_bp=2500)
_HUB_VAT_BP = 2000

_NEW = 8
_FACES = 4
_DRAWN = (
    *("pottery", "zellige", "lantern", "babouche", "rug", "jewellery", "basket", "tray"),
    *("caftan", "thuya", "embroidery", "terroir"),
)


class Craft(NamedTuple):
    """A craft of the house, and where its pieces are."""

    code: str
    name: str
    url: str
    pieces: int


def make_home(street: Street) -> Part:
    """The front page."""
    catalogue, speaks = street.catalogue, language()
    counts: dict[str, int] = {}
    for piece in catalogue.for_sale:
        counts[piece.craft] = counts.get(piece.craft, 0) + 1
    new = catalogue.newest(_NEW + 1)
    cards = cards_of(street, new)
    makers = sorted(
        (maker for maker in catalogue.texts.makers.values() if catalogue.of_maker[maker.id]),
        key=lambda maker: (maker.kind != "cooperative", maker.id),
    )
    turn = street.today.toordinal() % len(makers) if makers else 0
    faces = faces_of(street, (makers[turn:] + makers[:turn])[:_FACES])
    main = render_template(
        "shop/home.html",
        first=cards[0] if cards else None,
        cards=cards[1:],
        pieces=len(catalogue.for_sale),
        makers=len(makers),
        faces=faces,
        crafts=[
            Craft(code, str(CRAFTS[code]), _craft_url(code, speaks), counts.get(code, 0))
            for code in CRAFTS
            if counts.get(code)
        ],
        all_crafts=[(code, CRAFTS[code]) for code in _DRAWN],
        craft_names=CRAFTS,
        price=_EXAMPLE_PRICE,
        shares=share(PricedLine(_EXAMPLE_PRICE, _EXAMPLE_PRICE), _USUAL, _HUB_VAT_BP),
        commission=_USUAL.commission_bp,
    )
    seller = street.seller
    page = Page(
        "shop.home",
        gettext("Pieces by artisans, Casablanca"),
        gettext(
            "A house in the old medina of Casablanca sells what cooperatives and artisans leave"
            " with it. On each piece you see where your money goes."
        ),
        picture=cards[0].picture.src if cards else static_url("pictures/crafts/rug.svg"),
        told=[organization(seller.name, seller.phone, seller.city, seller.address)],
    )
    return Part(page.title, head_of(page), Markup(main), ways("shop.home"), ("shop",))  # noqa: S704


def _craft_url(craft: str, speaks: str) -> str:
    return url_for("shop.list_pieces", craft=craft, lang=speaks)
