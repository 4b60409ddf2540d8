"""Balances, and what waits: a seal's totals plus the rows since, never a mutable total."""

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import rows

_SINCE = """
SELECT COALESCE((SELECT SUM(amount) FROM posting WHERE debit_id = ? AND entry_id > ?), 0),
       COALESCE((SELECT SUM(amount) FROM posting WHERE credit_id = ? AND entry_id > ?), 0)
"""
_LAST_SEALED = """
SELECT b.debit, b.credit, s.last_entry_id FROM seal_balance b JOIN seal s ON s.id = b.seal_id
WHERE b.account_id = ? ORDER BY b.seal_id DESC LIMIT 1
"""


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
    sealed = rows(session, _LAST_SEALED, (account_id,))
    debit, credit, cut = sealed[0] if sealed else (0, 0, 0)
    [(debit_since, credit_since)] = rows(session, _SINCE, (account_id, cut, account_id, cut))
    return Sides(int(debit + debit_since), int(credit + credit_since))


def balance(session: Session, hub_id: int, code: str) -> int:
    """Debits less credits of an account by name, 0 where nothing was ever posted to it."""
    found = rows(session, "SELECT id FROM account WHERE hub_id = ? AND code = ?", (hub_id, code))
    return sides(session, found[0][0]).net if found else 0


def balances(session: Session, hub_id: int, prefix: str = "") -> dict[str, int]:
    """Account name to debits less credits, for all names that begin so."""
    found = rows(
        session,
        "SELECT code, id FROM account WHERE hub_id = ? AND substr(code, 1, ?) = ? ORDER BY code",
        (hub_id, len(prefix), prefix),
    )
    return {code: sides(session, account_id).net for code, account_id in found}


_WAITING = """
SELECT e.id, e.maker_id, s.artisan_id, e.paid_to, e.net, s.amount,
       COALESCE(r.available_on, e.available_on)
FROM earning e LEFT JOIN release r ON r.earning_id = e.id
LEFT JOIN earning_share s ON s.earning_id = e.id AND e.paid_to = 'members'
WHERE e.maker_id = ? AND (e.available_on IS NULL OR e.available_on > ?)
  AND (r.available_on IS NULL OR r.available_on > ?)
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
    found = rows(session, _WAITING, (maker_id, day.isoformat(), day.isoformat()))
    ids = sorted({row[0] for row in found})
    taken: dict[tuple[int, int], int] = {}
    for start in range(0, len(ids), 5_000):
        part = ids[start : start + 5_000]
        for earning, artisan, amount in rows(session, _TAKEN, (part, part)):
            taken[earning, artisan] = int(amount)
    waits = []
    for earning, _maker, artisan, paid_to, net, share, on in found:
        to_member = paid_to == "members" and artisan is not None
        whole = share if to_member else net
        amount = whole - taken.get((earning, artisan if to_member else 0), 0)
        when = date.fromisoformat(on) if isinstance(on, str) else on
        if amount:
            waits.append(Waiting(artisan if to_member else None, int(amount), when))
    return waits
