"""
A statement is a period of a maker's account: opening, rows, closing, then what may be paid.

Gross first, deductions as visible rows: nothing is hidden between a price and what a maker gets.
Amounts are centimes, positive for what the hub owes.
"""

from datetime import date
from typing import NamedTuple


class Row(NamedTuple):
    """
    One line sold, lost or taken back, or another entry; `amount` is its effect on the account.

    For a line: gross + promotion + vat_in - commission - commission_vat - fees - fees_vat = net,
    and net = amount + onward, where `onward` is owed to the members instead, each on an account of
    her own. On such an account `gross` is her part of the net. Any other entry has its amount only.
    """

    entry_id: int
    day: date
    document: str
    kind: str
    title: str
    quantity: int
    gross: int
    promotion: int
    commission: int
    commission_vat: int
    fees: int
    fees_vat: int
    vat_in: int
    amount: int
    onward: int = 0
    lot_code: str = ""


class Totals(NamedTuple):
    """How many rows a statement has, and what each of their columns comes to."""

    rows: int = 0
    gross: int = 0
    promotion: int = 0
    commission: int = 0
    commission_vat: int = 0
    fees: int = 0
    fees_vat: int = 0
    vat_in: int = 0
    amount: int = 0
    onward: int = 0
    used: frozenset[str] = frozenset()  # the columns that are not 0 in every row


class Column(NamedTuple):
    """A column of amounts on paper: parts of a row, given to the maker or taken from her."""

    name: str
    parts: tuple[str, ...]
    sign: int

    def amount(self, row: Row | Totals) -> int:
        """What stands in it; a deduction is below zero."""
        return self.sign * sum(int(getattr(row, part)) for part in self.parts)


COLUMNS = (
    Column("gross", ("gross",), 1),
    Column("promotion", ("promotion",), 1),
    Column("commission", ("commission",), -1),
    Column("fees", ("fees",), -1),
    Column("vat", ("commission_vat", "fees_vat"), -1),
    Column("vat_in", ("vat_in",), 1),
    Column("onward", ("onward",), -1),
)


def columns_of(totals: Totals) -> list[Column]:
    """The columns that a statement needs before the one with the amount; at a member's none."""
    used = [column for column in COLUMNS if not totals.used.isdisjoint(column.parts)]
    return [] if [column.name for column in used] == ["gross"] else used


def available(closing_amount: int, waiting: int) -> int:
    """What may be paid out; below zero where the account is overdrawn."""
    return closing_amount - waiting
