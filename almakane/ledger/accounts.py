"""Account numbers by name: looked up once, remembered, made when first posted to."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from almakane.db import Remembered, rows
from almakane.ledger.chart import describe

_known: Remembered[tuple[int, str], int] = Remembered()
_currencies: Remembered[int, str] = Remembered()


def account_ids(session: Session, hub_id: int, codes: Iterable[str]) -> dict[str, int]:
    """The account of each name at a hub, made where missing; ValueError for a foreign name."""
    names = list(codes)
    known = _known.find(session, [(hub_id, code) for code in names])
    found = {code: number for (_hub, code), number in known.items()}
    missing = [code for code in names if code not in found]
    if missing:
        looked_up = _look_up(session, hub_id, missing)
        unopened = sorted(set(missing) - looked_up.keys())
        if unopened:
            _open(session, hub_id, unopened)
            looked_up |= _look_up(session, hub_id, unopened)
        for code, number in looked_up.items():
            _known.put(session, (hub_id, code), number)
        found |= looked_up
    return found


def account_id(session: Session, hub_id: int, code: str) -> int:
    """The account of one name."""
    return account_ids(session, hub_id, [code])[code]


def currency_of(session: Session, hub_id: int) -> str:
    """The currency of a hub's books, which is that of its accounts for good."""
    currency = _currencies.get(session, hub_id)
    if currency is None:
        [(currency,)] = rows(session, "SELECT currency FROM hub WHERE id = ?", (hub_id,))
        _currencies.put(session, hub_id, currency)
    return currency


def _look_up(session: Session, hub_id: int, codes: list[str]) -> dict[str, int]:
    sql = "SELECT code, id FROM account WHERE hub_id = ? AND code IN (??)"
    return dict(rows(session, sql, (hub_id, codes)))


def _open(session: Session, hub_id: int, codes: list[str]) -> None:
    currency = currency_of(session, hub_id)
    for code in codes:  # in the order of their names, so that two tills never wait for each other
        kind, pcge = describe(code)
        rows(
            session,
            "INSERT INTO account (hub_id, code, kind, currency, pcge) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (hub_id, code) DO NOTHING",
            (hub_id, code, kind.value, currency, pcge),
        )
