"""Drawing statements: an account cut by entry id, numbered without gaps, never changed."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import rows
from almakane.hubs.models import SeriesKind
from almakane.hubs.services import take_number
from almakane.ledger import chart
from almakane.ledger.queries import balances
from almakane.payouts.models import Statement
from almakane.payouts.queries import waiting_of_hub
from almakane.payouts.statement import available


def draw_statements(
    session: Session, hub_id: int, day: date, *, now: datetime, actor: str
) -> list[Statement]:
    """
    Draw the statement of every account that has moved, or still holds money, since its last one.

    One cut for all, taken under a lock, so that no late ticket falls between two statements.
    Drawing again without anything new gives none, and on the same day only those that moved since.
    """
    if session.connection().dialect.name != "sqlite":
        rows(session, "LOCK TABLE entry IN SHARE ROW EXCLUSIVE MODE")
    [(cut, seal_id)] = rows(
        session,
        "SELECT COALESCE(MAX(id), 0), (SELECT MAX(id) FROM seal WHERE hub_id = ?) "
        "FROM entry WHERE hub_id = ?",
        (hub_id, hub_id),
    )
    owed = balances(session, hub_id, "owed:")
    waits = waiting_of_hub(session, hub_id, day)
    lasts = _lasts(session, hub_id)
    drawn: list[Statement] = []
    for holder in _holders(session, hub_id):
        last = lasts.get(holder.account_id, _Last(0, 0, date.min))
        closing = -owed[holder.code]
        moved = holder.last_entry_id > last.to_entry_id
        held = (last.closing or closing) and last.to_entry_id < cut and last.day < day
        if not (moved or held):
            continue
        waits_here = waits.get((holder.maker_id, holder.artisan_id), 0)
        drawn.append(
            Statement(
                hub_id=hub_id,
                account_id=holder.account_id,
                maker_id=holder.maker_id,
                artisan_id=holder.artisan_id,
                day=day,
                from_entry_id=last.to_entry_id,
                to_entry_id=cut,
                opening=last.closing,
                closing=closing,
                waiting=waits_here,
                available=available(closing, waits_here),
                seal_id=seal_id,
                drawn_at=now,
                actor=actor,
            )
        )
    if drawn:
        first = take_number(session, hub_id, SeriesKind.STATEMENT, count=len(drawn))
        for number, statement in enumerate(drawn, first):
            statement.number = f"REL-{number:06d}"
        session.add_all(drawn)
        session.flush()
    return drawn


class _Holder(NamedTuple):
    """Whose account it is, and the last entry that moved it."""

    maker_id: int
    artisan_id: int | None
    code: str
    account_id: int
    last_entry_id: int


_ACCOUNTS = """
SELECT a.code, a.id, (SELECT MAX(p.entry_id) FROM posting p WHERE p.debit_id = a.id),
       (SELECT MAX(p.entry_id) FROM posting p WHERE p.credit_id = a.id)
FROM account a WHERE a.hub_id = ? AND substr(a.code, 1, 5) = 'owed:'
"""


def _holders(session: Session, hub_id: int) -> Iterator[_Holder]:
    """Each maker that has an account, her members behind her."""
    accounts = {
        code: (account_id, max(debited or 0, credited or 0))
        for code, account_id, debited, credited in rows(session, _ACCOUNTS, (hub_id,))
    }
    artisans: dict[int, list[int]] = {}
    for artisan, maker in rows(
        session, "SELECT id, maker_id FROM artisan WHERE hub_id = ? ORDER BY id", (hub_id,)
    ):
        artisans.setdefault(maker, []).append(artisan)
    for (maker,) in rows(session, "SELECT id FROM maker WHERE hub_id = ? ORDER BY id", (hub_id,)):
        for artisan in (None, *artisans.get(maker, ())):
            code = chart.owed_maker(maker) if artisan is None else chart.owed_artisan(artisan)
            if code in accounts:
                yield _Holder(maker, artisan, code, *accounts[code])


class _Last(NamedTuple):
    """Where an account's last statement ended."""

    closing: int
    to_entry_id: int
    day: date


_LASTS = """
SELECT s.account_id, s.closing, s.to_entry_id, s.day
FROM account a JOIN statement s ON s.account_id = a.id
 AND s.from_entry_id = (SELECT MAX(from_entry_id) FROM statement WHERE account_id = a.id)
WHERE a.hub_id = ? AND substr(a.code, 1, 5) = 'owed:'
"""


def _lasts(session: Session, hub_id: int) -> dict[int, _Last]:
    return {
        account: _Last(closing, end, date.fromisoformat(day) if isinstance(day, str) else day)
        for account, closing, end, day in rows(session, _LASTS, (hub_id,))
    }
