"""What the pages of products say: states, what is missing, what was changed."""

from flask_babel import lazy_gettext

from almakane.inventory.models import TaxClass

TAX_CLASSES = {
    TaxClass.STANDARD: lazy_gettext("Standard rate"),
    TaxClass.REDUCED: lazy_gettext("Reduced rate"),
    TaxClass.EXEMPT: lazy_gettext("Exempt by its nature: handmade rugs"),
}

STATES = {
    "on_sale": lazy_gettext("For sale at every door"),
    "off_web": lazy_gettext("In the shop only"),
    "off_sale": lazy_gettext("Not for sale"),
    "none_left": lazy_gettext("None on hand"),
}

LACKS = {
    "photo": lazy_gettext("No photograph"),
    "story": lazy_gettext("A title or story missing"),
    "tax_class": lazy_gettext("No tax class"),
}

LANGUAGES = {"fr": "Français", "ar": "العربية", "en": "English"}

# What an amendment is told as.
CHANGES = {
    "created": lazy_gettext("Product added"),
    "texts": lazy_gettext("Words changed"),
    "facts": lazy_gettext("Facts changed"),
    "opened_all": lazy_gettext("Put on sale"),
    "closed_all": lazy_gettext("Taken off sale"),
    "opened_web": lazy_gettext("Put on the web"),
    "closed_web": lazy_gettext("Taken off the web"),
    "photos_added": lazy_gettext("Photographs added"),
    "photos_ordered": lazy_gettext("Photographs put in another order"),
    "photo_retired": lazy_gettext("A photograph retired"),
    "photo_back": lazy_gettext("A photograph brought back"),
    "photo_described": lazy_gettext("A photograph described"),
}
