"""
What was sold and whose it is, by day, maker and craft: read from the money book's room alone.

Income and costs are those of the accounts, so they are the trial balance's; what makers are owed is
that of their earnings. Sold = owed + VAT + cost + share in every row, but for what was corrected by
an entry without a line: it has a row, and a column, of its own.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import rows
from almakane.ledger import chart
from almakane.ledger.queries import turnover
from almakane.payouts.months import month_of
from almakane.payouts.queries import Share, share_of_day


class Split(NamedTuple):
    """
    What was sold, and whose it is, in centimes.

    `sold` holds a price as its seller has it: with the maker's own VAT where she is the seller,
    without the house's where the house is. `vat` is that of commission and fees.
    """

    sold: int = 0
    owed: int = 0
    vat: int = 0
    cost: int = 0  # of what the house had bought
    share: int = 0

    @property
    def corrected(self) -> int:
        """What entries without a line added to the share, or took from it."""
        return self.share - (self.sold - self.owed - self.vat - self.cost)


def add_splits(splits: Iterable[Split]) -> Split:
    """All of them together."""
    return Split(*(sum(column) for column in zip(*splits, strict=True)))


# What lines gave and refunds took back, bounded by the entries of the period: no other row is read.
_LINES = """
SELECT {by}, regime, SUM(gross), SUM(net), SUM(house), SUM(vat) FROM (
    SELECT e.day AS day, e.maker_id AS maker, e.craft AS craft, e.regime AS regime,
           e.gross AS gross, e.net AS net, e.commission + e.fees - e.promotion AS house,
           e.commission_vat + e.fees_vat - e.vat_in AS vat
    FROM earning e WHERE e.entry_id >= ? AND e.entry_id <= ?
      AND +e.hub_id = ? AND e.kind = 'sale' AND e.day >= ? AND e.day <= ?
    UNION ALL
    SELECT c.day, e.maker_id, e.craft, e.regime, -c.gross, -c.net,
           c.promotion - c.commission - c.fees, c.vat_in - c.commission_vat - c.fees_vat
    FROM earning_change c JOIN earning e ON e.id = c.earning_id
    WHERE c.entry_id >= ? AND c.entry_id <= ?
      AND +e.hub_id = ? AND c.day >= ? AND c.day <= ?
) line GROUP BY {by}, regime ORDER BY {by}, regime
"""
_ENTRIES = (
    "SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), -1) FROM entry "
    "WHERE hub_id = ? AND day >= ? AND day <= ?"
)


class _Line(NamedTuple):
    by: tuple[Any, ...]
    regime: str
    split: Split


def _lines(session: Session, hub_id: int, first: date, last: date, *by: str) -> list[_Line]:
    days = (first.isoformat(), last.isoformat())
    [between] = rows(session, _ENTRIES, (hub_id, *days))
    told = (*between, hub_id, *days)
    found = rows(session, _LINES.format(by=", ".join(by)), (*told, *told))
    return [
        _Line(
            tuple(names),
            regime,
            Split(sold=int(gross), owed=int(net), vat=int(vat), share=int(house)),
        )
        for *names, regime, gross, net, house, vat in found
    ]


class Day(NamedTuple):
    """A trading day: what was sold and whose it is, and what the house's share is made of."""

    split: Split
    share: Share


def days_of_trade(session: Session, hub_id: int, first: date, last: date) -> dict[date, Day]:
    """Trading day to what was sold; days without trade are left out."""
    moved: dict[date, dict[str, int]] = {}
    for day, code, amount in turnover(session, hub_id, first, last):
        moved.setdefault(day, {})[code] = amount
    lines: dict[date, list[_Line]] = {}
    for line in _lines(session, hub_id, first, last, "day"):
        lines.setdefault(_as_date(line.by[0]), []).append(line)
    found = {}
    for day in sorted(moved.keys() | lines.keys()):
        split, share = _of_accounts(moved.get(day, {}), lines.get(day, []))
        if any(split) or any(share):
            found[day] = Day(split, share)
    return found


def months_of_trade(days: dict[date, Day]) -> dict[date, Day]:
    """The same by month, named by its first day."""
    months: dict[date, list[Day]] = {}
    for day, told in days.items():
        months.setdefault(month_of(day), []).append(told)
    return {month: add_days(told) for month, told in sorted(months.items())}


def add_days(days: Iterable[Day]) -> Day:
    """All of them together."""
    told = [Day(Split(), Share()), *days]
    return Day(
        add_splits(day.split for day in told),
        Share(*(sum(column) for column in zip(*(day.share for day in told), strict=True))),
    )


def _of_accounts(moved: dict[str, int], lines: list[_Line]) -> tuple[Split, Share]:
    """What makers' lines say of a time, and what the accounts say besides."""
    told, share = add_splits([Split(), *(line.split for line in lines)]), share_of_day(moved)
    own, services = _own(moved, lines), _services(moved)
    whole = add_splits((told, own, services))
    return whole._replace(share=share.total), share


def _own(moved: dict[str, int], lines: list[_Line]) -> Split:
    """The goods of the house: its sales, but for those of what is still the makers'."""
    sold = moved.get(chart.SALES, 0) - sum(line.split.sold for line in lines if line.regime == "A")
    cost = -moved.get(chart.COST_OWN, 0)
    return Split(sold=sold, cost=cost, share=sold - cost)


def _services(moved: dict[str, int]) -> Split:
    sold = moved.get(chart.SERVICES, 0) + moved.get(chart.SHIPPING, 0)
    return Split(sold=sold, share=sold)


class Parts(NamedTuple):
    """A time's sales by maker or craft, and what has neither; together they are the whole."""

    of: dict[Any, Split]
    own: Split
    services: Split
    corrected: Split

    @property
    def whole(self) -> Split:
        """What the trial balance says of that time."""
        return add_splits((*self.of.values(), self.own, self.services, self.corrected))


def by_maker(session: Session, hub_id: int, first: date, last: date) -> Parts:
    """Maker to what was sold of hers."""
    return _parts(session, hub_id, first, last, "maker")


def by_craft(session: Session, hub_id: int, first: date, last: date) -> Parts:
    """Craft to what was sold of it."""
    return _parts(session, hub_id, first, last, "craft")


def _parts(session: Session, hub_id: int, first: date, last: date, by: str) -> Parts:
    lines = _lines(session, hub_id, first, last, by)
    moved: dict[str, int] = {}
    for _day, code, amount in turnover(session, hub_id, first, last):
        moved[code] = moved.get(code, 0) + amount
    of: dict[Any, Split] = {}
    for line in lines:
        of[line.by[0]] = add_splits((of.get(line.by[0], Split()), line.split))
    own, services = _own(moved, lines), _services(moved)
    told = add_splits((*of.values(), own, services))
    corrected = Split(share=share_of_day(moved).total - told.share)
    return Parts(of, own, services, corrected)


def largest_first(parts: Parts, name: Callable[[Any], str]) -> list[tuple[Any, Split]]:
    """What brought the house the most, first; equal ones in the order of their names."""
    return sorted(parts.of.items(), key=lambda pair: (-pair[1].share, name(pair[0])))


def _as_date(day: date | str) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day
