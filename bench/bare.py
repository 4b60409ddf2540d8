"""
The same sale by hand: what a careful programmer writes for it with the bare driver.

Every row is there, values and all, before the clock runs: nothing is read, nothing is computed,
nothing is checked but by the database. One statement a table, however many its rows; one commit.
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, Protocol

import psycopg

from almakane.db import rows

Row = tuple[Any, ...]


class Template(NamedTuple):
    """The rows of a sale that `record_sale` wrote, but for ids that are given while writing."""

    uid: str
    number: str
    entry: Row
    postings: list[Row]
    earnings: list[Row]
    shares: list[tuple[int, Row]]  # of which of the earnings, and the rest of the row
    sale: Row
    lines: list[Row]
    tenders: list[Row]
    moves: list[Row]
    levels: list[Row]
    outbox: list[Row]


_ENTRY = (
    *("hub_id", "site_id", "kind", "document", "happened_at", "day", "recorded_at", "actor"),
    *("idempotency_key", "body_hash", "reverses_id"),
)
_POSTING = ("entry_id", "n", "debit_id", "credit_id", "amount", "currency", "line")
_EARNING = (
    *("entry_id", "hub_id", "line", "kind", "maker_id", "lot_code", "title", "quantity", "day"),
    *("document", "site_id", "channel", "craft", "regime", "paid_to", "list_price", "gross"),
    *("promotion", "commission", "commission_vat", "fees", "fees_vat", "vat_in", "net"),
    "available_on",
)
_SHARE = ("earning_id", "artisan_id", "amount")
_SALE = (
    *("entry_id", "hub_id", "site_id", "register_id", "uid", "body_hash", "number", "kind"),
    *("happened_at", "told_day", "day", "recorded_at", "cashier", "shift", "customer", "lang"),
    *("goods", "returned", "tax", "rounding", "due", "change", "note", "approvals"),
)
_LINE = (
    *("sale_id", "n", "what", "lot_id", "code", "title", "quantity", "list_price", "unit"),
    *("discount", "total", "tax_bp", "tax", "tax_code", "booked_tax", "cost"),
)
_TENDER = ("sale_id", "n", "kind", "amount", "ref", "secured")
_MOVE = (
    *("hub_id", "lot_id", "quantity", "source_id", "target_id", "reason", "document", "uid"),
    *("happened_at", "day", "recorded_at", "actor"),
)
_LEVEL = ("lot_id", "place_id", "quantity", "unbounded")
_OUTBOX = ("hub_id", "uid", "kind", "body", "due_at")

_NEXT = (
    "UPDATE number_series SET next = next + 1 WHERE hub_id = ? AND kind = 'ticket' AND register = ?"
)
_SET = " ON CONFLICT (lot_id, place_id) DO UPDATE SET quantity = excluded.quantity"


def read_template(session: Any, sale_id: int) -> Template:
    """Take a recorded sale apart, row by row."""

    def read(table: str, columns: Sequence[str], where: str, *values: Any) -> list[Row]:
        found = rows(session, f"SELECT {', '.join(columns)} FROM {table} WHERE {where}", values)
        return [tuple(_plain(value) for value in row) for row in found]

    [(entry_id, uid, number)] = rows(
        session, "SELECT entry_id, uid, number FROM sale WHERE id = ?", (sale_id,)
    )
    earnings = read("earning", ("id", *_EARNING[1:]), "entry_id = ? ORDER BY id", entry_id)
    lots = [row[0] for row in rows(session, *_lots_of(sale_id))]
    return Template(
        uid,
        number,
        entry=read("entry", _ENTRY, "id = ?", entry_id)[0],
        postings=read("posting", _POSTING[1:], "entry_id = ? ORDER BY n", entry_id),
        earnings=[row[1:] for row in earnings],
        shares=[
            (at, share)
            for at, earning in enumerate(earnings)
            for share in read(
                "earning_share", _SHARE[1:], "earning_id = ? ORDER BY artisan_id", earning[0]
            )
        ],
        sale=read("sale", _SALE[1:], "id = ?", sale_id)[0],
        lines=read("sale_line", _LINE[1:], "sale_id = ? ORDER BY n", sale_id),
        tenders=read("tender", _TENDER[1:], "sale_id = ? ORDER BY n", sale_id),
        moves=read("stock_move", _MOVE, "document = ? ORDER BY id", number),
        levels=[
            row
            for lot in lots
            for row in read(
                "stock_level",
                _LEVEL,
                "lot_id = ? AND place_id IN (SELECT id FROM place WHERE kind IN ('shelf', 'buyer'))"
                " ORDER BY quantity DESC",
                lot,
            )
        ],
        outbox=read("outbox", _OUTBOX, "uid = ?", f"receipt/{uid}"),
    )


def _lots_of(sale_id: int) -> tuple[str, tuple[int]]:
    return "SELECT lot_id FROM sale_line WHERE sale_id = ? ORDER BY lot_id", (sale_id,)


def _plain(value: Any) -> Any:
    """A value as `record_sale` gives it to the driver."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


class Prepared(NamedTuple):
    """The values of one sale, in the order of the statements; ids are put in at their time."""

    entry: list[Any]
    postings: list[Row]
    earnings: list[Row]
    shares: list[tuple[int, Row]]
    sale: Row
    lines: list[Row]
    tenders: list[Row]
    moves: list[Any]
    levels: list[Any]
    outbox: list[Any]
    series: tuple[int, str]


def prepare(template: Template, uid: str, number: str, sold: int) -> Prepared:
    """A template's rows for another ticket, after `sold` such tickets of the same lots."""

    def anew(row: Row) -> Row:
        return tuple(
            value.replace(template.uid, uid).replace(template.number, number)
            if isinstance(value, str)
            else value
            for value in row
        )

    return Prepared(
        entry=list(anew(template.entry)),
        postings=template.postings,
        earnings=[anew(row) for row in template.earnings],
        shares=template.shares,
        sale=anew(template.sale),
        lines=template.lines,
        tenders=template.tenders,
        moves=[value for row in template.moves for value in anew(row)],
        levels=[
            value
            for at, (lot, place, quantity, unbounded) in enumerate(template.levels)
            for value in (lot, place, quantity + (sold if at % 2 else -sold), unbounded)
        ],
        outbox=[value for row in template.outbox for value in anew(row)],
        series=(template.entry[0], number.split("-", 1)[0]),
    )


class Till(Protocol):
    """A bare connection that writes prepared sales."""

    def sell(self, sale: Prepared) -> None: ...
    def close(self) -> None: ...


def _many(table: str, columns: Sequence[str], count: int, mark: str, tail: str = "") -> str:
    one = "(" + ", ".join([mark] * len(columns)) + ")"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * count)}{tail}"


class SqliteTill:
    """sqlite3 with the pragmas of the shop."""

    def __init__(self, path: str, template: Template) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in (
            *("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000", "synchronous=FULL"),
            *("recursive_triggers=ON", "trusted_schema=OFF", "cache_size=-65536"),
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        self._entry = _many("entry", _ENTRY, 1, "?")
        self._postings = _many("posting", _POSTING, len(template.postings), "?")
        self._earnings = _many("earning", _EARNING, len(template.earnings), "?")
        self._shares = _many("earning_share", _SHARE, len(template.shares), "?")
        self._sale = _many("sale", _SALE, 1, "?")
        self._lines = _many("sale_line", _LINE, len(template.lines), "?")
        self._tenders = _many("tender", _TENDER, len(template.tenders), "?")
        self._moves = _many("stock_move", _MOVE, len(template.moves), "?")
        self._levels = _many("stock_level", _LEVEL, len(template.levels), "?", _SET)
        self._outbox = _many("outbox", _OUTBOX, len(template.outbox), "?")

    def sell(self, sale: Prepared) -> None:
        """One durable commit."""
        do = self._connection.execute
        do("BEGIN IMMEDIATE")
        do(_NEXT, sale.series)
        entry = do(self._entry, sale.entry).lastrowid
        do(self._postings, [value for row in sale.postings for value in (entry, *row)])
        last = do(
            self._earnings, [value for row in sale.earnings for value in (entry, *row)]
        ).lastrowid
        first = (last or 0) - len(sale.earnings) + 1
        do(self._shares, [value for at, row in sale.shares for value in (first + at, *row)])
        number = do(self._sale, (entry, *sale.sale)).lastrowid
        do(self._lines, [value for row in sale.lines for value in (number, *row)])
        do(self._tenders, [value for row in sale.tenders for value in (number, *row)])
        do(self._moves, sale.moves)
        do(self._levels, sale.levels)
        do(self._outbox, sale.outbox)
        do("COMMIT")

    def close(self) -> None:
        self._connection.close()


class PostgresTill:
    """psycopg as it comes: statements that are repeated are prepared by themselves."""

    def __init__(self, url: str, template: Template) -> None:
        self._connection = psycopg.connect(url)
        self._cursor = self._connection.cursor()
        self._next = _NEXT.replace("?", "%s").encode()
        self._entry = _many("entry", _ENTRY, 1, "%s", " RETURNING id").encode()
        self._postings = _many("posting", _POSTING, len(template.postings), "%s").encode()
        self._earnings = _many(
            "earning", _EARNING, len(template.earnings), "%s", " RETURNING id"
        ).encode()
        self._shares = _many("earning_share", _SHARE, len(template.shares), "%s").encode()
        self._sale = _many("sale", _SALE, 1, "%s", " RETURNING id").encode()
        self._lines = _many("sale_line", _LINE, len(template.lines), "%s").encode()
        self._tenders = _many("tender", _TENDER, len(template.tenders), "%s").encode()
        self._moves = _many("stock_move", _MOVE, len(template.moves), "%s").encode()
        self._levels = _many("stock_level", _LEVEL, len(template.levels), "%s", _SET).encode()
        self._outbox = _many("outbox", _OUTBOX, len(template.outbox), "%s").encode()

    def sell(self, sale: Prepared) -> None:
        """One durable commit."""
        do = self._cursor.execute
        do(self._next, sale.series)
        [(entry,)] = do(self._entry, sale.entry).fetchall()
        do(self._postings, [value for row in sale.postings for value in (entry, *row)])
        earnings = do(
            self._earnings, [value for row in sale.earnings for value in (entry, *row)]
        ).fetchall()
        do(self._shares, [value for at, row in sale.shares for value in (earnings[at][0], *row)])
        [(number,)] = do(self._sale, (entry, *sale.sale)).fetchall()
        do(self._lines, [value for row in sale.lines for value in (number, *row)])
        do(self._tenders, [value for row in sale.tenders for value in (number, *row)])
        do(self._moves, sale.moves)
        do(self._levels, sale.levels)
        do(self._outbox, sale.outbox)
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()


def open_till(url: str, template: Template) -> Till:
    """A bare connection to the shop's database."""
    if url.startswith("sqlite:///"):
        return SqliteTill(url.removeprefix("sqlite:///"), template)
    return PostgresTill(url, template)
