"""The same trade through signed journals: the same books, whole, in parts, killed and resumed."""

import json
import random
import shutil
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from almakane import replay
from almakane.app import create_app
from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub, HubHabits
from almakane.journal.delivery import Taken
from almakane.pos.journal import deliver
from almakane.replay import Summary
from almakane.replay.file import Invoice
from almakane.replay.keys import Key
from almakane.replay.rules import register_of
from almakane.replay.trading import windows
from almakane.settings import Settings
from tests.journal.shop import ask, broken
from tests.replay.files import shop_file, write
from tests.replay.killing import run_and_kill
from tests.replay.oracle import work_out
from tests.replay.proof import Books, by_day
from tests.replay.test_books import REAL, Quiet, proven
from tests.replay.test_books import trade as trade_plainly
from tests.replay.test_file import changed
from tests.scale import count


def trade(path: Path, days: int | None = None) -> Summary:
    return replay.run(path, days=days, journal=True, progress=Quiet)


def books_by_day() -> Books:
    with transaction() as session:
        return by_day(session)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop_file(tmp_path_factory.mktemp("replay") / "shop.csv.gz", packed=True)


@pytest.fixture(scope="module")
def plain(path: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """What the plain replay of the file writes in the books."""
    data_dir = tmp_path_factory.mktemp("plain")
    shutil.copyfile(sqlite_template, data_dir / "plain.sqlite3")
    app = create_app(Settings(f"sqlite:///{data_dir}/plain.sqlite3", data_dir, secret_key="test"))
    with app.app_context():
        trade_plainly(path)
        books = books_by_day()
        db.session.remove()
        db.engine.dispose()
    return books


def whole(path: Path, books: Books) -> None:
    """Assert that the file is in the books as it should be, and that each journal is whole."""
    summary = trade(path)
    assert proven(summary, work_out(path)) == []
    assert books_by_day() == books
    assert broken() == []
    assert sum(summary.events.values()) == summary.sales + summary.refunds + 2 * 18
    assert summary.events.keys() == {"recorded", "flagged"}
    assert ask("SELECT COUNT(*) FROM stray") == [(0,)]


@pytest.mark.usefixtures("books")
def test_signed_journals_make_the_same_books(path: Path, plain: Books) -> None:
    whole(path, plain)

    flags = ask("SELECT DISTINCT flags FROM journal_event WHERE outcome = 'flagged'")
    assert {flag for (words,) in flags for flag in words.split()} == {"price_old", "below_floor"}
    assert ask("SELECT COUNT(*) FROM outbox") == [(0,)]
    assert ask("SELECT COUNT(*) FROM used") == ask("SELECT COUNT(*) FROM manager_grant")
    again = trade(path)
    assert again.run_lines == 0
    for register in ("T1", "T2", "T3"):
        each_counts(register)


@pytest.mark.usefixtures("books")
def test_a_cashier_asks_where_the_band_of_the_day_has_her_ask(path: Path) -> None:
    trade(path, days=1)
    with transaction() as session:
        hub = session.query(Hub).filter_by(code="replay").one()
        session.add(
            HubHabits(
                hub_id=hub.id,
                valid_from=date(2010, 1, 1),
                cashier_band_bp=0,
                staff_band_bp=0,
                return_days=7,
                label_sheet="a4-24",
                actor="hind",
                set_at=datetime.now(UTC),
            )
        )
    trade(path)

    flags = ask("SELECT DISTINCT flags FROM journal_event WHERE outcome = 'flagged'")
    assert {flag for (words,) in flags for flag in words.split()} == {"price_old", "below_floor"}


def each_counts(register: str) -> None:
    """Assert that a register numbered its tickets without a gap and summed them up."""
    told = [
        json.loads(text)
        for (text,) in ask(
            "SELECT text FROM journal_event e JOIN chain ON chain.id = e.chain_id "
            "JOIN epoch ON epoch.id = chain.epoch_id "
            "JOIN register ON register.id = epoch.register_id "
            "WHERE register.code = ? ORDER BY e.seq",
            register,
        )
    ]
    kinds = [event["kind"] for event in told]
    assert kinds.count("shift_opened") == kinds.count("shift_closed") == 6
    assert kinds[0] == "shift_opened"
    assert kinds[-1] == "shift_closed"
    bodies = [event["body"] for event in told if "number" in event["body"]]
    numbers = [body["number"] for body in bodies]
    assert numbers == [f"{register}-1-{n:06d}" for n in range(1, len(numbers) + 1)]
    assert numbers
    for before, body in pairwise([{"perpetual": {"sales": 0, "refunds": 0}}, *bodies]):
        sums, totals = before["perpetual"], body["totals"]
        assert body["perpetual"] == {
            "sales": sums["sales"] + totals["goods"],
            "refunds": sums["refunds"] + totals["returned"],
        }
    closings = [event["body"] for event in told if event["kind"] == "shift_closed"]
    assert sum(closing["tickets"]["count"] for closing in closings) == len(numbers)
    assert closings[-1]["tickets"]["last"] == numbers[-1]


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("seed", range(count(1, 30)))
def test_a_run_cut_short_anywhere_goes_on_from_the_heads(
    path: Path, plain: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Cut before a delivery or right after it, again and again, in deliveries of few events."""
    monkeypatch.setattr("almakane.replay.trading._TICKETS", 5)
    monkeypatch.setattr("almakane.replay.device.MOST_EVENTS", 2)
    chance = random.Random(seed)  # noqa: S311 - when to cut is no secret

    def cutting(*args: Any, **named: Any) -> Taken:
        cut = chance.randrange(16)
        if cut == 0:
            raise KeyboardInterrupt
        taken = deliver(*args, **named)
        if cut == 1:
            raise KeyboardInterrupt
        return taken

    monkeypatch.setattr("almakane.replay.journals.deliver", cutting)
    path = shop_file(tmp_path / "shop.csv", seed=200 + seed) if seed else path
    cuts = 0
    while True:
        try:
            trade(path)
            break
        except KeyboardInterrupt:
            cuts += 1

    assert cuts > 2
    whole(path, books_by_day() if seed else plain)


@pytest.mark.usefixtures("books")
def test_a_run_that_is_killed_goes_on_from_the_heads(
    path: Path, plain: Books, database_url: str
) -> None:
    kills = (
        (1, "almakane.replay.journals.deliver"),  # one register's openings, none of the others'
        (20, "almakane.pos.applying.record_sale"),  # in the middle of a delivery
        (2, "almakane.replay.journals.deliver"),
        (3, "almakane.pos.applying.close_shift"),
        (3, "almakane.replay.journals.deliver"),
        (1, "almakane.replay.trading.seal_day"),
        (2, "almakane.pos.applying.open_shift"),
        (3, "almakane.replay.journals.grant"),
        (1, "almakane.replay.trading.draw_statements"),
    )
    run_and_kill(database_url, path, 2, "almakane.replay.journals.enrol", journal=True)
    assert ask("SELECT COUNT(*) FROM hub") == [(0,)]
    for after, what in kills[: count(3, len(kills))]:
        run_and_kill(database_url, path, after, what, journal=True)

    whole(path, plain)


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("journal", [True, False])
def test_the_two_ways_do_not_mix(path: Path, journal: bool) -> None:
    replay.run(path, days=1, journal=journal, progress=Quiet)
    with pytest.raises(Refusal, match="begun the other way"):
        replay.run(path, days=2, journal=not journal, progress=Quiet)


@pytest.mark.usefixtures("books")
def test_what_the_journal_does_not_take_names_its_line(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from almakane.replay.bodies import ticket_body  # noqa: PLC0415 - beside its twin

    def coloured(*args: Any) -> dict[str, Any]:
        return {**ticket_body(*args), "colour": "blue"}

    monkeypatch.setattr("almakane.replay.device.ticket_body", coloured)
    with pytest.raises(Refusal, match=r"Line \d+, invoice 55100\d: unknown_field body.colour"):
        trade(path, 1)


@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("books")
def test_a_ticket_that_no_event_holds_is_refused(tmp_path: Path) -> None:
    rows = [changed(description="a" * 200) for _ in range(1_500)]
    with pytest.raises(Refusal, match="Line 2, invoice 536365: no event of a journal holds"):
        trade(write(tmp_path / "long.csv", rows))


@pytest.mark.skipif(not REAL.exists(), reason=f"the real file is not at {REAL}")
@pytest.mark.usefixtures("books")
def test_days_of_the_real_file_equal_the_oracle() -> None:
    days = count(2, 30)

    assert proven(trade(REAL, days), work_out(REAL, days)) == []
    assert broken() == []


def test_a_file_and_a_register_have_one_key() -> None:
    assert Key("0123456789ab", "T1").public == Key("0123456789ab", "T1").public
    others = {Key(mark, code).public for mark in ("0123456789ab", "x") for code in ("T1", "T2")}
    assert len(others) == 4


def test_a_window_ends_before_one_of_it_needs_another() -> None:
    def invoice(number: str, customer: str) -> Invoice:
        return Invoice(number, 2, datetime.fromisoformat("2024-01-29 09:00:00"), customer, [])

    here, there = "1", next(str(n) for n in range(99) if register_of(str(n)) != register_of("1"))
    told = [
        *(invoice(here, "a"), invoice(here, "a"), invoice(here, ""), invoice(there, "")),
        *(invoice(there, "b"), invoice(there, "a"), invoice("C1", "b"), invoice("C2", "b")),
        invoice(here, "c"),
    ]

    assert [[told.index(one) for one in window] for window in windows(told)] == [
        [0, 0, 2, 3, 4],
        [5, 6],
        [7, 8],
    ]
