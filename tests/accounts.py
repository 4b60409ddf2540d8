"""Reading the money book as an accountant does: an entry's rows, and tables to compare with."""

from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import Model, rows
from tests.factories import mad

Row = tuple[str, str, int]  # debit, credit, centimes

_ROWS = """
SELECT debit.code, credit.code, posting.amount FROM posting
JOIN account debit ON debit.id = posting.debit_id
JOIN account credit ON credit.id = posting.credit_id
WHERE posting.entry_id = ?
"""
_CREDIT_SIDE = ("income", "owed", "vat:out", "deposit", "giftcard", "credit")


def entry_rows(session: Session, entry_id: int) -> list[Row]:
    """Every posting of an entry, sorted: what it debits, what it credits, how much."""
    return sorted(tuple(row) for row in rows(session, _ROWS, (entry_id,)))


def sale_rows(session: Session, sale_id: int) -> list[Row]:
    """The postings of a ticket's entry."""
    [(entry_id,)] = rows(session, "SELECT entry_id FROM sale WHERE id = ?", (sale_id,))
    return entry_rows(session, entry_id)


def document_rows(session: Session, document: str) -> list[Row]:
    """The postings of the one entry that bears a document's number."""
    [(entry_id,)] = rows(session, "SELECT id FROM entry WHERE document = ?", (document,))
    return entry_rows(session, entry_id)


def added(entry: list[Row], account: str) -> int:
    """What rows add to an account, on the side where it usually stands."""
    debits = sum(amount for debit, _, amount in entry if debit == account)
    credits = sum(amount for _, credit, amount in entry if credit == account)
    return credits - debits if account.startswith(_CREDIT_SIDE) else debits - credits


def turned_round(entry: list[Row]) -> list[Row]:
    """The rows that undo these."""
    return sorted((credit, debit, amount) for debit, credit, amount in entry)


class Column(NamedTuple):
    """One column of a worked table: the rows of one entry, and what it adds to balances."""

    rows: list[Row]
    adds: dict[str, int]


def column(table: str, title: str, **names: int) -> Column:
    """
    Read one column of a table of worked postings.

    `names` says who is who: `m=7` reads `owed:m` as `owed:m7`, `a1=3` reads `owed:a1` as `owed:a3`.
    """
    head, _, *lines = ([c.strip() for c in line.split("|")[1:-1]] for line in _lines(table))
    at = head.index(title)
    real = {f"owed:{name}": f"owed:{name[0]}{number}" for name, number in names.items()}
    real |= {"cash:r1": "cash:T1"}
    entry: list[Row] = []
    adds: dict[str, int] = {}
    for debit, credit, *amounts in lines:
        amount = amounts[at - 2]
        if amount and debit.startswith("= "):
            name = debit.removeprefix("= ")
            adds[real.get(name, name)] = mad(amount)
        elif amount:
            entry.append((real.get(debit, debit), real.get(credit, credit), mad(amount)))
    return Column(sorted(entry), adds)


def _lines(table: str) -> list[str]:
    return [line for line in table.strip().splitlines() if line.startswith("|")]


_WRONG_LEVELS = """
SELECT lot_id, place_id, SUM(quantity) FROM (
    SELECT lot_id, target_id AS place_id, quantity FROM stock_move
    UNION ALL SELECT lot_id, source_id, -quantity FROM stock_move
    UNION ALL SELECT lot_id, place_id, -quantity FROM stock_level
) moved GROUP BY lot_id, place_id HAVING SUM(quantity) <> 0
"""
_OWED = """
SELECT COALESCE(SUM(net), 0) FROM (
    SELECT net FROM earning
    UNION ALL SELECT -c.net FROM earning_change c
) earned
"""
_POSTED = """
SELECT COALESCE(SUM(amount), 0) FROM posting JOIN account ON account.id = {}
WHERE code LIKE 'owed:%'
"""
_WRONG_SHARES = """
SELECT e.id FROM earning e JOIN earning_share s ON s.earning_id = e.id
GROUP BY e.id, e.net HAVING SUM(s.amount) <> e.net
"""
_CLEARING = """
SELECT entry_id, SUM(CASE WHEN d.code = 'clearing' THEN amount ELSE 0 END)
    - SUM(CASE WHEN c.code = 'clearing' THEN amount ELSE 0 END)
FROM posting JOIN account d ON d.id = debit_id JOIN account c ON c.id = credit_id
GROUP BY entry_id
"""


def assert_sound(session: Session) -> None:
    """
    Both books agree with themselves and each other, by plain sums over all rows.

    For shops where makers were owed by sales and losses alone, and nothing was paid out.
    """
    assert rows(session, _WRONG_LEVELS) == []
    assert rows(session, _WRONG_SHARES) == []
    assert {clearing for _entry, clearing in rows(session, _CLEARING)} <= {0}
    [(credit,)] = rows(session, _POSTED.format("credit_id"))
    [(debit,)] = rows(session, _POSTED.format("debit_id"))
    [(earned,)] = rows(session, _OWED)
    assert credit - debit == earned


def count_rows(session: Session) -> dict[str, int]:
    """How many rows every table has."""
    return {
        table: rows(session, f"SELECT COUNT(*) FROM {table}")[0][0]
        for table in sorted(Model.metadata.tables)
    }
