"""How often the database is asked, whichever way a statement goes to it; on SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection

from sqlalchemy import Engine, event


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that run inside the block, without those of triggers."""
    sent: list[str] = []
    traced: list[Connection] = []

    def note(sql: str) -> None:
        if not sql.startswith("--"):
            sent.append(sql)

    def listen(connection: Connection, *_rest: object) -> None:
        connection.set_trace_callback(note)
        traced.append(connection)

    event.listen(engine, "checkout", listen)
    try:
        yield sent
    finally:
        event.remove(engine, "checkout", listen)
        for connection in traced:
            connection.set_trace_callback(None)
