"""What terms are called: msgids, for pages and papers to say."""

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime

say = str  # marks a msgid for the catalogues; whoever needs the word says it

REGIMES = {
    Regime.MANDATE: say("Sold in the maker’s name"),
    Regime.COMMISSIONNAIRE: say("Sold in the name of the house"),
    Regime.FIRM: say("Bought by the house"),
}

DISCOUNTS = {
    Discounts.SHARED: say("A discount is shared"),
    Discounts.HUB: say("The house bears a discount"),
    Discounts.MAKER: say("The maker bears a discount"),
}

BEARERS = {
    Bearer.HUB: say("The house bears a loss"),
    Bearer.MAKER: say("The maker bears a loss"),
}

PAID_TO = {
    PaidTo.COOPERATIVE: say("The maker is paid"),
    PaidTo.MEMBERS: say("Each member is paid"),
}

# Crafts of makers, and categories of their products: one list, for most names are in both.
CRAFTS = {
    "pottery": say("Pottery"),
    "zellige": say("Zellige"),
    "lantern": say("Lanterns"),
    "babouche": say("Babouches"),
    "rug": say("Rugs"),
    "jewellery": say("Jewellery"),
    "basket": say("Basketry"),
    "tray": say("Engraved brass"),
    "caftan": say("Caftans"),
    "thuya": say("Thuya wood"),
    "embroidery": say("Embroidery"),
    "terroir": say("From the land"),
    "bag": say("Bags"),
    "cushion": say("Cushions"),
    "scarf": say("Scarves"),
    "soap": say("Soaps"),
}
