"""Writing entries: posted once by their key, reversed as a whole, never changed."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import insert_row, insert_rows, rows, utc_text
from almakane.errors import Refusal
from almakane.ledger.accounts import account_ids, currency_of
from almakane.ledger.book import Posting, net
from almakane.ledger.chart import CLEARING

# Behind these kinds stands a document of its own, which is undone by another document.
_DOCUMENTED = ("sale", "refund", "exchange", "purchase", "loss", "finding")


class Fact(NamedTuple):
    """What an entry is about; `key` makes it happen once, `body_hash` tells a second one apart."""

    hub_id: int
    site_id: int | None
    kind: str
    document: str
    happened_at: datetime
    day: date
    recorded_at: datetime
    actor: str
    key: str
    body_hash: str


def find_entry(session: Session, hub_id: int, key: str, body_hash: str) -> int | None:
    """
    The entry that a command has written already, if any.

    Raises Refusal where the key was used for another command: that is a mistake of the caller, and
    answering the old result would hide it.
    """
    found = rows(
        session,
        "SELECT id, body_hash FROM entry WHERE hub_id = ? AND idempotency_key = ?",
        (hub_id, key),
    )
    if not found:
        return None
    [(entry_id, hash_then)] = found
    if hash_then != body_hash:
        raise Refusal("This number was already used for something else; nothing was booked.")
    return int(entry_id)


_ENTRY = (*Fact._fields[:-2], "idempotency_key", "body_hash", "reverses_id")
_POSTING = ("entry_id", "n", "debit_id", "credit_id", "amount", "currency", "line")


def post(
    session: Session, fact: Fact, postings: Sequence[Posting], reverses_id: int | None = None
) -> int:
    """
    Write one entry with its postings and give its id; clearing must come out at zero.

    Raises ValueError for an entry that leaves money in clearing: a defect, not a refusal. An entry
    without postings stands for a ticket of 0.00. Its key must be new: ask `find_entry` first.
    """
    if net(postings, CLEARING):
        raise ValueError(f"The entry {fact.key} does not come out: {postings}")
    names = {name for posting in postings for name in posting[:2]}
    ids = account_ids(session, fact.hub_id, names)
    currency = currency_of(session, fact.hub_id)
    entry_id = insert_row(
        session,
        "entry",
        _ENTRY,
        (
            *fact[:4],
            utc_text(fact.happened_at),
            fact.day.isoformat(),
            utc_text(fact.recorded_at),
            *fact[7:],
            reverses_id,
        ),
    )
    insert_rows(
        session,
        "posting",
        _POSTING,
        [
            (entry_id, n, ids[debit], ids[credit], amount, currency, line)
            for n, (debit, credit, amount, line) in enumerate(postings, 1)
        ],
    )
    return entry_id


def post_once(session: Session, fact: Fact, postings: Sequence[Posting]) -> int:
    """Write an entry, or give the one that the same command wrote before."""
    there = find_entry(session, fact.hub_id, fact.key, fact.body_hash)
    return post(session, fact, postings) if there is None else there


def reverse_entry(session: Session, entry_id: int, fact: Fact) -> int:
    """
    Undo a whole entry on which nothing leans.

    Raises Refusal for an entry behind which a document stands (a sale is undone by a refund), and
    for one that is reversed already or is itself a reversal.
    """
    there = find_entry(session, fact.hub_id, fact.key, fact.body_hash)
    if there is not None:
        return there
    found = rows(
        session,
        "SELECT e.kind, e.reverses_id, (SELECT r.id FROM entry r WHERE r.reverses_id = e.id) "
        "FROM entry e WHERE e.id = ? AND e.hub_id = ?",
        (entry_id, fact.hub_id),
    )
    if not found:
        raise Refusal("There is no such entry.", field="entry")
    [(kind, reverses, reversed_by)] = found
    if kind in _DOCUMENTED:
        raise Refusal("A document stands behind this entry: undo that instead.", field="entry")
    if reverses or reversed_by:
        raise Refusal("This entry is reversed already.", field="entry")
    turned = [
        Posting(credit, debit, amount, line)
        for debit, credit, amount, line in rows(
            session,
            "SELECT d.code, c.code, p.amount, p.line FROM posting p JOIN account d ON d.id = "
            "p.debit_id JOIN account c ON c.id = p.credit_id WHERE p.entry_id = ? ORDER BY p.n",
            (entry_id,),
        )
    ]
    return post(session, fact, turned, reverses_id=entry_id)


class EarningRow(NamedTuple):
    """An earning as it is written, but for its entry; `shares` is artisan id to centimes."""

    line: str
    kind: str
    maker_id: int
    lot_code: str
    title: str
    quantity: int
    channel: str
    craft: str
    regime: str
    paid_to: str
    list_price: int
    gross: int
    promotion: int
    commission: int
    commission_vat: int
    fees: int
    fees_vat: int
    vat_in: int
    net: int
    available_on: date | None
    shares: dict[int, int]


_EARNING = (
    *("hub_id", "entry_id", "day", "document", "site_id"),
    *EarningRow._fields[:-2],
    "available_on",
)


def record_earnings(
    session: Session, fact: Fact, entry_id: int, earnings: Sequence[EarningRow]
) -> None:
    """Keep what an entry's lines gave their makers, beside its postings."""
    day = fact.day.isoformat()
    insert_rows(
        session,
        "earning",
        _EARNING,
        [
            (
                *(fact.hub_id, entry_id, day, fact.document, fact.site_id),
                *earning[:-2],
                earning.available_on.isoformat() if earning.available_on else None,
            )
            for earning in earnings
        ],
    )
    _share_out(
        session,
        "earning",
        [
            (earning.line, artisan, amount)
            for earning in earnings
            for artisan, amount in earning.shares.items()
        ],
    )


_SHARES = """
INSERT INTO {of}_share ({id}_id, artisan_id, amount)
SELECT {of}.id, part.column2, part.column3
FROM (VALUES {values}) part JOIN {of} ON {of}.line = part.column1
"""
_SHARES_AT_ONCE = 500


@cache
def _shares(of: str, name: str, count: int) -> str:
    return _SHARES.format(of=of, id=name, values=", ".join(["(?, ?, ?)"] * count))


def _share_out(session: Session, of: str, shares: Sequence[tuple[str, int, int]]) -> None:
    """Write artisans' parts of rows that are known by their lines, so that no id is waited for."""
    name = "earning" if of == "earning" else "change"
    for start in range(0, len(shares), _SHARES_AT_ONCE):
        chunk = shares[start : start + _SHARES_AT_ONCE]
        sql = _shares(of, name, len(chunk))
        rows(session, sql, [value for share in chunk for value in share])


class ChangeRow(NamedTuple):
    """What a refund line takes back of an earning; amounts are positive."""

    line: str
    earning_id: int
    quantity: int
    gross: int
    promotion: int
    commission: int
    commission_vat: int
    fees: int
    fees_vat: int
    vat_in: int
    net: int
    shares: dict[int, int]


_CHANGE = ("entry_id", "day", "document", *ChangeRow._fields[:-1])


def record_changes(
    session: Session, fact: Fact, entry_id: int, changes: Sequence[ChangeRow]
) -> None:
    """Keep what an entry's returns took back from makers."""
    insert_rows(
        session,
        "earning_change",
        _CHANGE,
        [(entry_id, fact.day.isoformat(), fact.document, *change[:-1]) for change in changes],
    )
    _share_out(
        session,
        "earning_change",
        [
            (change.line, artisan, amount)
            for change in changes
            for artisan, amount in change.shares.items()
        ],
    )


def release_earnings(
    session: Session,
    hub_id: int,
    lines: Sequence[str],
    available_on: date,
    *,
    because: str,
    actor: str,
    now: datetime,
) -> int:
    """
    Say when the money of sold lines may be paid out, where it was not known at the sale.

    A cheque that clears, a transfer that is seen. Lines are those of the earnings (`<uid>/<n>`);
    one that is released already stays as it is. Gives how many were released.
    """
    found = rows(
        session,
        "SELECT e.id FROM earning e LEFT JOIN release r ON r.earning_id = e.id "
        "WHERE e.hub_id = ? AND e.line IN (??) AND e.available_on IS NULL "
        "AND r.earning_id IS NULL ORDER BY e.id",
        (hub_id, list(lines)),
    )
    insert_rows(
        session,
        "release",
        ("earning_id", "available_on", "because", "actor", "recorded_at"),
        [
            (earning_id, available_on.isoformat(), because, actor, utc_text(now))
            for (earning_id,) in found
        ],
    )
    return len(found)
