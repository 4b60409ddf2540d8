"""The command line: what it does, what it says, and the exit code a script would see."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select, text

from almakane.cli import main
from almakane.db import db, transaction
from almakane.sales.models import Register, Sale
from almakane.users.models import Role, User
from almakane.users.pins import pin_is_right
from almakane.users.second_factor import has_factor
from almakane.users.services import check_password
from tests.door import give_factor, make_person


def almakane(*words: str, url: str, data_dir: Path) -> Result:
    """Run the command as a shell would, but in this process, which is much quicker."""
    environ = {
        "ALMAKANE_DATABASE_URL": url,
        "ALMAKANE_DATA_DIR": str(data_dir),
        "ALMAKANE_ARGON2_COST": "1",
    }
    return CliRunner().invoke(main, words, env=environ)


def test_a_seeded_shop_is_proven_until_a_level_is_changed_by_hand(
    books: Flask, database_url: str, data_dir: Path
) -> None:
    seeded = almakane("seed", url=database_url, data_dir=data_dir)
    assert seeded.exit_code == 0, seeded.stderr
    assert "The demo's hub is open" in seeded.stdout
    again = almakane("seed", url=database_url, data_dir=data_dir)
    assert "nothing was changed" in again.stdout
    checked = almakane("check", url=database_url, data_dir=data_dir)
    assert (checked.exit_code, checked.stderr) == (0, "")
    with transaction() as session:
        count = "SELECT (SELECT COUNT(*) FROM maker), (SELECT COUNT(*) FROM artisan), "
        count += "(SELECT COUNT(*) FROM product), (SELECT COUNT(DISTINCT craft) FROM maker)"
        assert tuple(session.execute(text(count)).one()) == (12, 40, 160, 12)
        assert len(session.scalars(select(Sale)).all()) > 300
        session.execute(
            text(
                "UPDATE stock_level SET quantity = quantity + 1 "
                "WHERE lot_id = 7 AND place_id = (SELECT MIN(place_id) FROM stock_level "
                "WHERE lot_id = 7 AND quantity > 0)"
            )
        )
    checked = almakane("check", url=database_url, data_dir=data_dir)
    assert checked.exit_code == 1
    assert "I1" in checked.stdout
    assert "stock_level" in checked.stdout


def test_a_demo_that_was_cut_short_begins_anew(
    books: Flask, database_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pull_the_plug(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("almakane.demo.trade.draw_statements", pull_the_plug)
        assert almakane("seed", url=database_url, data_dir=data_dir).exit_code != 0
    with transaction() as session:
        assert session.execute(text("SELECT COUNT(*) FROM hub")).scalar() == 0
    again = almakane("seed", url=database_url, data_dir=data_dir)
    assert "The demo's hub is open" in again.stdout
    checked = almakane("check", url=database_url, data_dir=data_dir)
    assert (checked.exit_code, checked.stderr) == (0, "")


def test_a_hub_is_opened_and_a_person_let_in_each_of_them_once(
    books: Flask, database_url: str, data_dir: Path
) -> None:
    words = ["user", "add", "Fatima", "--name", "Fatima", "--role", "cashier"]
    words += ["--password", "fleur-d-oranger"]
    early = almakane(*words, url=database_url, data_dir=data_dir)
    assert early.exit_code == 2
    assert "There is no hub here yet" in early.stderr
    opening = ("hub", "open", "fes", "--name", "Dar Fès", "--site", "Médina", "--tills", "2")
    opened = almakane(*opening, url=database_url, data_dir=data_dir)
    assert opened.exit_code == 0, opened.stderr
    assert "a hub here already" in almakane(*opening, url=database_url, data_dir=data_dir).stderr
    assert almakane(*words, url=database_url, data_dir=data_dir).exit_code == 0
    again = almakane(*words, url=database_url, data_dir=data_dir)
    assert again.exit_code == 2
    assert "fatima" in again.stderr
    with transaction() as session:
        assert [user.login for user in session.scalars(select(User))] == ["fatima"]
        codes = session.scalars(select(Register.code).order_by(Register.id)).all()
        assert codes == ["T1", "T2", "WEB", "DESK", "REPAIR"]


def test_a_person_is_given_a_pin_that_is_not_easy_to_guess(
    books: Flask, database_url: str, data_dir: Path
) -> None:
    def run(*words: str) -> Result:
        return almakane(*words, url=database_url, data_dir=data_dir)

    run("hub", "open", "fes", "--name", "Dar Fès", "--site", "Médina")
    password = ("--password", "fleur-d-oranger")
    run("user", "add", "Hind", "--name", "Hind", "--role", "manager", *password)
    assert "Nobody signs in as nobody" in run("user", "pin", "nobody", "--pin", "4082").stderr
    assert "at least 6 digits" in run("user", "pin", "hind", "--pin", "4082").stderr
    assert "too easy" in run("user", "pin", "hind", "--pin", "123456").stderr
    given = run("user", "pin", "HIND", "--pin", "730416")
    assert (given.exit_code, given.stdout) == (0, "Hind has a PIN for the tills.\n")
    with transaction() as session:
        [hind] = session.scalars(select(User))
        assert pin_is_right(hind, "730416")


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("check", "--fast"),
        ("serve", "--port", "1"),
        ("user", "add", "x", "--name", "X", "--role", "cashier", "--password", "fleur-d-oranger"),
        ("user", "pin", "x", "--pin", "4082"),
    ],
)
def test_a_mistyped_path_is_refused_and_nothing_is_made(
    data_dir: Path, engine_name: str, words: tuple[str, ...]
) -> None:
    path = data_dir / "shpo" / "almakane.sqlite3"
    said = almakane(*words, url=f"sqlite:///{path}", data_dir=data_dir)
    assert said.exit_code == 2
    assert f"There is no database at {path}." in said.stderr
    assert "almakane migrate" in said.stderr
    assert list(data_dir.iterdir()) == []


@pytest.mark.engines("sqlite")
def test_a_database_that_was_never_set_up_is_said_so(data_dir: Path, engine_name: str) -> None:
    (data_dir / "empty.sqlite3").touch()
    empty = almakane("check", url=f"sqlite:///{data_dir / 'empty.sqlite3'}", data_dir=data_dir)
    assert empty.exit_code == 3
    assert "almakane migrate" in empty.stderr
    assert "Traceback" not in empty.stderr


@pytest.mark.engines("sqlite")
def test_a_file_that_is_no_database_is_said_so(data_dir: Path, engine_name: str) -> None:
    path = data_dir / "letter.sqlite3"
    path.write_text("Chère Hind, voici les tapis." * 100, "utf-8")
    said = almakane("check", url=f"sqlite:///{path}", data_dir=data_dir)
    assert said.exit_code == 3
    assert "Traceback" not in said.stderr


def test_migrating_twice_changes_nothing_and_the_guards_stand(
    books: Flask, database_url: str, data_dir: Path
) -> None:
    db.engine.dispose()
    for _ in range(2):
        migrated = almakane("migrate", url=database_url, data_dir=data_dir)
        assert migrated.exit_code == 0, migrated.stderr
        assert "up to date" in migrated.stdout


def test_on_the_server_keys_are_given_anew(books: Flask, database_url: str, data_dir: Path) -> None:
    def run(*words: str) -> Result:
        return almakane("user", *words, url=database_url, data_dir=data_dir)

    hind = make_person(books, "hind", Role.MANAGER)
    before = hind.session_token
    give_factor(books, "hind")
    linked = run("link", "hind")
    assert "/new-password/" in linked.stdout, linked.stderr
    assert run("password", "hind", "--password", "trois mots bleus").exit_code == 0
    assert "chooses another second factor" in run("factor", "hind").stdout
    assert "no second factor" in run("factor", "hind").stderr
    assert "Nobody signs in as nobody" in run("link", "nobody").stderr
    with transaction() as session:
        kept = session.get_one(User, hind.id)
        assert kept.session_token != before
        assert not has_factor(session, hind.id)
        assert check_password(session, "hind", "trois mots bleus", 1) is not None
