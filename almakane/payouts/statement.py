"""
A statement is a period of a maker's account: opening, rows, closing, then what may be paid.

Gross first, deductions as visible rows: nothing is hidden between a price and what a maker gets.
Amounts are centimes, positive for what the hub owes.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Row(NamedTuple):
    """
    One line sold, lost or taken back, or another entry; `amount` is its effect on the account.

    For a line: gross + promotion + vat_in - commission - commission_vat - fees - fees_vat = net,
    and `amount` is the net, but for what goes on to members. Any other entry has its amount only.
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


def closing(opening: int, rows: Iterable[Row]) -> int:
    """What the account comes to after those rows."""
    return opening + sum(row.amount for row in rows)


def available(closing_amount: int, waiting: int) -> int:
    """What may be paid out; below zero where the account is overdrawn."""
    return closing_amount - waiting
