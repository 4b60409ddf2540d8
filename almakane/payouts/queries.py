"""What statements, makers' pages and the hub's share show, read from the money book alone."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.db import rows
from almakane.ledger import chart
from almakane.ledger.queries import balances, turnover
from almakane.payouts.models import Statement
from almakane.payouts.statement import Row

_PAGE = 2_000

# A maker's account: her lines, what refunds took back of them, and every other entry by its sum.
_MAKER_ROWS = """
SELECT e.entry_id, e.day, e.document, e.kind, e.title, e.quantity, e.gross, e.promotion,
       e.commission, e.commission_vat, e.fees, e.fees_vat, e.vat_in,
       CASE WHEN e.paid_to = 'members' THEN 0 ELSE e.net END, e.line
FROM earning e WHERE e.maker_id = ? AND e.entry_id > ? AND e.entry_id <= ?
UNION ALL
SELECT c.entry_id, c.day, c.document, 'refund', e.title, -c.quantity, -c.gross, -c.promotion,
       -c.commission, -c.commission_vat, -c.fees, -c.fees_vat, -c.vat_in,
       CASE WHEN e.paid_to = 'members' THEN 0 ELSE -c.net END, c.line
FROM earning_change c JOIN earning e ON e.id = c.earning_id
WHERE e.maker_id = ? AND c.entry_id > ? AND c.entry_id <= ?
"""
_ARTISAN_ROWS = """
SELECT e.entry_id, e.day, e.document, e.kind, e.title, e.quantity, s.amount, 0, 0, 0, 0, 0, 0,
       s.amount, e.line
FROM earning_share s JOIN earning e ON e.id = s.earning_id
WHERE s.artisan_id = ? AND e.paid_to = 'members' AND e.entry_id > ? AND e.entry_id <= ?
UNION ALL
SELECT c.entry_id, c.day, c.document, 'refund', e.title, -c.quantity, -s.amount, 0, 0, 0, 0, 0, 0,
       -s.amount, c.line
FROM earning_share m JOIN earning e ON e.id = m.earning_id
JOIN earning_change c ON c.earning_id = e.id
JOIN earning_change_share s ON s.change_id = c.id AND s.artisan_id = m.artisan_id
WHERE m.artisan_id = ? AND e.paid_to = 'members' AND c.entry_id > ? AND c.entry_id <= ?
"""
_OTHER_ROWS = """
SELECT e.id, e.day, e.document, e.kind, '', 0, 0, 0, 0, 0, 0, 0, 0, SUM(moved.amount), ''
FROM (SELECT entry_id, amount FROM posting
      WHERE credit_id = ? AND entry_id > ? AND entry_id <= ?
      UNION ALL
      SELECT entry_id, -amount FROM posting
      WHERE debit_id = ? AND entry_id > ? AND entry_id <= ?) moved
JOIN entry e ON e.id = moved.entry_id
WHERE e.kind NOT IN ('sale', 'refund', 'exchange', 'loss')
GROUP BY e.id, e.day, e.document, e.kind
"""


def statement_rows(
    session: Session, statement: Statement, *, limit: int | None = None, offset: int = 0
) -> Iterator[Row]:
    """
    The rows of a statement in the order they were recorded, a page of them at a time.

    They are read again from the books each time; the cut by entry id makes them always the same.
    """
    cut = (statement.from_entry_id, statement.to_entry_id)
    account = statement.account_id
    if statement.artisan_id is not None:
        sql, of = _ARTISAN_ROWS, statement.artisan_id
    else:
        sql, of = _MAKER_ROWS, statement.maker_id
    sql = f"{sql} UNION ALL {_OTHER_ROWS} ORDER BY 1, 15 LIMIT ? OFFSET ?"
    values = (of, *cut, of, *cut, account, *cut, account, *cut)
    while limit is None or limit > 0:
        size = _PAGE if limit is None else min(limit, _PAGE)
        found = rows(session, sql, (*values, size, offset))
        for row in found:
            day = date.fromisoformat(row[1]) if isinstance(row[1], str) else row[1]
            cells: list[Any] = [row[0], day, *row[2:13], int(row[13])]
            yield Row(*cells)
        if len(found) < size:
            return
        offset += size
        limit = None if limit is None else limit - size


def count_rows(session: Session, statement: Statement) -> int:
    """How many rows a statement has."""
    cut = (statement.from_entry_id, statement.to_entry_id)
    account = statement.account_id
    artisan = statement.artisan_id is not None
    of = statement.artisan_id if artisan else statement.maker_id
    sql = f"{_ARTISAN_ROWS if artisan else _MAKER_ROWS} UNION ALL {_OTHER_ROWS}"
    [(count,)] = rows(
        session,
        f"SELECT COUNT(*) FROM ({sql}) counted",
        (of, *cut, of, *cut, account, *cut, account, *cut),
    )
    return int(count)


class MakerBalance(NamedTuple):
    """What the hub owes a maker and her members, in centimes; available = owed - waiting."""

    maker: Maker
    owed: int
    waiting: int

    @property
    def available(self) -> int:
        """What may be paid out today."""
        return self.owed - self.waiting


_WAITING = """
SELECT e.maker_id, SUM(e.net) - COALESCE(SUM((SELECT SUM(c.net) FROM earning_change c
                                               WHERE c.earning_id = e.id)), 0)
FROM earning e LEFT JOIN release r ON r.earning_id = e.id
WHERE e.hub_id = ? AND (e.available_on IS NULL OR e.available_on > ?)
  AND (r.available_on IS NULL OR r.available_on > ?)
GROUP BY e.maker_id
"""


def maker_balances(session: Session, hub_id: int, day: date) -> list[MakerBalance]:
    """Every maker with what is owed and what waits on a day, members included."""
    owed = balances(session, hub_id, "owed:")
    waits = {
        maker: int(amount)
        for maker, amount in rows(session, _WAITING, (hub_id, day.isoformat(), day.isoformat()))
    }
    members: dict[int, list[int]] = {}
    for artisan_id, maker_id in rows(
        session, "SELECT id, maker_id FROM artisan WHERE hub_id = ?", (hub_id,)
    ):
        members.setdefault(maker_id, []).append(artisan_id)
    makers = session.scalars(select(Maker).where(Maker.hub_id == hub_id).order_by(Maker.id))
    return [
        MakerBalance(
            maker,
            -owed.get(chart.owed_maker(maker.id), 0)
            - sum(
                owed.get(chart.owed_artisan(artisan), 0) for artisan in members.get(maker.id, [])
            ),
            waits.get(maker.id, 0),
        )
        for maker in makers
    ]


class Share(NamedTuple):
    """The hub's share of a period: its parts in centimes, promotion as a cost."""

    commission: int = 0
    fees: int = 0
    margin: int = 0  # what was sold in the hub's own name, less what it cost
    services: int = 0
    promotion: int = 0

    @property
    def total(self) -> int:
        """Income less cost less promotion (POSTINGS, rules behind the numbers)."""
        return self.commission + self.fees + self.margin + self.services - self.promotion


_PART_OF = {
    chart.COMMISSION: "commission",
    chart.FEES: "fees",
    chart.SALES: "margin",
    chart.COST_CONSIGNED: "margin",
    chart.COST_OWN: "margin",
    chart.SHIPPING: "services",
    chart.SERVICES: "services",
    chart.PROMOTION: "promotion",
}


def hub_share(session: Session, hub_id: int, first: date, last: date) -> dict[date, Share]:
    """Trading day to the hub's share; days without trade are left out."""
    days: dict[date, dict[str, int]] = {}
    for day, code, amount in turnover(session, hub_id, first, last):
        part = _PART_OF.get(code)
        if part:
            parts = days.setdefault(day, {})
            signed = -amount if part == "promotion" else amount
            parts[part] = parts.get(part, 0) + signed
    return {day: Share(**parts) for day, parts in sorted(days.items())}


def by_month(days: dict[date, Share]) -> dict[date, Share]:
    """The same by month, named by its first day."""
    months: dict[date, list[Share]] = {}
    for day, share in days.items():
        months.setdefault(day.replace(day=1), []).append(share)
    return {
        month: Share(*(sum(parts) for parts in zip(*shares, strict=True)))
        for month, shares in sorted(months.items())
    }
