"""The names of all accounts, what kind each is, and its number in the Moroccan chart (PCGE)."""

from enum import StrEnum


class AccountKind(StrEnum):
    """On which side of the books an account lies."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    CLEARING = "clearing"


CLEARING = "clearing"
BANK = "bank"
SAFE = "cash:safe"
ACQUIRER = "card:acquirer"
PSP = "card:psp"
CHEQUES = "cheque:portfolio"
TRANSFERS = "transfer:expected"
IN_TRANSIT = "in_transit"
SUSPENSE = "suspense"
STOCK_OWN = "stock:own"
VAT_OUT = "vat:out"
VAT_IN = "vat:in"
COMMISSION = "income:commission"
FEES = "income:fees"
SALES = "income:sales"
SHIPPING = "income:shipping"
SERVICES = "income:services"
GRANTS = "income:grant"
COST_CONSIGNED = "cost:consigned"
COST_OWN = "cost:own"
PROMOTION = "expense:promotion"
LOSS = "expense:loss"
DELIVERY = "expense:delivery"
DIFFERENCES = "differences"
ROUNDING = "rounding"
OVER_SHORT = "over_short"
STAMP_DUTY = "state:stamp_duty"
WITHHELD = "state:withheld"

# Family, or a whole name, to kind and PCGE number. A `?` asks the accountant to confirm.
_FAMILIES: dict[str, tuple[AccountKind, str]] = {
    "cash": (AccountKind.ASSET, "5161"),
    "bank": (AccountKind.ASSET, "5141"),
    "card": (AccountKind.ASSET, "5118"),
    "cheque": (AccountKind.ASSET, "51111"),
    "transfer": (AccountKind.ASSET, "5118"),
    "cod": (AccountKind.ASSET, "5118"),
    "in_transit": (AccountKind.LIABILITY, "5115"),
    "clearing": (AccountKind.CLEARING, ""),
    "suspense": (AccountKind.LIABILITY, "4497"),
    "owed": (AccountKind.LIABILITY, "4488"),
    "advance": (AccountKind.ASSET, "3411?"),
    "debt": (AccountKind.ASSET, "3488?"),
    "deposit": (AccountKind.LIABILITY, "4421"),
    "giftcard": (AccountKind.LIABILITY, "4421"),
    "credit": (AccountKind.LIABILITY, "4421"),
    "vat:out": (AccountKind.LIABILITY, "4455"),
    "vat:in": (AccountKind.ASSET, "34552"),
    "state": (AccountKind.LIABILITY, "4457"),
    "grant": (AccountKind.LIABILITY, "4491?"),
    "stock:own": (AccountKind.ASSET, "3111?"),
    "income:commission": (AccountKind.INCOME, "71272"),
    "income:fees": (AccountKind.INCOME, "71276?"),
    "income:sales": (AccountKind.INCOME, "7111"),
    "income:shipping": (AccountKind.INCOME, "71276"),
    "income:services": (AccountKind.INCOME, "71243"),
    "income:grant": (AccountKind.INCOME, "7161"),
    "cost:consigned": (AccountKind.EXPENSE, "6111"),
    "cost:own": (AccountKind.EXPENSE, "6114?"),
    "expense:card_fees": (AccountKind.EXPENSE, "6147"),
    "expense:delivery": (AccountKind.EXPENSE, "6142?"),
    "expense:stamp_duty": (AccountKind.EXPENSE, "6167?"),
    "expense": (AccountKind.EXPENSE, "6588?"),
    "differences": (AccountKind.EXPENSE, "6588?"),
    "rounding": (AccountKind.EXPENSE, "6588?"),
    "over_short": (AccountKind.EXPENSE, "6588?"),
}


def cash_of(register: str) -> str:
    """The drawer of a register."""
    return f"cash:{register}"


def owed_maker(maker_id: int) -> str:
    """What the hub owes a maker."""
    return f"owed:m{maker_id}"


def owed_artisan(artisan_id: int) -> str:
    """What the hub owes a member of a cooperative that is paid to its members."""
    return f"owed:a{artisan_id}"


def gift_card(ref: str) -> str:
    """What a gift card is still good for; `ref` is the SHA-256 of its code."""
    return f"giftcard:{ref}"


def credit(ref: str) -> str:
    """What a customer may still spend of a store credit."""
    return f"credit:{ref}"


def deposit(order: str) -> str:
    """What was paid for a web order and is not a sale yet, or goes back; `order` is its number."""
    return f"deposit:{order}"


def cash_with(courier: str) -> str:
    """What a courier took at buyers' doors and has yet to bring."""
    return f"cod:{courier}"


def describe(code: str) -> tuple[AccountKind, str]:
    """Kind and PCGE number of an account; ValueError for a name that is in no family."""
    for name in (code, code.split(":", 1)[0]):
        if name in _FAMILIES:
            return _FAMILIES[name]
    raise ValueError(f"No account is named {code}.")
