"""Entries are written once, reversed as a whole, and never changed: the database sees to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    inspect,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from almakane.db import Model, UTCDateTime, db, rows, transaction
from almakane.errors import Refusal
from almakane.guards import guarded_tables, install_guards, missing_guards
from almakane.hubs.models import Hub
from almakane.hubs.services import open_hub
from almakane.ledger.book import Posting, pair
from almakane.ledger.models import Release
from almakane.ledger.queries import Waiting, balance, balances, sides, waiting
from almakane.ledger.services import Fact, find_entry, post, post_once, reverse_entry
from almakane.sales.sealing import seal_day
from almakane.sales.ticket import Tender, TenderKind
from tests.accounts import entry_rows, turned_round
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
    new_uid,
    refund,
    sell,
)

TAKINGS = pair("bank", "cash:safe", mad(100))


def a_fact(hub: Hub, kind: str = "worked", **changed: Any) -> Fact:
    uid = new_uid()
    fact = Fact(hub.id, None, kind, "W-1", NOW, TODAY, NOW, "hind", f"{kind}/{uid}", "hash")
    return fact._replace(**changed)


# Writing


def test_an_entry_told_twice_is_written_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        fact = a_fact(hub)
        first = post_once(session, fact, TAKINGS)
        again = post_once(session, fact._replace(recorded_at=NOW + timedelta(hours=1)), TAKINGS)
        assert first == again == find_entry(session, hub.id, fact.key, "hash")
        assert balance(session, hub.id, "bank") == mad(100)


def test_a_key_that_comes_again_with_another_body_is_refused(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        fact = a_fact(hub)
        post_once(session, fact, TAKINGS)
        with pytest.raises(Refusal, match="already used"):
            post_once(session, fact._replace(body_hash="other"), TAKINGS)
        assert balance(session, hub.id, "bank") == mad(100)


def test_the_same_key_at_another_hub_is_another_entry(books: Flask) -> None:
    with transaction() as session:
        casa = make_hub(session)
        fes = open_hub(session, "fes", "Fès", sites={"fes": "Fès"})
        fact = a_fact(casa)
        first = post_once(session, fact, TAKINGS)
        other = post_once(session, fact._replace(hub_id=fes.id), TAKINGS)
        assert first != other
        assert balance(session, fes.id, "bank") == balance(session, casa.id, "bank") == mad(100)


def test_an_entry_that_leaves_money_in_clearing_is_a_defect(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        with pytest.raises(ValueError, match="does not come out"):
            post(session, a_fact(hub), pair("cash:T1", "clearing", 1))
        assert rows(session, "SELECT COUNT(*) FROM entry")[0][0] == 0


def test_an_entry_without_postings_stands_for_a_ticket_of_nothing(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        assert entry_rows(session, post(session, a_fact(hub), [])) == []


def test_an_entry_of_three_thousand_postings_is_one_entry(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        many = [Posting(f"owed:m{n}", "bank", n + 1) for n in range(3_000)]
        entry_id = post(session, a_fact(hub), many)
        assert len(entry_rows(session, entry_id)) == 3_000
        assert balance(session, hub.id, "bank") == -sum(range(1, 3_001))
        assert len(balances(session, hub.id, "owed:")) == 3_000


# Undoing


def test_an_entry_is_undone_as_a_whole_and_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        entry_id = post(session, a_fact(hub), [*TAKINGS, *pair("bank", "owed:m1", 7, 3)])
        undoing = a_fact(hub, "reversal")
        undone = reverse_entry(session, entry_id, undoing)

        assert entry_rows(session, undone) == turned_round(entry_rows(session, entry_id))
        assert set(balances(session, hub.id).values()) == {0}
        assert reverse_entry(session, entry_id, undoing) == undone
        for again in (entry_id, undone):
            with pytest.raises(Refusal, match="reversed already"):
                reverse_entry(session, again, a_fact(hub, "reversal"))


@pytest.mark.parametrize("kind", ["sale", "refund", "exchange", "purchase", "loss"])
def test_what_a_document_stands_behind_is_undone_by_a_document(books: Flask, kind: str) -> None:
    with transaction() as session:
        hub = make_hub(session)
        entry_id = post(session, a_fact(hub, kind), TAKINGS)
        with pytest.raises(Refusal, match="document stands behind"):
            reverse_entry(session, entry_id, a_fact(hub, "reversal"))


def test_another_hubs_entry_is_not_there(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        fes = open_hub(session, "fes", "Fès", sites={"fes": "Fès"})
        entry_id = post(session, a_fact(hub), TAKINGS)
        for at, number in ((fes, entry_id), (hub, 999_999), (hub, -1)):
            with pytest.raises(Refusal, match="no such entry"):
                reverse_entry(session, number, a_fact(at, "reversal"))


# What the database refuses


@contextmanager
def refused(session: Session) -> Iterator[None]:
    """The block ends in the database's refusal, and nothing of it stays."""
    with pytest.raises(IntegrityError), session.begin_nested():
        yield


_POSTING = (
    "INSERT INTO posting (entry_id, n, debit_id, credit_id, amount, currency, line) "
    "VALUES (:entry, 99, :debit, :credit, :amount, :currency, 0)"
)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 0},
        {"amount": -1},
        {"currency": "EUR"},
        {"credit": "debit"},
        {"entry": 999_999},
        {"debit": 999_999},
    ],
)
def test_a_posting_that_is_no_pair_of_one_currency_cannot_be_written(
    books: Flask, changed: dict[str, Any]
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        entry = post(session, a_fact(hub), TAKINGS)
        [(debit, credit)] = rows(session, "SELECT debit_id, credit_id FROM posting")
        good = {"entry": entry, "debit": debit, "credit": credit, "amount": 1, "currency": "MAD"}
        if changed.get("credit") == "debit":
            changed = {"credit": debit}
        with refused(session):
            session.execute(text(_POSTING), good | changed)
        session.execute(text(_POSTING), good)  # so it was the change that was refused
        assert balance(session, hub.id, "bank") == mad(100) + 1


def test_one_account_in_two_currencies_cannot_meet_in_a_posting(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        entry = post(session, a_fact(hub), TAKINGS)
        [(debit, _)] = rows(session, "SELECT debit_id, credit_id FROM posting")
        euros = session.scalar(
            text(
                "INSERT INTO account (hub_id, code, kind, currency, pcge) "
                "VALUES (:hub, 'bank:eur', 'asset', 'EUR', '5141') RETURNING id"
            ),
            {"hub": hub.id},
        )
        for currency in ("MAD", "EUR"):
            with refused(session):
                session.execute(
                    text(_POSTING),
                    {
                        "entry": entry,
                        "debit": debit,
                        "credit": euros,
                        "amount": 1,
                        "currency": currency,
                    },
                )


def test_a_key_is_used_once_whoever_asks(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        fact = a_fact(hub)
        post(session, fact, TAKINGS)
        with refused(session):
            post(session, fact, TAKINGS)


def test_an_entry_is_reversed_once_whoever_asks(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        entry = post(session, a_fact(hub), TAKINGS)
        post(session, a_fact(hub), TAKINGS, reverses_id=entry)
        with refused(session):
            post(session, a_fact(hub), TAKINGS, reverses_id=entry)


def test_what_the_database_refuses_is_told_without_the_values(books: Flask) -> None:
    """A log is not the place for people's names."""
    with transaction() as session:
        hub = make_hub(session)
        fact = a_fact(hub, actor="Fatima Zahra", document="W-9")
        post(session, fact, [])
        with pytest.raises(IntegrityError) as refused, session.begin_nested():
            post(session, fact, [])
    told = str(refused.value.args) + str(refused.value)
    assert "INSERT INTO entry" in told
    assert "Fatima" not in told.replace(str(refused.value.orig), "")


# What is never changed


def a_value(column: Column[Any]) -> Any:
    """Something of a column's type."""
    kind = column.type
    if isinstance(kind, UTCDateTime | DateTime):
        return "2026-11-20 10:00:00.000000"
    if isinstance(kind, Date):
        return "2026-11-20"
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return 1
    return b"x" if isinstance(kind, LargeBinary) else "x"


def put_a_row(connection: Connection, table: Table) -> dict[str, Any]:
    """A row in a table without any other: what it refers to and promises is not looked at."""
    row = {column.name: a_value(column) for column in table.columns}
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA ignore_check_constraints=ON"))
    else:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for check in inspect(connection).get_check_constraints(table.name):
            connection.execute(text(f'ALTER TABLE {table.name} DROP CONSTRAINT "{check["name"]}"'))
    connection.execute(text(f"INSERT INTO {table.name} ({names}) VALUES ({values})"), row)
    if connection.dialect.name != "sqlite":
        connection.execute(text("SET LOCAL session_replication_role = origin"))
    return row


def acts_on(connection: Connection, table: Table, row: dict[str, Any]) -> list[str]:
    """Every way to change, replace or take away a row that the engine knows."""
    name, key = table.name, [column.name for column in table.primary_key]
    other = next((column for column in row if column not in key), key[0])
    names, values = ", ".join(row), ", ".join(f":{column}" for column in row)
    upsert = (
        f"INSERT INTO {name} ({names}) VALUES ({values}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {other} = excluded.{other}"
    )
    acts = [f"UPDATE {name} SET {other} = {other}", f"DELETE FROM {name}", upsert]
    if connection.dialect.name == "sqlite":
        replaced = f"INTO {name} ({names}) VALUES ({values})"
        return [
            *acts,
            f"INSERT OR REPLACE {replaced}",
            f"REPLACE {replaced}",
            f"UPDATE OR REPLACE {name} SET {other} = {other}",
        ]
    return [*acts, f"TRUNCATE {name} CASCADE"]


BOOKS = {
    *("account", "entry", "posting", "earning", "earning_share", "earning_change", "release"),
    *("earning_change_share", "seal", "seal_part", "seal_balance", "seal_turnover"),
    *("consignment", "lot", "lot_artisan", "stock_move", "loss", "return_slip", "return_slip_line"),
    *("sale", "sale_line", "refund_line", "tender", "sale_flag", "flag_end"),
    *("agreement", "agreement_override", "hub_rules"),
}


def test_no_row_of_the_books_is_changed_replaced_or_taken_away(books: Flask) -> None:
    allowed, tried = [], 0
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":  # outside of a transaction, or it is not heard
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        names = guarded_tables()
        assert set(names) >= BOOKS
        for name in names:
            table = Model.metadata.tables[name]
            row = put_a_row(connection, table)
            for act in acts_on(connection, table, row):
                tried += 1
                try:
                    with connection.begin_nested():
                        connection.execute(text(act), row)
                except DBAPIError as error:
                    if "never changed" not in str(error.orig):
                        allowed.append(f"{act}: {error.orig}")
                else:
                    allowed.append(act)
        connection.rollback()
    assert allowed == []
    assert tried >= 4 * len(names)


def test_a_guard_that_was_dropped_is_noticed_and_put_back(books: Flask) -> None:
    with db.engine.begin() as connection:
        assert missing_guards(connection) == []
        is_sqlite = connection.dialect.name == "sqlite"
        name = "posting_no_update" if is_sqlite else "posting_no_change"
        connection.execute(text(f"DROP TRIGGER {name}" + ("" if is_sqlite else " ON posting")))
        assert missing_guards(connection) == [name]
        install_guards(connection)
        assert missing_guards(connection) == []


def test_a_guard_that_lets_everything_pass_is_noticed(books: Flask) -> None:
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER sale_no_delete"))
            connection.execute(
                text("CREATE TRIGGER sale_no_delete BEFORE DELETE ON sale BEGIN SELECT 1; END")
            )
            assert missing_guards(connection) == ["sale_no_delete"]
        else:
            connection.execute(text("ALTER TABLE sale DISABLE TRIGGER sale_no_change"))
            connection.execute(
                text(
                    "CREATE OR REPLACE FUNCTION almakane_append_only() RETURNS trigger "
                    "LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$"
                )
            )
            assert missing_guards(connection) == ["sale_no_change", "almakane_append_only"]
        install_guards(connection)
        assert missing_guards(connection) == []


# Reading


def test_a_balance_is_the_last_seals_and_the_rows_since(books: Flask) -> None:
    """Thirty days of postings, sealed now and then, against sums kept by hand."""
    chance = Random(7)  # noqa: S311 - the same each time
    names = ["bank", "cash:safe", "owed:m1", "owed:m2", "income:commission"]
    by_hand = dict.fromkeys(names, (0, 0))
    with transaction() as session:
        hub = make_hub(session)
        for n in range(30):
            day = date(2026, 1, 1) + timedelta(days=n)
            for _ in range(chance.randint(0, 5)):
                debit, credit = chance.sample(names, 2)
                amount = chance.randint(1, 10**9)
                post(session, a_fact(hub, day=day), [Posting(debit, credit, amount)])
                by_hand[debit] = (by_hand[debit][0] + amount, by_hand[debit][1])
                by_hand[credit] = (by_hand[credit][0], by_hand[credit][1] + amount)
            if chance.random() < 0.3:
                seal_day(session, hub.id, day, now=NOW, actor="hind")
            assert balances(session, hub.id) == {
                name: debits - credits
                for name, (debits, credits) in by_hand.items()
                if debits or credits
            }
        for name, account in rows(session, "SELECT code, id FROM account"):
            assert tuple(sides(session, account)) == by_hand[name]
        assert balance(session, hub.id, "owed:m9") == 0
        assert set(balances(session, hub.id, "owed:")) == {"owed:m1", "owed:m2"}
        assert balances(session, hub.id, "owed%") == balances(session, hub.id, "OWED") == {}


def test_what_was_sold_waits_until_its_day_and_less_what_came_back(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000), quantity=2)
        sold = sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(1000), 2))).ticket
        refund(session, hub, a_return(1, sold, 1, mad(500), 0))

        due = TODAY + timedelta(days=7)
        assert waiting(session, maker.id, due - timedelta(days=1)) == [
            Waiting(None, mad(1050), due)
        ]
        assert waiting(session, maker.id, due) == []
        refund(session, hub, a_return(1, sold, 1, mad(1500), 2))
        assert waiting(session, maker.id, TODAY) == []


def test_what_nobody_knows_the_day_of_waits_until_somebody_says_it(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000))
        line = a_line(1, Sold(lot, mad(1000), mad(1000)))
        sell(session, hub, line, tenders=(Tender(TenderKind.CHEQUE, mad(1000)),))
        later = TODAY + timedelta(days=400)
        assert waiting(session, maker.id, later) == [Waiting(None, mad(700), None)]

        [(earning,)] = rows(session, "SELECT id FROM earning")
        cleared = TODAY + timedelta(days=10)
        session.add(
            Release(
                earning_id=earning,
                available_on=cleared,
                because="encaissé",
                actor="hind",
                recorded_at=NOW,
            )
        )
        session.flush()
        assert waiting(session, maker.id, cleared - timedelta(days=1)) == [
            Waiting(None, mad(700), cleared)
        ]
        assert waiting(session, maker.id, cleared) == []
