"""
How far the house carries itself: its share against what it costs, and the way to all of it.

A share of 64 000.00 against costs of 100 000.00 carries 64 %. The way goes straight from nothing at
the opening to 100 % at the end of month 36: 33.33 % at month 12. Grants are no share, and the
makers' money is nobody's but theirs. A month whose costs nobody entered is left out, with its
share: it would look as if the house had cost nothing.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from almakane.money import BASIS, divide

GOAL = 36  # months from the opening
YEAR = 12


class Month(NamedTuple):
    """A month of the house in centimes; its costs are None where nobody entered any."""

    first: date
    sold: int
    share: int
    cost: int | None
    trade_cost: int = 0  # of it, what is neither training nor support


class Stretch(NamedTuple):
    """Months put together: those whose costs are known, and which were left out."""

    months: int
    missing: tuple[date, ...]
    sold: int
    share: int
    cost: int
    trade_cost: int

    @property
    def carried(self) -> int | None:
        """How much of the costs the share carries, in basis points; None without costs."""
        return carried(self.share, self.cost)

    @property
    def trade_carried(self) -> int | None:
        """The same of what trading costs, without training and support."""
        return carried(self.share, self.trade_cost)

    @property
    def lacks(self) -> int:
        """What is missing to the costs in a month; below zero where something is left over."""
        return divide(self.cost - self.share, self.months) if self.months else 0

    @property
    def needs_sales(self) -> int | None:
        """The sales of a month that carry its costs, if the house keeps as much of them as now."""
        if self.share <= 0 or not self.months:
            return None
        return -(-self.cost * self.sold // (self.share * self.months))

    @property
    def kept(self) -> int | None:
        """How much of its sales the house keeps, in basis points."""
        return divide(self.share * BASIS, self.sold) if self.sold > 0 else None

    def a_month(self, amount: int) -> int:
        """An amount of these months as that of one."""
        return divide(amount, self.months) if self.months else 0


class Point(NamedTuple):
    """How far the house carried itself at the end of a month, the nth since its opening."""

    n: int
    month: Month
    alone: int | None  # that month by itself
    year: int | None  # with the eleven before it, so far as their costs are known

    @property
    def planned(self) -> int:
        """How far the way is then."""
        return planned(self.n)

    @property
    def ahead(self) -> int | None:
        """By how much the year is ahead of the way, in basis points."""
        return None if self.year is None else self.year - self.planned

    @property
    def to_go(self) -> int:
        """How many months are left."""
        return max(0, GOAL - self.n)


def carried(share: int, cost: int) -> int | None:
    """The part of a cost that a share carries, in basis points, rounded; None where it is none."""
    return divide(share * BASIS, cost) if cost > 0 else None


def planned(n: int) -> int:
    """How far the house is to carry itself at the end of its nth month, in basis points."""
    return divide(BASIS * min(max(n, 0), GOAL), GOAL)


def whole(basis_points: int) -> int:
    """A rate without its decimals, still in basis points: what a sentence says."""
    return divide(basis_points, 100) * 100


def stretch(months: Sequence[Month]) -> Stretch:
    """The last twelve of those months, put together."""
    last = months[-YEAR:]
    known = [month for month in last if month.cost is not None]
    return Stretch(
        len(known),
        tuple(month.first for month in last if month.cost is None),
        sum(month.sold for month in known),
        sum(month.share for month in known),
        sum(month.cost or 0 for month in known),
        sum(month.trade_cost for month in known),
    )


def way(months: Sequence[Month]) -> list[Point]:
    """Each month of the house, from its opening on, with how far it carried itself then."""
    return [
        Point(
            n,
            month,
            carried(month.share, month.cost) if month.cost is not None else None,
            stretch(months[:n]).carried if month.cost is not None else None,
        )
        for n, month in enumerate(months, 1)
    ]
