"""The few words that the two databases do not share; every rule is the same text for both."""

import hashlib
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text


def is_sqlite(connection: Connection) -> bool:
    """Whether these books lie in a file."""
    return connection.dialect.name == "sqlite"


def day_of(connection: Connection, column: str) -> str:
    """SQL for a day as text, `2026-11-20`."""
    return column if is_sqlite(connection) else f"TO_CHAR({column}, 'YYYY-MM-DD')"


def as_sealed(connection: Connection, columns: str) -> str:
    """
    SQL for a row of the table `sealed` as a seal writes it, its columns joined by `|`.

    `title:words` is a text, and so on for truth, day and moment; a whole number says nothing. What
    may be empty ends in `?`.
    """
    places: list[str] = []
    values: list[str] = []
    for column in columns.split():
        name, _, kind = column.removesuffix("?").partition(":")
        value, size = f"sealed.{name}", ""
        if kind == "truth":
            value = f"CASE WHEN {value} THEN 1 ELSE 0 END"
        if kind == "day":
            value = day_of(connection, value)
        if kind == "moment" and not is_sqlite(connection):
            value = f"TO_CHAR({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        if kind == "words":
            size = f"LENGTH(CAST({value} AS BLOB))"
            if not is_sqlite(connection):
                size = f"OCTET_LENGTH({value})"
        if column.endswith("?"):
            value = f"{size} || ':' || {value}" if size else f"CAST({value} AS TEXT)"
            value, size = f"COALESCE({value}, '-')", ""
        places.append("%s:%s" if size else "%s")
        values += [size, value] if size else [value]
    write = "PRINTF" if is_sqlite(connection) else "FORMAT"
    return f"{write}('{'|'.join(places)}', {', '.join(values)})"


def digests_of(
    connection: Connection, query: str, windows: Iterable[dict[str, int]]
) -> Iterator[bytes]:
    """The SHA-256 digests of the texts that a query gives, in its order; many may come at once."""
    if is_sqlite(connection):
        for window in windows:
            for told in connection.execute(text(query), window).scalars():
                yield hashlib.sha256(told.encode()).digest()
        return
    hashed = text(
        "SELECT STRING_AGG(SHA256(CONVERT_TO(told, 'UTF8')), ''::bytea) "
        f"FROM ({query}) sealed(told)"
    )
    for window in windows:
        yield bytes(connection.execute(hashed, window).scalar_one() or b"")


def acts_to_refuse(connection: Connection) -> tuple[str, ...]:
    """What the guards of a table refuse between them."""
    return ("update", "delete") if is_sqlite(connection) else ("change", "truncate")


def refused_acts(connection: Connection) -> set[tuple[str, str]]:
    """Table and act, for each guard that stands and refuses without any condition."""
    if is_sqlite(connection):
        query = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
        return {
            (table, act)
            for table, sql in connection.execute(text(query))
            for act in acts_to_refuse(connection)
            if sql == f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'The rows of {table} are never changed.'); END"
        }
    # The bits of tgtype: 1 for each row, 2 before, 8 delete, 16 update, 32 truncate.
    query = """
    SELECT relname, CASE tgtype WHEN 1 + 2 + 8 + 16 THEN 'change' WHEN 2 + 32 THEN 'truncate' END
    FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid AND relnamespace = 'public'::regnamespace
    JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE tgenabled = 'O' AND tgqual IS NULL AND tgattr::text = '' AND prosrc =
          'BEGIN RAISE EXCEPTION ''The rows of % are never changed.'', TG_TABLE_NAME; END'
    """
    return {(table, act) for table, act in connection.execute(text(query))}
