"""Append-only guards: the database itself refuses to change or delete a row of the books."""

from collections.abc import Iterable

from sqlalchemy import Connection, MetaData, inspect, text

from almakane.db import Model

_FUNCTION = "almakane_append_only"
_FUNCTION_BODY = "BEGIN RAISE EXCEPTION 'The rows of % are never changed.', TG_TABLE_NAME; END"


def guarded_tables(metadata: MetaData = Model.metadata) -> list[str]:
    """The tables whose model says `__append_only__`, by name."""
    guarded = [
        mapper.class_.__tablename__
        for mapper in Model.registry.mappers
        if mapper.class_.__append_only__
    ]
    return sorted(name for name in guarded if name in metadata.tables)


def expected_guards(dialect: str, tables: Iterable[str] | None = None) -> dict[str, str]:
    """Trigger name to the statement that makes it, for every guarded table or for those."""
    guards: dict[str, str] = {}
    for table in guarded_tables() if tables is None else tables:
        if dialect == "sqlite":
            for act in ("update", "delete"):
                guards[f"{table}_no_{act}"] = (
                    f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'The rows of {table} are never changed.'); END"
                )
        else:
            guards[f"{table}_no_change"] = (
                f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON public.{table} "
                f"FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}()"
            )
            guards[f"{table}_no_truncate"] = (
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON public.{table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()"
            )
    return guards


def installed_guards(connection: Connection) -> dict[str, str]:
    """What the database has now, in the same form; a disabled trigger counts as missing."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgenabled = 'O'"
        )
    return {name: _plain(sql) for name, sql in connection.execute(text(query))}


def missing_guards(connection: Connection, tables: Iterable[str] | None = None) -> list[str]:
    """Each guard that is missing or is not as it should be, by name; empty when all stand."""
    dialect = connection.dialect.name
    there = installed_guards(connection)
    expected = expected_guards(dialect, tables)
    wrong = [name for name, sql in expected.items() if _plain(there.get(name, "")) != _plain(sql)]
    if dialect != "sqlite":
        body = connection.scalar(
            text("SELECT prosrc FROM pg_proc WHERE proname = :name"), {"name": _FUNCTION}
        )
        if body != _FUNCTION_BODY:
            wrong.append(_FUNCTION)
    return wrong


def install_guards(connection: Connection, *, is_downgrade: bool = False) -> None:
    """
    Put every guard in place again: Alembic's batch rebuild of a table drops them in silence.

    After a downgrade the models know tables that are no longer there: those are left out.
    """
    dialect = connection.dialect.name
    tables = guarded_tables()
    if is_downgrade:
        there = set(inspect(connection).get_table_names())
        tables = [table for table in tables if table in there]
    if dialect != "sqlite":
        connection.execute(
            text(
                f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql "
                f"AS $${_FUNCTION_BODY}$$"
            )
        )
    present = installed_guards(connection)
    for name, sql in expected_guards(dialect, tables).items():
        if present.get(name) == _plain(sql):
            continue
        if dialect == "sqlite":
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        else:
            table = name.rsplit("_no_", 1)[0]
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name} ON {table}"))
        connection.execute(text(sql))
    still = missing_guards(connection, tables)
    if still:
        raise RuntimeError(f"Guards could not be put in place: {', '.join(still)}")


def _plain(sql: str) -> str:
    """One trigger's text without what engines write in their own way."""
    return (
        " ".join(sql.split())
        .replace("DELETE OR UPDATE", "UPDATE OR DELETE")
        .replace("public.", "")
        .replace('"', "")
    )
