"""The books of an honest hub are proven; what the prover says is bounded, and so is a start."""

import pytest
from flask import Flask
from sqlalchemy import text

from almakane.check import RULES, Violation, prove, report
from almakane.check.law import MOST_NAMED
from almakane.db import db, transaction
from almakane.hubs.services import open_hub
from almakane.inventory.services import set_up_places
from almakane.sales.models import Register, RegisterKind
from almakane.sales.sealing import seal_day
from tests.check.conftest import TOMORROW, Trade
from tests.check.test_breakages import unguarded
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_line,
    a_return,
    mad,
    make_hub,
    make_lot,
    make_maker,
    refund,
    sell,
    the_site,
)

UNLOCKED = {
    "sqlite": "DROP TRIGGER posting_no_update",
    "postgresql": "ALTER TABLE posting DISABLE TRIGGER posting_no_change",
}
HOLLOW = {
    "sqlite": "CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting WHEN 1 = 0 "
    "BEGIN SELECT RAISE(ABORT, 'The rows of posting are never changed.'); END",
    "postgresql": "CREATE OR REPLACE TRIGGER posting_no_change BEFORE UPDATE OR DELETE ON posting "
    "FOR EACH ROW WHEN (1 = 0) EXECUTE FUNCTION almakane_append_only()",
}


@pytest.mark.parametrize("fast", [False, True], ids=["whole", "fast"])
def test_the_books_of_an_honest_hub_are_proven(trade: Trade, fast: bool) -> None:
    violations = prove(db.session.connection(), fast=fast)
    assert not violations, report(violations)


def test_hubs_that_share_a_database_are_proven_together(books: Flask) -> None:
    with transaction() as session:
        hubs = [make_hub(session), open_hub(session, "fes", "Fès", sites={"medina": "Médina"})]
        site = the_site(session, hubs[1])
        set_up_places(session, site.id)
        session.add(Register(hub_id=hubs[1].id, site_id=site.id, code="T1", kind=RegisterKind.TILL))
        for day in (TODAY, TOMORROW):
            for hub in hubs:
                maker = make_maker(session, hub, artisans=1)
                lot = make_lot(session, hub, maker, mad(500), quantity=3)
                sold = sell(session, hub, a_line(1, Sold(lot, mad(500), mad(500), 2)), day=day)
                refund(session, hub, a_return(1, sold.ticket, 1, mad(500)), day=day)
                seal_day(session, hub.id, day, now=NOW, actor="hind")
    for fast in (False, True):
        violations = prove(db.session.connection(), fast=fast)
        assert not violations, report(violations)


def test_a_guard_that_is_gone_is_missed_even_by_a_start(trade: Trade, engine_name: str) -> None:
    with db.engine.connect() as connection:
        connection.execute(text(UNLOCKED[engine_name]))
        [violation] = prove(connection, fast=True)
        connection.rollback()
    assert violation.invariant == "I4"
    assert violation.row.startswith("posting_no_")


def test_a_guard_that_refuses_nothing_is_no_guard(trade: Trade, engine_name: str) -> None:
    with db.engine.connect() as connection:
        if engine_name == "sqlite":
            connection.execute(text(UNLOCKED[engine_name]))
        connection.execute(text(HOLLOW[engine_name]))
        [violation] = prove(connection, fast=True)
        connection.rollback()
    assert violation.row.startswith("posting_no_")


def test_a_start_proves_the_last_seal_and_what_came_after_it(trade: Trade) -> None:
    with unguarded() as connection:
        connection.execute(
            text("UPDATE entry SET document = 'x' WHERE id = (SELECT MAX(last_entry_id) FROM seal)")
        )
        connection.execute(
            text("UPDATE sale_line SET total = 1 WHERE sale_id = (SELECT MAX(id) FROM sale)")
        )
        rules = {violation.rule for violation in prove(connection, fast=True)}
    assert {"rows_are_as_sealed", "a_line_is_divided_as_written", "a_ticket_adds_up"} <= rules


def test_a_start_leaves_the_sealed_past_to_the_night(trade: Trade) -> None:
    with unguarded() as connection:
        connection.execute(
            text("UPDATE sale_line SET total = 1 WHERE sale_id = (SELECT MIN(id) FROM sale)")
        )
        at_start = {violation.rule for violation in prove(connection, fast=True)}
        at_night = {violation.rule for violation in prove(connection)}
    assert "a_line_is_divided_as_written" in at_night - at_start


def test_twenty_rows_of_a_law_are_named_and_the_rest_counted(trade: Trade) -> None:
    with unguarded() as connection:
        connection.execute(text("UPDATE stock_move SET actor = ''"))
        moves = connection.execute(text("SELECT COUNT(*) FROM stock_move")).scalar_one()
        found = [v for v in prove(connection) if v.rule == "somebody_did_the_stock_move"]
    assert len(found) == MOST_NAMED + 1
    assert found[-1].values["count"] == moves - MOST_NAMED
    assert found[-1].row == ""


def test_rows_that_are_gone_are_counted_before_the_next_one(trade: Trade) -> None:
    with unguarded() as connection:
        first = connection.execute(text("SELECT MIN(id) FROM stock_move")).scalar_one()
        connection.execute(
            text("DELETE FROM stock_move WHERE id BETWEEN :first AND :first + 2"), {"first": first}
        )
        found = [v for v in prove(connection) if v.rule == "rows_are_as_sealed"]
    assert [(v.row, v.values["count"]) for v in found] == [(f"stock_move {first + 3}", 3)]


def test_progress_is_told_to_the_end(trade: Trade) -> None:
    told: list[tuple[int, int]] = []
    prove(db.session.connection(), progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > len(RULES)


def test_a_report_names_each_violation_on_a_line() -> None:
    broken = Violation("I2", "rule", "The entry leaves %(left)s.", "entry 7", {"left": 12})
    assert report([broken]).splitlines()[0] == "I2 entry 7: The entry leaves 12."
    assert "proven" in report([])


def test_every_sentence_has_its_values(trade: Trade) -> None:
    """A query names the columns that its sentence asks for: read from the database itself."""
    connection = db.session.connection()
    for rule in RULES:
        query = text(f"SELECT * FROM ({rule.sql}) broken LIMIT 0")
        values = {"after": 0, "upto": 0, "now": "2026-11-20 10:00:00+00:00"}
        asked = {name: values[name] for name in query.compile().params}
        columns = dict.fromkeys(connection.execute(query, asked).keys(), "")
        assert "found" in columns
        assert rule.sentence % columns


def test_a_trigger_that_nobody_knows_is_named(trade: Trade, engine_name: str) -> None:
    swallow = "CREATE TRIGGER swallow BEFORE INSERT ON posting "
    if engine_name == "sqlite":
        statements = [swallow + "BEGIN SELECT RAISE(IGNORE); END"]
    else:
        statements = [
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NULL; END $$",
            swallow + "FOR EACH ROW EXECUTE FUNCTION nothing()",
        ]
    with db.engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
        rows = {violation.row for violation in prove(connection, fast=True)}
        connection.rollback()
    assert rows == {"swallow"}
