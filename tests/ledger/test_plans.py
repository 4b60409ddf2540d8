"""Nothing on a hot path grows with history: how SQLite reads a window of the books."""

import pytest
from flask import Flask
from sqlalchemy import text

from almakane.check.dialects import as_sealed
from almakane.check.seals import STREAMS
from almakane.check.seals import Stream as Proven
from almakane.db import db, rows, transaction
from almakane.ledger import queries as ledger
from almakane.ledger import sealing
from almakane.payouts import queries
from almakane.portal import queries as portal
from almakane.sales.sealing import BOOKS


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("stream", BOOKS, ids=lambda stream: stream.table)
def test_a_seal_reads_its_window_and_not_the_history_before_it(
    books: Flask, stream: sealing.Stream
) -> None:
    with transaction() as session:
        plan = rows(session, f"EXPLAIN QUERY PLAN {stream.sql}", (1, 10, 20))

    first = plan[0][3]
    assert ">? AND" in first, plan  # a range of ids, of the table itself or of its parent's key
    assert not any("TEMP B-TREE" in step[3] for step in plan), plan


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.table)
def test_a_proof_of_a_seal_reads_its_window_alone(books: Flask, stream: Proven) -> None:
    """What a start proves: the last seal, however many came before."""
    connection = db.session.connection()
    query = text(f"EXPLAIN QUERY PLAN {stream.sql(as_sealed(connection, stream.columns))}")
    plan = connection.execute(query, {"hub": 1, "after": 10, "upto": 20}).all()

    assert ">? AND" in plan[0][3], plan
    assert not any("SCAN" in step[3] or "TEMP B-TREE" in step[3] for step in plan), plan


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("sql", [sealing._BALANCES, sealing._TURNOVERS])
def test_a_seals_totals_read_the_postings_of_their_window_alone(books: Flask, sql: str) -> None:
    with transaction() as session:
        plan = rows(session, f"EXPLAIN QUERY PLAN {sql}", (1, 1, 10, 20, 1, 10, 20))

    reads = [step[3] for step in plan if step[3].startswith("SEARCH p ")]
    assert len(reads) == 2
    assert all("entry_id>? AND entry_id<?" in read for read in reads), plan


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("name", ["MAKER_EARNED", "MAKER_TAKEN", "MEMBER_EARNED", "MEMBER_TAKEN"])
def test_a_portion_of_a_statement_reads_its_own_entries_alone(books: Flask, name: str) -> None:
    """A statement may have any number of rows: none is read with every portion before it."""
    source = getattr(queries, f"_{name}")
    for sql in (source.rows, source.places):
        with transaction() as session:
            plan = rows(session, f"EXPLAIN QUERY PLAN {sql}", [1] * (len(source.of) + 2))

        assert "entry_id>? AND entry_id<?" in plan[0][3], plan
        assert all(step[3].startswith("SEARCH") for step in plan), plan


@pytest.mark.engines("sqlite")
def test_what_moved_an_account_beside_its_lines_is_found_without_the_sales(books: Flask) -> None:
    with transaction() as session:
        plan = rows(session, f"EXPLAIN QUERY PLAN {queries._OTHERS.rows}", (1, 10, 20))

    [read] = [step[3] for step in plan if step[3].startswith("SEARCH e ")]
    assert "ix_entry_beside_lines (hub_id=? AND id>? AND id<?)" in read, plan


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (ledger._WAITING, 4),
        (ledger._WAITING_BY_DAY, 4),
        (queries._MAKER_WAITS, 7),
        (queries._ARTISAN_WAITS, 8),
    ],
)
def test_what_waits_is_found_without_what_was_paid_long_ago(
    books: Flask, sql: str, values: int
) -> None:
    with transaction() as session:
        plan = rows(session, f"EXPLAIN QUERY PLAN {sql}", [1] * values)

    reads = [step[3] for step in plan if "SEARCH earning " in step[3]]
    assert [read.split(" (")[0] for read in reads] == [
        "SEARCH earning USING INDEX ix_earning_waiting"
    ] * 2, plan
    assert "available_on>?" in reads[0] or "available_on>?" in reads[1], plan


@pytest.mark.engines("sqlite")
def test_the_entries_of_a_month_are_found_by_their_days(books: Flask) -> None:
    with transaction() as session:
        plan = rows(
            session, f"EXPLAIN QUERY PLAN {portal._ENTRIES}", (1, "2026-11-01", "2026-11-30")
        )

    assert "ix_entry_hub_id_day (hub_id=? AND day>? AND day<?)" in plan[0][3], plan
