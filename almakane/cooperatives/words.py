"""What crafts, categories and terms are called on a page."""

from flask_babel import lazy_gettext

from almakane.cooperatives import wording

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

REGIMES = {regime: lazy_gettext(message) for regime, message in wording.REGIMES.items()}
DISCOUNTS = {who: lazy_gettext(message) for who, message in wording.DISCOUNTS.items()}
BEARERS = {who: lazy_gettext(message) for who, message in wording.BEARERS.items()}
PAID_TO = {whom: lazy_gettext(message) for whom, message in wording.PAID_TO.items()}
