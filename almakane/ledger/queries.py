"""Balances, and what waits: a seal's totals plus the rows since, never a mutable total."""

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import rows

_SIDES = """
SELECT a.code,
       COALESCE(b.debit, 0) + COALESCE((SELECT SUM(p.amount) FROM posting p
           WHERE p.debit_id = a.id AND p.entry_id > COALESCE(s.last_entry_id, 0)), 0),
       COALESCE(b.credit, 0) + COALESCE((SELECT SUM(p.amount) FROM posting p
           WHERE p.credit_id = a.id AND p.entry_id > COALESCE(s.last_entry_id, 0)), 0)
FROM account a
LEFT JOIN seal_balance b ON b.account_id = a.id
     AND b.seal_id = (SELECT MAX(seal_id) FROM seal_balance WHERE account_id = a.id)
LEFT JOIN seal s ON s.id = b.seal_id
WHERE {which}
"""
_OF_ONE = _SIDES.format(which="a.id = ?")
_BY_CODE = _SIDES.format(which="a.hub_id = ? AND a.code = ?")
_BY_CODES = _SIDES.format(which="a.hub_id = ? AND a.code IN (??)")
_BY_PREFIX = _SIDES.format(
    which="a.hub_id = ? AND substr(a.code, 1, CAST(? AS INTEGER)) = ? ORDER BY a.code"
)


class Sides(NamedTuple):
    """An account's whole debits and credits, in centimes."""

    debit: int
    credit: int

    @property
    def net(self) -> int:
        """Debits less credits: positive for what the house has or has spent."""
        return self.debit - self.credit


def sides(session: Session, account_id: int) -> Sides:
    """All that was ever debited and credited to an account, read from its last seal on."""
    [(_code, debit, credit)] = rows(session, _OF_ONE, (account_id,))
    return Sides(int(debit), int(credit))


def balance(session: Session, hub_id: int, code: str) -> int:
    """Debits less credits of an account by name, 0 where nothing was ever posted to it."""
    found = rows(session, _BY_CODE, (hub_id, code))
    return int(found[0][1] - found[0][2]) if found else 0


def balances(session: Session, hub_id: int, prefix: str = "") -> dict[str, int]:
    """Account name to debits less credits, for all names that begin so."""
    found = rows(session, _BY_PREFIX, (hub_id, len(prefix), prefix))
    return {code: int(debit - credit) for code, debit, credit in found}


def balances_of(session: Session, hub_id: int, codes: list[str]) -> dict[str, int]:
    """Account name to debits less credits, for those of the names that there is an account of."""
    found = rows(session, _BY_CODES, (hub_id, codes))
    return {code: int(debit - credit) for code, debit, credit in found}


_TURNOVER = """
SELECT day, code, SUM(amount) FROM (
    SELECT t.day AS day, a.code AS code, t.credit - t.debit AS amount
    FROM seal_turnover t JOIN account a ON a.id = t.account_id
    WHERE a.hub_id = ? AND a.kind IN ('income', 'expense') AND t.day >= ? AND t.day <= ?
    UNION ALL
    SELECT e.day, a.code, p.amount FROM entry e JOIN posting p ON p.entry_id = e.id
    JOIN account a ON a.id = p.credit_id
    WHERE +e.hub_id = ? AND a.kind IN ('income', 'expense') AND e.id > ?
      AND e.day >= ? AND e.day <= ?
    UNION ALL
    SELECT e.day, a.code, -p.amount FROM entry e JOIN posting p ON p.entry_id = e.id
    JOIN account a ON a.id = p.debit_id
    WHERE +e.hub_id = ? AND a.kind IN ('income', 'expense') AND e.id > ?
      AND e.day >= ? AND e.day <= ?
) moved GROUP BY day, code ORDER BY day, code
"""


def turnover(session: Session, hub_id: int, first: date, last: date) -> list[tuple[date, str, int]]:
    """Trading day, income or cost account, and credits less debits, from a day to a day."""
    found = rows(
        session, "SELECT COALESCE(MAX(last_entry_id), 0) FROM seal WHERE hub_id = ?", (hub_id,)
    )
    cut, days = int(found[0][0]), (first.isoformat(), last.isoformat())
    moved = rows(session, _TURNOVER, (hub_id, *days, hub_id, cut, *days, hub_id, cut, *days))
    return [
        (date.fromisoformat(day) if isinstance(day, str) else day, code, int(amount))
        for day, code, amount in moved
    ]


# Of a known day that is to come, and of days not known yet: each has its part of an index, and
# what was to be had long ago is not read.
_WAITS = """(
    SELECT id, paid_to, net, available_on FROM earning WHERE maker_id = ? AND available_on > ?
    UNION ALL
    SELECT id, paid_to, net, available_on FROM earning WHERE maker_id = ? AND available_on IS NULL
) e LEFT JOIN release r ON r.earning_id = e.id
LEFT JOIN earning_share s ON s.earning_id = e.id AND e.paid_to = 'members'
WHERE r.available_on IS NULL OR r.available_on > ?"""
_WAITING = f"""
SELECT e.id, s.artisan_id, e.paid_to, e.net, s.amount, COALESCE(r.available_on, e.available_on)
FROM {_WAITS}
"""
_TAKEN = """
SELECT c.earning_id, 0, SUM(c.net) FROM earning_change c WHERE c.earning_id IN (??)
GROUP BY c.earning_id
UNION ALL
SELECT c.earning_id, s.artisan_id, SUM(s.amount) FROM earning_change c
JOIN earning_change_share s ON s.change_id = c.id WHERE c.earning_id IN (??)
GROUP BY c.earning_id, s.artisan_id
"""


class Waiting(NamedTuple):
    """What is left of an earning that may not be paid yet; `on` is None while nobody knows when."""

    artisan_id: int | None
    amount: int
    on: date | None


def waiting(session: Session, maker_id: int, day: date) -> list[Waiting]:
    """What waits on a maker's account, and on her members', at the end of a day."""
    at = day.isoformat()
    found = rows(session, _WAITING, (maker_id, at, maker_id, at))
    ids = sorted({row[0] for row in found})
    taken: dict[tuple[int, int], int] = {}
    for start in range(0, len(ids), 5_000):
        part = ids[start : start + 5_000]
        for earning, artisan, amount in rows(session, _TAKEN, (part, part)):
            taken[earning, artisan] = int(amount)
    waits = []
    for earning, artisan, paid_to, net, share, on in found:
        to_member = paid_to == "members" and artisan is not None
        whole = share if to_member else net
        amount = whole - taken.get((earning, artisan if to_member else 0), 0)
        when = date.fromisoformat(on) if isinstance(on, str) else on
        if amount:
            waits.append(Waiting(artisan if to_member else None, int(amount), when))
    return waits


_WAITING_BY_DAY = f"""
SELECT s.artisan_id, COALESCE(r.available_on, e.available_on), COUNT(*),
       SUM(CASE WHEN s.artisan_id IS NULL THEN e.net - COALESCE((
           SELECT SUM(c.net) FROM earning_change c WHERE c.earning_id = e.id), 0)
       ELSE s.amount - COALESCE((
           SELECT SUM(b.amount) FROM earning_change c JOIN earning_change_share b
           ON b.change_id = c.id AND b.artisan_id = s.artisan_id WHERE c.earning_id = e.id), 0) END)
FROM {_WAITS}
GROUP BY s.artisan_id, COALESCE(r.available_on, e.available_on)
"""


class WaitingDay(NamedTuple):
    """What waits on one account until one day, and of how many lines; as `Waiting` otherwise."""

    artisan_id: int | None
    on: date | None
    lines: int
    amount: int


def waiting_by_day(session: Session, maker_id: int, day: date) -> list[WaitingDay]:
    """The same as `waiting`, put together by account and day in the database."""
    at = day.isoformat()
    asked = (maker_id, at, maker_id, at)
    return [
        WaitingDay(
            artisan, date.fromisoformat(on) if isinstance(on, str) else on, int(lines), int(amount)
        )
        for artisan, on, lines, amount in rows(session, _WAITING_BY_DAY, asked)
        if amount
    ]
