"""What rows of a statement, months of a year and costs of the house are called on a page."""

from flask_babel import lazy_gettext

from almakane.payouts.models import Activity, CostKind, Fund
from almakane.payouts.wording import KINDS, OTHER

_OTHER = lazy_gettext(OTHER)
_KINDS = {kind: lazy_gettext(message) for kind, message in KINDS.items()}

# For the foot of a bar, where a whole name has no room.
MONTHS = (
    lazy_gettext("Jan."),
    lazy_gettext("Feb."),
    lazy_gettext("March"),
    lazy_gettext("April"),
    lazy_gettext("May"),
    lazy_gettext("June"),
    lazy_gettext("July"),
    lazy_gettext("Aug."),
    lazy_gettext("Sept."),
    lazy_gettext("Oct."),
    lazy_gettext("Nov."),
    lazy_gettext("Dec."),
)


def kind_word(kind: str) -> str:
    """What an entry is, in a word or two."""
    return str(_KINDS.get(kind, _OTHER))


COST_KINDS = {
    CostKind.WAGES: lazy_gettext("Wages"),
    CostKind.RENT: lazy_gettext("Rent"),
    CostKind.ENERGY: lazy_gettext("Energy and water"),
    CostKind.COMMUNICATION: lazy_gettext("Communication"),
    CostKind.TRAINING: lazy_gettext("Trainers and training"),
    CostKind.TRANSPORT: lazy_gettext("Transport"),
    CostKind.SUPPLIES: lazy_gettext("Supplies and packing"),
    CostKind.UPKEEP: lazy_gettext("Upkeep and repairs"),
    CostKind.INSURANCE: lazy_gettext("Insurance"),
    CostKind.BANK: lazy_gettext("Bank and card fees"),
    CostKind.TAXES: lazy_gettext("Taxes and duties"),
    CostKind.OTHER: lazy_gettext("Other costs"),
}
ACTIVITIES = {
    Activity.HOUSE: lazy_gettext("The whole house"),
    Activity.SHOP: lazy_gettext("The shop"),
    Activity.EXPERIENCES: lazy_gettext("Workshops and visits"),
    Activity.TRAINING: lazy_gettext("The training of makers"),
    Activity.SUPPORT: lazy_gettext("Support to makers"),
}
FUNDS = {
    Fund.OWN: lazy_gettext("The house’s own money"),
    Fund.RESTRICTED: lazy_gettext("A grant given for this"),
}
