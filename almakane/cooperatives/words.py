"""What crafts, categories and terms are called on a page."""

from flask_babel import lazy_gettext

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime

# Crafts of makers, and categories of their products: one list, for most names are in both.
CRAFTS = {
    "pottery": lazy_gettext("Pottery"),
    "zellige": lazy_gettext("Zellige"),
    "lantern": lazy_gettext("Lanterns"),
    "babouche": lazy_gettext("Babouches"),
    "rug": lazy_gettext("Rugs"),
    "jewellery": lazy_gettext("Jewellery"),
    "basket": lazy_gettext("Basketry"),
    "tray": lazy_gettext("Engraved brass"),
    "caftan": lazy_gettext("Caftans"),
    "thuya": lazy_gettext("Thuya wood"),
    "embroidery": lazy_gettext("Embroidery"),
    "terroir": lazy_gettext("From the land"),
    "bag": lazy_gettext("Bags"),
    "cushion": lazy_gettext("Cushions"),
    "scarf": lazy_gettext("Scarves"),
    "soap": lazy_gettext("Soaps"),
}

REGIMES = {
    Regime.MANDATE: lazy_gettext("Sold in the maker’s name"),
    Regime.COMMISSIONNAIRE: lazy_gettext("Sold in the name of the house"),
    Regime.FIRM: lazy_gettext("Bought by the house"),
}

DISCOUNTS = {
    Discounts.SHARED: lazy_gettext("A discount is shared"),
    Discounts.HUB: lazy_gettext("The house bears a discount"),
    Discounts.MAKER: lazy_gettext("The maker bears a discount"),
}

BEARERS = {
    Bearer.HUB: lazy_gettext("The house bears a loss"),
    Bearer.MAKER: lazy_gettext("The maker bears a loss"),
}

PAID_TO = {
    PaidTo.COOPERATIVE: lazy_gettext("The maker is paid"),
    PaidTo.MEMBERS: lazy_gettext("Each member is paid"),
}
