"""What the rows and columns of a statement are called: msgids, for pages and papers to say."""

from almakane.gateways.sheet import Say

say = str  # marks a msgid for the catalogues; whoever needs the word says it

OTHER = say("Other entry")

KINDS = {
    "sale": say("Sale"),
    "refund": say("Given back"),
    "loss": say("Lost or damaged here"),
    "finding": say("Found again"),
    "purchase": say("Bought by the house"),
}

COLUMNS = {
    "gross": say("Paid by the buyer"),
    "promotion": say("Added by the house"),
    "commission": say("Part of the house"),
    "fees": say("Card fees"),
    "vat": say("VAT on that part"),
    "vat_in": say("VAT of the maker"),
    "onward": say("To the members"),
}

# Where the house sells in its own name, the VAT of the price never passes through the account.
_WITHOUT_VAT = say("Price without VAT")


def column_words(say: Say, sells_as_own: bool) -> dict[str, str]:
    """What a statement's columns are called."""
    words = {name: say(message) for name, message in COLUMNS.items()}
    return words | {"gross": say(_WITHOUT_VAT)} if sells_as_own else words
