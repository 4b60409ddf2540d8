"""What every test may ask for: the app on a migrated database of its own, on either engine."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from almakane.app import bring_up_to_date, create_app
from almakane.db import db
from almakane.settings import Settings
from almakane.users.services import UNTRIED
from tests.houses import Houses
from tests.postgres import Postgres, make_home, one_at_a_time, remove
from tests.scale import FAULTS

ENGINES = ("sqlite", "postgresql")

_HOME = "ALMAKANE_TEST_HOME"  # the run's folder, made by its first process, told to its workers

# A busy machine is not a failing one: no deadline, and no complaint about slow data. The quick
# examples are the same each time; the many of `make faults` are new ones.
_PATIENT = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile(
    "quick", _PATIENT, max_examples=50, derandomize=True, database=None
)
hypothesis_settings.register_profile("faults", _PATIENT, max_examples=2_000, print_blob=True)
hypothesis_settings.load_profile("faults" if FAULTS else "quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", choices=ENGINES, action="append", help="run on this database only (repeatable)"
    )
    parser.addoption(
        "--write-golden", action="store_true", help="write the papers of tests/gateways/golden anew"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[_HOME] = str(make_home())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and _HOME in os.environ:
        remove(Path(os.environ.pop(_HOME)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_name" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--engine") or ENGINES
        marker = metafunc.definition.get_closest_marker("engines")
        names = [name for name in ENGINES if name in wanted and (not marker or name in marker.args)]
        metafunc.parametrize("engine_name", names, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"engine_name", "postgres"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


@pytest.fixture(scope="session")
def run_home() -> Path:
    """A folder that all workers of this run share."""
    return Path(os.environ[_HOME])


@pytest.fixture(scope="session")
def postgres(run_home: Path) -> Iterator[Postgres]:
    """The run's PostgreSQL, its template migrated."""
    server = Postgres(run_home)
    try:
        server.migrate_template(lambda url: _migrate(url, run_home))
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def sqlite_template(run_home: Path) -> Path:
    """A migrated SQLite file, to be copied."""
    template = run_home / "template.sqlite3"
    with one_at_a_time(run_home / "sqlite.lock"):
        if not template.exists():
            fresh = run_home / "fresh.sqlite3"
            fresh.unlink(missing_ok=True)
            _migrate(f"sqlite:///{fresh}", run_home)
            fresh.rename(template)
    return template


def _migrate(url: str, home: Path) -> None:
    # In a folder of its own: a shop shuts its folder, and PostgreSQL's user must pass the run's.
    data_dir = home / "migrated"
    data_dir.mkdir(exist_ok=True)
    app = create_app(_settings(url, data_dir))
    with app.app_context():
        try:
            bring_up_to_date(app)
        finally:
            db.session.remove()
            db.engine.dispose()


def _settings(url: str, data_dir: Path) -> Settings:
    """People come in with a password alone; tests/users has those who need more."""
    return Settings(
        database_url=url,
        data_dir=data_dir,
        secret_key="test",
        argon2_cost=UNTRIED,
        requires_second_factor=False,
    )


@pytest.fixture
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each of the two databases in turn; `@pytest.mark.engines("sqlite")` asks for one of them."""
    return str(request.param)


@pytest.fixture
def data_dir(run_home: Path) -> Iterator[Path]:
    """The folder of one shop's data; unlike tmp_path it is in memory, and gone after the test."""
    path = Path(tempfile.mkdtemp(prefix="shop-", dir=run_home))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, data_dir: Path) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    if engine_name == "sqlite":
        path = data_dir / "almakane.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        name = server.create()
        yield server.url(name)
        server.drop(name)


@pytest.fixture
def settings(database_url: str, data_dir: Path) -> Settings:
    """A shop's settings, with passwords that are quick to hash."""
    return _settings(database_url, data_dir)


@pytest.fixture(scope="session")
def houses() -> Houses:
    """The apps that this process has made."""
    return Houses()


@pytest.fixture
def app(houses: Houses, settings: Settings) -> Iterator[Flask]:
    """The whole shop on an empty database; it stands already, and takes no new route."""
    with houses.open(settings) as app:
        yield app


@pytest.fixture
def new_app(settings: Settings) -> Iterator[Flask]:
    """The same, just made: for a test that builds something on."""
    app = create_app(settings)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a cookie yet."""
    return app.test_client()


@pytest.fixture
def books(app: Flask) -> Iterator[Flask]:
    """The shop with its context open, for tests of services, which say `with transaction()`."""
    with app.app_context():
        yield app
