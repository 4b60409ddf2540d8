"""What the rows of a statement and the months of a year are called on a page."""

from flask_babel import lazy_gettext

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
