"""What the environment may say, and what is refused with the name of the setting."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import request

from almakane.app import create_app
from almakane.db import db
from almakane.errors import Refusal
from almakane.settings import Settings, keep_private, read_settings


def test_without_a_word_the_shop_keeps_its_books_in_a_folder_of_its_own(tmp_path: Path) -> None:
    settings = read_settings({"ALMAKANE_DATA_DIR": str(tmp_path)})

    assert settings.database_url == f"sqlite:///{tmp_path / 'almakane.sqlite3'}"
    assert settings.is_sqlite
    assert not settings.is_secure
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
    assert read_settings({"ALMAKANE_DATA_DIR": str(tmp_path)}).secret_key == settings.secret_key


@pytest.mark.parametrize("where", ["shop.sqlite3", "./books/shop.sqlite3", "s.sqlite3?timeout=3"])
def test_a_path_is_from_where_one_stands(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings(
        {"ALMAKANE_DATA_DIR": ".", "ALMAKANE_DATABASE_URL": f"sqlite:///{where}"}
    )
    assert settings.database_url == f"sqlite:///{tmp_path / where}"
    with create_app(settings).app_context():
        assert str(db.engine.url.database) == str(tmp_path / where).partition("?")[0]


def test_a_secret_that_was_cut_off_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("")
    with pytest.raises(Refusal, match="is empty"):
        read_settings({"ALMAKANE_DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALMAKANE_ARGON2_COST", "0"),
        ("ALMAKANE_ARGON2_COST", "٣"),
        ("ALMAKANE_ARGON2_COST", "1e9"),
        ("ALMAKANE_LANGUAGE", "zgh"),
        ("ALMAKANE_PROXIES", "-1"),
        ("ALMAKANE_DATABASE_URL", "mysql://shop"),
        ("ALMAKANE_DATABASE_URL", "postgresql://a:b@127.0.0.1:xx/db"),
        ("ALMAKANE_BASE_URL", "foo"),
        ("ALMAKANE_BASE_URL", "http://[::1"),
        ("ALMAKANE_BASE_URL", "https://shop.example/boutique"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(
    name: str, value: str, tmp_path: Path
) -> None:
    with pytest.raises(Refusal) as refused:
        read_settings({"ALMAKANE_DATA_DIR": str(tmp_path), name: value})

    assert refused.value.field == name
    assert name in str(refused.value)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "41.140.0.7")])
def test_a_visitors_address_is_taken_from_a_proxy_only_where_one_is_named(
    proxies: int, seen: str, settings: Settings
) -> None:
    app = create_app(replace(settings, proxies=proxies))
    addresses: list[str | None] = []
    app.before_request(lambda: addresses.append(request.remote_addr))

    app.test_client().get("/sign-in", headers={"X-Forwarded-For": "41.140.0.7"})

    assert addresses == [seen]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_nobody_else_of_the_machine_reads_the_data(tmp_path: Path, settings: Settings) -> None:
    folder, books = tmp_path / "var", tmp_path / "books.sqlite3"
    books.touch(0o644)
    own = replace(settings, data_dir=folder, database_url=f"sqlite:///{books}")
    keep_private(own)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert books.stat().st_mode & 0o777 == 0o600
    keep_private(replace(own, database_url="sqlite:///:memory:"))  # there is no file
