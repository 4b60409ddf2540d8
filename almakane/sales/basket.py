"""What is due for a basket, what cash rounding makes of it, and what change there is."""

from collections.abc import Sequence
from typing import NamedTuple

from almakane.errors import Refusal
from almakane.money import allocate, to_step


class Settled(NamedTuple):
    """What a basket comes to in the end, in centimes: due = total + rounding."""

    rounding: int
    due: int
    change: int


def divide_discount(totals: Sequence[int], discount: int) -> list[int]:
    """A discount on the whole basket over its lines, a tie to the lowest line."""
    if not 0 <= discount <= sum(totals):
        raise Refusal("A discount is at most the basket's total.", field="discount")
    return allocate(discount, totals) if discount else [0] * len(totals)


def settle(total: int, other_tenders: int, cash_given: int, cash_step: int) -> Settled:
    """
    Settle a total by other tenders first, then cash, which alone is rounded and gives change.

    Amounts are signed: money out is negative. Raises Refusal where too little was given, where
    a tender other than cash is more than what is due or goes the other way, and where money that
    goes out is not what is due to the step.
    """
    in_cash = total - other_tenders
    if not min(total, 0) <= other_tenders <= max(total, 0):
        raise Refusal("Only cash gives change.", field="tenders")
    rounded = to_step(in_cash, cash_step)
    if (in_cash and not cash_given) or cash_given < rounded:
        raise Refusal("The basket is not paid yet.", field="tenders")
    if total < 0 and cash_given != rounded:
        raise Refusal("What goes out is what is due, no more and no less.", field="tenders")
    return Settled(rounded - in_cash, other_tenders + rounded, cash_given - rounded)
