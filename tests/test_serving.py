"""What a serving process holds, and several of them behind one socket."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from almakane.cli import main
from almakane.db import transaction
from almakane.hubs.services import open_hub
from almakane.settings import ROOT
from bench.machine import children

PATIENCE = 20  # seconds

# Libraries of which a page shows nothing: each is loaded by what first needs it.
HEAVY = ("PIL.ImageFont", "alembic", "barcode", "escpos", "flask_migrate", "qrcode", "typst")

_VISIT = """
import sys
import almakane.cli, almakane.serving
from almakane.app import create_app
from almakane.settings import read_settings
app = create_app(read_settings())
visitor = app.test_client()
for path in ("/", "/fr/pieces", "/ar/artisans", "/sign-in", "/pos/"):
    assert visitor.get(path).status_code == 200, path
print(" ".join(sorted(sys.modules)))
"""


def _environ(url: str, data_dir: Path) -> dict[str, str]:
    return {**os.environ, "ALMAKANE_DATABASE_URL": url, "ALMAKANE_DATA_DIR": str(data_dir)}


def test_a_process_that_shows_pages_holds_no_library_that_makes_paper(
    books: Flask, database_url: str, data_dir: Path
) -> None:
    with transaction() as session:
        open_hub(session, "casa", "Almakane", sites={"medina": "Médina"})
    told = subprocess.run(
        [sys.executable, "-c", _VISIT],
        env=_environ(database_url, data_dir),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    loaded = told.stdout.split()
    heavy = {*HEAVY, *(["psycopg"] if database_url.startswith("sqlite") else [])}
    assert heavy.isdisjoint(loaded)
    assert not [name for name in loaded if name.startswith("almakane.demo")]


@pytest.mark.engines("sqlite")
def test_sqlite_is_served_by_one_process(books: Flask, database_url: str, data_dir: Path) -> None:
    environ = {"ALMAKANE_DATABASE_URL": database_url, "ALMAKANE_DATA_DIR": str(data_dir)}
    said = CliRunner().invoke(main, ("serve", "--processes", "2"), env=environ)
    assert said.exit_code == 2
    assert "one process" in said.stderr


@pytest.mark.engines("postgresql")
def test_of_two_processes_one_that_dies_is_followed_and_both_end_with_the_first(
    books: Flask, database_url: str, data_dir: Path
) -> None:
    with _served(database_url, data_dir) as (first, port):
        before = set(children(first.pid))
        assert len(before) == 2
        assert _health(port) == 200
        dead = min(before)
        os.kill(dead, signal.SIGKILL)
        _until(lambda: len(set(children(first.pid)) - {dead}) == 2)
        assert [_health(port) for _ in range(10)] == [200] * 10
        after = set(children(first.pid))
        assert len(after & before) == 1
        first.terminate()
        assert first.wait(PATIENCE) == 0
        assert not [pid for pid in after if Path(f"/proc/{pid}").exists()]


@pytest.mark.engines("postgresql")
def test_processes_whose_first_is_killed_leave_the_port_free(
    books: Flask, database_url: str, data_dir: Path
) -> None:
    with _served(database_url, data_dir) as (first, port):
        ours = children(first.pid)
        first.kill()
        first.wait(PATIENCE)
        _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in ours))
        with closing(socket.create_server(("127.0.0.1", port))):
            pass  # nobody else listens there


@contextmanager
def _served(url: str, data_dir: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = "from almakane.cli import main; main()"
    words = ("serve", "--port", str(port), "--processes", "2")
    first = subprocess.Popen(
        [sys.executable, "-c", command, *words],
        env=_environ(url, data_dir),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until(lambda: _answers(port))
        yield first, port
    finally:
        first.terminate()
        first.wait(PATIENCE)


def _until(is_so: Callable[[], bool]) -> None:
    last = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < last
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        return _health(port) == 200
    except OSError:
        return False


def _health(port: int) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/-/health")
        return connection.getresponse().status
