"""The few words that the two databases do not share; every rule is the same text for both."""

from sqlalchemy import Connection, text


def is_sqlite(connection: Connection) -> bool:
    """Whether these books lie in a file."""
    return connection.dialect.name == "sqlite"


def written(connection: Connection, column: str) -> str:
    """
    SQL for a column as a seal writes it.

    `title:words` is a text, and so on for truth, day and moment; a whole number says nothing. What
    may be empty ends in `?`.
    """
    sqlite, is_optional = is_sqlite(connection), column.endswith("?")
    column, _, kind = column.removesuffix("?").partition(":")
    match kind:
        case "":
            value = column
        case "truth":
            value = f"CASE WHEN {column} THEN '1' ELSE '0' END"
        case "day":
            value = column if sqlite else f"TO_CHAR({column}, 'YYYY-MM-DD')"
        case "moment":
            utc = f"TO_CHAR({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
            value = column if sqlite else utc
        case "words":
            octets = f"LENGTH(CAST({column} AS BLOB))" if sqlite else f"OCTET_LENGTH({column})"
            value = f"{octets} || ':' || {column}"
        case _:
            raise ValueError(f"A seal writes no {kind}.")
    return f"COALESCE(CAST({value} AS TEXT), '-')" if is_optional else value


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
