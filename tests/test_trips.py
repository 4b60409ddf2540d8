"""The driver under a session: statements that go out together, and what is told when one fails."""

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError, IntegrityError

from almakane.db import (
    Query,
    db,
    insert_row,
    insert_rows,
    retried,
    rows,
    rows_of,
    together,
    transaction,
)
from tests.factories import make_hub

SERIES = ("hub_id", "kind", "register", "next")


@pytest.fixture
def hub_id(books: Flask) -> int:
    with transaction() as session:
        return make_hub(session).id


def test_statements_that_are_asked_together_answer_in_their_order(hub_id: int) -> None:
    with transaction() as session:
        first, second, third = rows_of(
            session,
            Query("SELECT 1", ()),
            Query("SELECT 2 WHERE ? IN (??)", (7, [5, 6])),
            Query("SELECT code FROM hub WHERE id = ?", (hub_id,)),
        )
    assert (first, second, third) == ([(1,)], [], [("casa",)])


def test_what_is_written_together_is_read_in_the_same_block(hub_id: int) -> None:
    with transaction() as session, together(session):
        insert_rows(session, "number_series", SERIES, [(hub_id, "x", "T1", 5)])
        site = insert_row(session, "site", ("hub_id", "code", "name"), (hub_id, "fes", "Fès"))
        assert rows(session, "SELECT next FROM number_series WHERE kind = 'x'") == [(5,)]
        assert rows(session, "SELECT id FROM site WHERE code = 'fes'") == [(site,)]


@pytest.mark.parametrize("is_read", [True, False])
def test_a_refusal_of_the_database_is_told_as_such_and_nothing_stays(
    hub_id: int, *, is_read: bool
) -> None:
    def write_twice() -> None:
        with transaction() as session, together(session):
            for _ in range(2):
                insert_rows(session, "number_series", SERIES, [(hub_id, "x", "T1", 5)])
            if is_read:
                rows(session, "SELECT 1")

    with pytest.raises(IntegrityError):
        write_twice()
    with transaction() as session:
        assert rows(session, "SELECT COUNT(*) FROM number_series WHERE kind = 'x'") == [(0,)]


def test_a_statement_that_cannot_be_is_an_error_and_the_next_transaction_works(hub_id: int) -> None:
    for ask in (
        lambda session: rows(session, "SELECT nothing"),
        lambda session: rows_of(session, Query("SELECT 1", ()), Query("SELECT nothing", ())),
    ):
        with pytest.raises(DBAPIError), transaction() as session:
            ask(session)
    with transaction() as session:
        assert rows(session, "SELECT id FROM hub") == [(hub_id,)]


@pytest.mark.engines("postgresql")
def test_a_connection_that_is_lost_between_two_statements_is_tried_again(hub_id: int) -> None:
    tries = 0

    def number_one() -> int:
        nonlocal tries
        tries += 1
        with transaction() as session, together(session):
            [(backend,)] = rows(session, "SELECT pg_backend_pid()")
            if tries == 1:
                url = db.engine.url.set(drivername="postgresql")
                with psycopg.connect(url.render_as_string(hide_password=False)) as other:
                    other.execute("SELECT pg_terminate_backend(%s)", (backend,))
            insert_rows(session, "number_series", SERIES, [(hub_id, "x", "T1", 5)])
        return tries

    assert retried(number_one) == 2
    with transaction() as session:
        assert rows(session, "SELECT COUNT(*) FROM number_series WHERE kind = 'x'") == [(1,)]
