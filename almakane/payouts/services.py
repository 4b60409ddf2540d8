"""Drawing statements: an account cut by entry id, numbered without gaps, never changed."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Artisan, Maker
from almakane.db import rows
from almakane.hubs.models import SeriesKind
from almakane.hubs.services import take_number
from almakane.ledger import chart
from almakane.ledger.queries import balances, waiting
from almakane.payouts.models import Statement
from almakane.payouts.statement import available


def draw_statements(
    session: Session, hub_id: int, day: date, *, now: datetime, actor: str
) -> list[Statement]:
    """
    Draw the statement of every account that has moved, or still holds money, since its last one.

    One cut for all, taken under a lock, so that no late ticket falls between two statements.
    Drawing again without anything new gives none.
    """
    if session.connection().dialect.name != "sqlite":
        rows(session, "LOCK TABLE entry IN SHARE ROW EXCLUSIVE MODE")
    [(cut, seal_id)] = rows(
        session,
        "SELECT COALESCE(MAX(id), 0), (SELECT MAX(id) FROM seal WHERE hub_id = ?) "
        "FROM entry WHERE hub_id = ?",
        (hub_id, hub_id),
    )
    accounts = dict(
        rows(session, "SELECT code, id FROM account WHERE hub_id = ?", (hub_id,)),
    )
    owed = balances(session, hub_id, "owed:")
    drawn: list[Statement] = []
    for maker in session.scalars(select(Maker).where(Maker.hub_id == hub_id).order_by(Maker.id)):
        waits: dict[int | None, int] = {}
        for wait in waiting(session, maker.id, day):
            waits[wait.artisan_id] = waits.get(wait.artisan_id, 0) + wait.amount
        names: list[tuple[str, int | None]] = [(chart.owed_maker(maker.id), None)]
        members = select(Artisan.id).where(Artisan.maker_id == maker.id).order_by(Artisan.id)
        names += [(chart.owed_artisan(artisan), artisan) for artisan in session.scalars(members)]
        for code, artisan in names:
            if code not in accounts:
                continue
            last = _last(session, accounts[code])
            closing = -owed[code]
            opening, start = (last.closing, last.to_entry_id) if last else (0, 0)
            if start == cut or not (opening or closing or _moved(session, accounts[code], start)):
                continue
            waits_here = waits.get(artisan, 0)
            drawn.append(
                Statement(
                    hub_id=hub_id,
                    account_id=accounts[code],
                    maker_id=maker.id,
                    artisan_id=artisan,
                    day=day,
                    from_entry_id=start,
                    to_entry_id=cut,
                    opening=opening,
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


def _last(session: Session, account_id: int) -> Statement | None:
    return session.scalar(
        select(Statement)
        .where(Statement.account_id == account_id)
        .order_by(Statement.from_entry_id.desc())
        .limit(1)
    )


def _moved(session: Session, account_id: int, after: int) -> bool:
    return bool(
        rows(
            session,
            "SELECT 1 FROM posting WHERE (debit_id = ? AND entry_id > ?) "
            "OR (credit_id = ? AND entry_id > ?) LIMIT 1",
            (account_id, after, account_id, after),
        )
    )
