"""The tax within a price: which rate a line has, by the seller's status and the product's class."""

from typing import NamedTuple

from almakane.money import inside


class LineTax(NamedTuple):
    """A rate in basis points, and the code that prints as the law's words where there is none."""

    rate_bp: int
    code: str


EXEMPT_BY_NATURE = "art91"  # handmade rugs of local production, CGI art. 91-I-C-4
EXEMPT_SELLER = "exempt_seller"  # a cooperative or artisan below the thresholds


def line_tax(tax_class: str, seller_liable: bool, vat_bp: int, reduced_bp: int) -> LineTax:
    """The tax of a line: the seller is the maker in regime B, the hub in A and C."""
    if tax_class == "exempt":
        return LineTax(0, EXEMPT_BY_NATURE)
    if not seller_liable:
        return LineTax(0, EXEMPT_SELLER)
    if tax_class == "reduced":
        return LineTax(reduced_bp, f"vat{reduced_bp}")
    return LineTax(vat_bp, f"vat{vat_bp}")


def tax_of(total: int, tax: LineTax) -> int:
    """The tax that a line's total contains, in centimes."""
    return inside(total, tax.rate_bp)
