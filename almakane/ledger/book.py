"""
The money book's grammar: a posting takes an amount from one account to another.

`Posting("cash:T1", "clearing", 1000_00)` debits the till and credits clearing. A posting is a
pair, so half of one cannot be written; a balance is debits less credits.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Posting(NamedTuple):
    """One pair: debits `debit`, credits `credit`, by `amount` > 0 centimes."""

    debit: str
    credit: str
    amount: int
    line: int = 0  # the document's line it belongs to; a returned line is negative; 0: the whole


def pair(debit: str, credit: str, amount: int, line: int = 0) -> list[Posting]:
    """A posting of a signed amount: turned round when negative, none when zero."""
    if amount > 0:
        return [Posting(debit, credit, amount, line)]
    if amount < 0:
        return [Posting(credit, debit, -amount, line)]
    return []


def reverse(postings: Iterable[Posting]) -> list[Posting]:
    """The same postings turned round, which undo them."""
    return [Posting(p.credit, p.debit, p.amount, p.line) for p in postings]


def net(postings: Iterable[Posting], account: str) -> int:
    """What postings add to an account, debits less credits, in centimes."""
    total = 0
    for debit, credit, amount, _line in postings:
        if debit == account:
            total += amount
        if credit == account:
            total -= amount
    return total
