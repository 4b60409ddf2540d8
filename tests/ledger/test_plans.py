"""Nothing on a hot path grows with history: how SQLite reads a window of the books."""

import pytest
from flask import Flask

from almakane.db import rows, transaction
from almakane.ledger import sealing
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
@pytest.mark.parametrize("sql", [sealing._BALANCES, sealing._TURNOVERS])
def test_a_seals_totals_read_the_postings_of_their_window_alone(books: Flask, sql: str) -> None:
    with transaction() as session:
        plan = rows(session, f"EXPLAIN QUERY PLAN {sql}", (1, 1, 10, 20, 1, 10, 20))

    reads = [step[3] for step in plan if step[3].startswith("SEARCH p ")]
    assert len(reads) == 2
    assert all("entry_id>? AND entry_id<?" in read for read in reads), plan
