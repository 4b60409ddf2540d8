"""What crafts, categories and terms are called on a page."""

from flask_babel import lazy_gettext

from almakane.cooperatives import wording
from almakane.cooperatives.models import MakerKind, TaxProfile

CRAFTS = {code: lazy_gettext(message) for code, message in wording.CRAFTS.items()}

REGIMES = {regime: lazy_gettext(message) for regime, message in wording.REGIMES.items()}
DISCOUNTS = {who: lazy_gettext(message) for who, message in wording.DISCOUNTS.items()}
BEARERS = {who: lazy_gettext(message) for who, message in wording.BEARERS.items()}
PAID_TO = {whom: lazy_gettext(message) for whom, message in wording.PAID_TO.items()}

MAKER_KINDS = {
    MakerKind.COOPERATIVE.value: lazy_gettext("A cooperative"),
    MakerKind.ARTISAN.value: lazy_gettext("An artisan alone"),
}

TAX_PROFILES = {
    TaxProfile.EXEMPT.value: lazy_gettext("Not liable: exempt, or under the thresholds"),
    TaxProfile.SELF_EMPLOYED.value: lazy_gettext("Auto-entrepreneur: no VAT"),
    TaxProfile.LIABLE.value: lazy_gettext("Liable to VAT"),
}

GENDERS = {"": lazy_gettext("Not said"), "f": lazy_gettext("Woman"), "m": lazy_gettext("Man")}

# The twelve regions, by the names that the law of 2015 gives them.
REGIONS = {
    "Tanger-Tétouan-Al Hoceïma": lazy_gettext("Tangier-Tetouan-Al Hoceima"),
    "Oriental": lazy_gettext("Oriental"),
    "Fès-Meknès": lazy_gettext("Fez-Meknes"),
    "Rabat-Salé-Kénitra": lazy_gettext("Rabat-Sale-Kenitra"),
    "Béni Mellal-Khénifra": lazy_gettext("Beni Mellal-Khenifra"),
    "Casablanca-Settat": lazy_gettext("Casablanca-Settat"),
    "Marrakech-Safi": lazy_gettext("Marrakesh-Safi"),
    "Drâa-Tafilalet": lazy_gettext("Draa-Tafilalet"),
    "Souss-Massa": lazy_gettext("Souss-Massa"),
    "Guelmim-Oued Noun": lazy_gettext("Guelmim-Oued Noun"),
    "Laâyoune-Sakia El Hamra": lazy_gettext("Laayoune-Sakia El Hamra"),
    "Dakhla-Oued Ed-Dahab": lazy_gettext("Dakhla-Oued Ed-Dahab"),
}

# What an amendment of a maker is told as.
CHANGES = {
    "created": lazy_gettext("Maker taken in"),
    "profile": lazy_gettext("Profile changed"),
    "artisan_added": lazy_gettext("An artisan named"),
    "artisan_changed": lazy_gettext("An artisan’s facts changed"),
    "artisan_left": lazy_gettext("An artisan has left"),
    "artisan_back": lazy_gettext("An artisan is back"),
    "agreement": lazy_gettext("A new version agreed"),
    "rib": lazy_gettext("A bank account named"),
    "photos_added": lazy_gettext("Photographs added"),
    "photos_ordered": lazy_gettext("Photographs put in another order"),
    "photo_retired": lazy_gettext("A photograph retired"),
    "photo_back": lazy_gettext("A photograph brought back"),
    "photo_described": lazy_gettext("A photograph described"),
}
