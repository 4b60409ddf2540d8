"""What the rows of a statement and the months of a year are called on a page."""

from flask_babel import gettext, lazy_gettext

_OTHER = lazy_gettext("Other entry")

_KINDS = {
    "sale": lazy_gettext("Sale"),
    "refund": lazy_gettext("Given back"),
    "loss": lazy_gettext("Lost or damaged here"),
    "purchase": lazy_gettext("Bought by the house"),
}

_COLUMNS = {
    "gross": lazy_gettext("Paid by the buyer"),
    "promotion": lazy_gettext("Added by the house"),
    "commission": lazy_gettext("Part of the house"),
    "fees": lazy_gettext("Card fees"),
    "vat": lazy_gettext("VAT on that part"),
    "vat_in": lazy_gettext("VAT of the maker"),
    "onward": lazy_gettext("To the members"),
}

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


def column_words(sells_as_own: bool) -> dict[str, str]:
    """
    What a statement's columns are called.

    Where the house sells in its own name, the VAT of the price never passes through the account.
    """
    words = {name: str(word) for name, word in _COLUMNS.items()}
    return words | {"gross": gettext("Price without VAT")} if sells_as_own else words
