"""
Sealing: what was recorded since the last seal, hashed to the row and chained to the seal before.

A row is its columns joined by `|`: an integer as decimals, a truth as 1 or 0, a day as YYYY-MM-DD,
a moment as `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, a text as `<bytes>:<text>`, nothing as `-`. A part
is the SHA-256 over its rows' SHA-256 digests in order, and keeps four bytes of each, so that a
changed row can be named. A seal is the SHA-256 of `previous|hub|day|` and, for each part, of
`book|after|last|rows|hash|`. docs/money-book.md says it for those who want to verify one.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Date, Integer
from sqlalchemy.orm import Session

from almakane.db import Model, UTCDateTime, insert_rows, rows, utc_text
from almakane.errors import Refusal
from almakane.ledger.models import Seal

FIRST = "0" * 64
_WINDOW = 5_000  # ids read at once, so that a year at once needs no more memory than a day


class Stream(NamedTuple):
    """
    A table in a seal: its columns, fixed for ever, and the parent whose ids say what is new.

    `parent` is the table that has the id; `key` the column that names it (`id` where the table is
    its own parent); `order` what tells rows of one parent apart. Whoever is written later than
    what it is about has to be its own parent. `way` leads from the parent to the table that has
    the hub, where it has none itself: a column, and the table that it names.
    """

    table: str
    columns: tuple[str, ...]
    parent: str
    key: str = "id"
    order: str = ""
    way: tuple[tuple[str, str], ...] = ()

    @property
    def sql(self) -> str:
        """
        Its rows of a hub in a window of parent ids, in the order of the seal.

        SQLite would begin with the index on the hub and so with all of its history: the plus sign
        hides that index from it, and CROSS JOIN keeps the window in front.
        """
        columns = ", ".join(f"t.{column}" for column in self.columns)
        order = f"t.{self.key}, t.{self.order}" if self.order else f"t.{self.key}"
        steps = self.way if self.parent == self.table else ((self.key, self.parent), *self.way)
        source, where, last = f"{self.table} t", "", "t"
        for n, (column, table) in enumerate(steps):
            source += f" CROSS JOIN {table} p{n}"
            where += f"p{n}.id = {last}.{column} AND "
            last = f"p{n}"
        return (
            f"SELECT {columns} FROM {source} WHERE {where}+{last}.hub_id = ? "
            f"AND t.{self.key} > ? AND t.{self.key} <= ? ORDER BY {order}"
        )


_AMOUNTS = (
    "gross",
    "promotion",
    "commission",
    "commission_vat",
    "fees",
    "fees_vat",
    "vat_in",
    "net",
)

MONEY = (
    Stream(
        "entry",
        (
            *("id", "site_id", "kind", "document", "happened_at", "day", "recorded_at", "actor"),
            *("idempotency_key", "body_hash", "reverses_id"),
        ),
        "entry",
    ),
    Stream(
        "posting",
        ("entry_id", "n", "debit_id", "credit_id", "amount", "currency", "line"),
        "entry",
        "entry_id",
        "n",
    ),
    Stream(
        "earning",
        (
            *("id", "entry_id", "line", "kind", "maker_id", "lot_code", "title", "quantity", "day"),
            *("document", "site_id", "channel", "craft", "regime", "paid_to", "list_price"),
            *_AMOUNTS,
            "available_on",
        ),
        "earning",
    ),
    Stream(
        "earning_share",
        ("earning_id", "artisan_id", "amount"),
        "earning",
        "earning_id",
        "artisan_id",
    ),
    Stream(
        "earning_change",
        ("id", "entry_id", "earning_id", "line", "quantity", "day", "document", *_AMOUNTS),
        "entry",
        "entry_id",
        "id",
    ),
)
BESIDE = (
    Stream("account", ("id", "code", "kind", "currency", "pcge"), "account"),
    Stream(
        "earning_change_share",
        ("change_id", "artisan_id", "amount"),
        "earning_change",
        "change_id",
        "artisan_id",
        way=(("entry_id", "entry"),),
    ),
    Stream(
        "release",
        ("id", "earning_id", "available_on", "actor", "recorded_at"),
        "release",
        way=(("earning_id", "earning"),),
    ),
)


class Part(NamedTuple):
    """One stream's share of a seal."""

    book: str
    after: int
    last: int
    rows: int
    hash: str
    marks: bytes


def last_sealed_day(session: Session, hub_id: int) -> date | None:
    """The latest day of a hub that is sealed."""
    [(day,)] = rows(session, "SELECT MAX(day) FROM seal WHERE hub_id = ?", (hub_id,))
    return date.fromisoformat(day) if isinstance(day, str) else day


def booking_day(session: Session, hub_id: int, told: date, arrived: date) -> date:
    """The day that a fact is booked on: its own, unless that is sealed; then its arrival's."""
    sealed = last_sealed_day(session, hub_id)
    if sealed is None or told > sealed:
        return told
    return max(arrived, sealed + timedelta(days=1))


def write_seal(
    session: Session,
    hub_id: int,
    day: date,
    streams: Sequence[Stream],
    *,
    now: datetime,
    actor: str,
) -> Seal:
    """
    Seal a hub's day over those streams; a day that is sealed gives its seal again.

    Raises Refusal for a day before the last sealed one. On PostgreSQL a share lock waits for the
    writers first, for ids commit out of order. It takes table after table, and a writer may go
    through them another way: whoever seals does it in a transaction of its own, and `retried`.
    """
    there = session.query(Seal).filter_by(hub_id=hub_id, day=day).one_or_none()
    if there:
        return there
    _lock(session, streams)
    previous = session.query(Seal).filter_by(hub_id=hub_id).order_by(Seal.id.desc()).first()
    if previous and day < previous.day:
        raise Refusal("The days up to %(day)s are sealed already.", day=previous.day)
    [(hub_code,)] = rows(session, "SELECT code FROM hub WHERE id = ?", (hub_id,))
    cuts = _cuts(session, previous)
    parts = [_part(session, hub_id, stream, cuts.get(stream.table, 0)) for stream in streams]
    chained = previous.hash if previous else FIRST
    seal = Seal(
        hub_id=hub_id,
        day=day,
        last_entry_id=next(part.last for part in parts if part.book == "entry"),
        previous=chained,
        hash=seal_hash(chained, hub_code, day, parts),
        sealed_at=now,
        actor=actor,
    )
    session.add(seal)
    session.flush()
    insert_rows(
        session,
        "seal_part",
        ("seal_id", "book", "after_id", "last_id", "count", "hash", "marks"),
        [(seal.id, *part) for part in parts],
    )
    _write_totals(session, seal, previous)
    return seal


def seal_hash(previous: str, hub_code: str, day: date, parts: Sequence[Part]) -> str:
    """The hash that chains a seal to the one before it."""
    text = f"{previous}|{hub_code}|{day.isoformat()}|" + "".join(
        f"{part.book}|{part.after}|{part.last}|{part.rows}|{part.hash}|" for part in parts
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _lock(session: Session, streams: Sequence[Stream]) -> None:
    if session.connection().dialect.name != "sqlite":
        tables = ", ".join(dict.fromkeys(stream.parent for stream in streams))
        rows(session, f"LOCK TABLE {tables} IN SHARE MODE")


def _cuts(session: Session, previous: Seal | None) -> dict[str, int]:
    """Where the seal before ended, by stream."""
    if previous is None:
        return {}
    return dict(
        rows(session, "SELECT book, last_id FROM seal_part WHERE seal_id = ?", (previous.id,))
    )


def _part(session: Session, hub_id: int, stream: Stream, after: int) -> Part:
    [(last,)] = rows(session, f"SELECT COALESCE(MAX(id), 0) FROM {stream.parent}")
    last = max(int(last), after)
    whole, marks, count = hashlib.sha256(), bytearray(), 0
    for row in _rows_between(session, hub_id, stream, after, last):
        digest = hashlib.sha256(row.encode()).digest()
        whole.update(digest)
        marks += digest[:4]
        count += 1
    return Part(stream.table, after, last, count, whole.hexdigest(), bytes(marks))


def _rows_between(
    session: Session, hub_id: int, stream: Stream, after: int, last: int
) -> Iterator[str]:
    writers = [_writer(stream.table, column) for column in stream.columns]
    for start in range(after, last, _WINDOW):
        for row in rows(session, stream.sql, (hub_id, start, min(start + _WINDOW, last))):
            yield "|".join(
                "-" if value is None else write(value)
                for write, value in zip(writers, row, strict=True)
            )


@cache
def _writer(table: str, column: str) -> Callable[[Any], str]:
    """How a column's values are written; SQLite gives days and moments as the text we write."""
    kind = Model.metadata.tables[table].columns[column].type
    if isinstance(kind, Boolean):
        return lambda value: "1" if value else "0"
    if isinstance(kind, Integer):
        return str
    if isinstance(kind, UTCDateTime):
        return lambda value: value if isinstance(value, str) else utc_text(value)
    if isinstance(kind, Date):
        return lambda value: value if isinstance(value, str) else value.isoformat()
    return lambda value: f"{len(value.encode())}:{value}"


_BALANCES = """
INSERT INTO seal_balance (account_id, seal_id, debit, credit)
SELECT account_id, ?, SUM(debit) + COALESCE((SELECT b.debit FROM seal_balance b
           WHERE b.account_id = moved.account_id ORDER BY b.seal_id DESC LIMIT 1), 0),
       SUM(credit) + COALESCE((SELECT b.credit FROM seal_balance b
           WHERE b.account_id = moved.account_id ORDER BY b.seal_id DESC LIMIT 1), 0)
FROM (SELECT p.debit_id AS account_id, p.amount AS debit, 0 AS credit
      FROM posting p CROSS JOIN entry e
      WHERE e.id = p.entry_id AND +e.hub_id = ? AND p.entry_id > ? AND p.entry_id <= ?
      UNION ALL
      SELECT p.credit_id, 0, p.amount FROM posting p CROSS JOIN entry e
      WHERE e.id = p.entry_id AND +e.hub_id = ? AND p.entry_id > ? AND p.entry_id <= ?) moved
GROUP BY account_id
"""
_TURNOVERS = """
INSERT INTO seal_turnover (account_id, day, seal_id, debit, credit)
SELECT account_id, day, ?, SUM(debit), SUM(credit)
FROM (SELECT p.debit_id AS account_id, e.day AS day, p.amount AS debit, 0 AS credit
      FROM posting p CROSS JOIN entry e CROSS JOIN account a
      WHERE e.id = p.entry_id AND a.id = p.debit_id AND +e.hub_id = ?
        AND p.entry_id > ? AND p.entry_id <= ? AND a.kind IN ('income', 'expense')
      UNION ALL
      SELECT p.credit_id, e.day, 0, p.amount
      FROM posting p CROSS JOIN entry e CROSS JOIN account a
      WHERE e.id = p.entry_id AND a.id = p.credit_id AND +e.hub_id = ?
        AND p.entry_id > ? AND p.entry_id <= ? AND a.kind IN ('income', 'expense')
     ) moved
GROUP BY account_id, day
"""


def _write_totals(session: Session, seal: Seal, previous: Seal | None) -> None:
    """Totals up to the seal, so that no balance ever reads more than a day of postings."""
    window = (seal.hub_id, previous.last_entry_id if previous else 0, seal.last_entry_id)
    for sql in (_BALANCES, _TURNOVERS):
        rows(session, sql, (seal.id, *window, *window))
