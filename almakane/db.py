"""Where rows live: the model base, the one place where a transaction ends, and fast rows."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from threading import Lock
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, mapped_column

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_BIG = BigInteger().with_variant(Integer, "sqlite")

Id = Annotated[int, mapped_column(_BIG, primary_key=True, autoincrement=True)]
Centimes = Annotated[int, mapped_column(BigInteger)]


def one_of(enum: type[StrEnum], name: str) -> Enum:
    """A column type for an enum's values, kept as text and checked by the database."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=16,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC; SQLite gives back naive ones, which this mends."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone cannot be stored.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Model(DeclarativeBase):
    """What every table is; `__append_only__` puts it behind the guards of `almakane.guards`."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UTCDateTime, int: _BIG}  # noqa: RUF012 - SQLAlchemy's own way
    __append_only__ = False


db = SQLAlchemy(metadata=Model.metadata, session_options={"expire_on_commit": False})

_begin_mode: ContextVar[str] = ContextVar("begin_mode", default="DEFERRED")
_writers: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()


_readers: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()


def prepare_engine(engine: Engine) -> None:
    """
    Make an engine keep the books' promises.

    SQLite: WAL and synchronous=FULL, so an acknowledged sale survives the plug; foreign keys;
    recursive triggers, without which INSERT OR REPLACE slips past the append-only guards; and
    explicit BEGINs, for Python's own start only at the first write and lose updates silently.
    PostgreSQL: UTC, and a lock is waited for at most ten seconds; pages are read as from memory or
    a disk without a head, so that a few lines of long books are found by their index; and none
    starts helpers, which come later than it is read: those are for whole books.
    """
    prepare = _prepare_sqlite if engine.dialect.name == "sqlite" else _prepare_postgresql
    event.listen(engine, "connect", prepare)
    if engine.dialect.name == "sqlite":
        _writers[engine] = Lock()
        # Not by the event `begin`, for which SQLAlchemy would look at each of its statements.
        engine.dialect.do_begin = _begin_sqlite  # type: ignore[assignment]
    reader = _readers[engine] = create_engine(
        engine.url,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        pool_use_lifo=True,  # a few connections that are at work, and not each in its turn
        hide_parameters=True,
    )
    event.listen(reader, "connect", prepare)
    if engine.dialect.name == "sqlite":
        event.listen(reader, "connect", _keep_few_pages)
    event.listen(engine, "engine_disposed", lambda _engine: reader.dispose())


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        "synchronous=FULL",
        "recursive_triggers=ON",
        "trusted_schema=OFF",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _keep_few_pages(connection: Any, _record: object) -> None:
    """What is only looked up here and there needs no 64 MiB of its own beside the system's."""
    connection.execute("PRAGMA cache_size=-8192")


def _begin_sqlite(connection: Any) -> None:
    connection.execute(f"BEGIN {_begin_mode.get()}")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    from psycopg.types.numeric import Int8Dumper  # noqa: PLC0415 - as in `_Wire`

    # One type for every integer, or a statement is another one as soon as an amount has more
    # digits, and is never prepared; and room for inserts of many sizes.
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.prepared_max = 500
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute("SET lock_timeout = '10s'")
        cursor.execute("SET random_page_cost = 1.1")
        cursor.execute("SET parallel_setup_cost = 50000")
    connection.commit()


@contextmanager
def transaction() -> Iterator[Session]:
    """
    One thing that happened in the shop: all of it is committed at the end of the block, or none.

    For the edge only (routes, commands, workers); services take the session and flush. On SQLite
    a lock in the process queues the writers before BEGIN IMMEDIATE, whose own waiting is by sleeps.
    """
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("Rows were changed before the transaction was opened.")
    session.rollback()  # ends a read transaction, whose snapshot would be too old to write on
    writer = _writers.get(_engine_of(session))
    if writer:
        writer.acquire()
    mode = _begin_mode.set("IMMEDIATE")
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _begin_mode.reset(mode)
        if writer:
            writer.release()


_ROWS_AT_ONCE = 500  # both engines bound the values of one statement: 32,766 and 65,535

_PASSING = {
    "40001",
    "40P01",
    "55P03",
    "23505",
}  # serialization, deadlock, lock wait, a race to insert


def locking(session: Session, sql: str, table: str) -> str:
    """The same SELECT, its rows of `table` locked until the commit; SQLite has one writer."""
    if _engine_of(session).dialect.name == "sqlite":
        return sql
    return f"{sql} FOR NO KEY UPDATE OF {table}"


def retried(work: Callable[[], T], attempts: int = 4) -> T:
    """
    Run `work`, which opens its own transaction, again when the database says that it may succeed.

    Deadlocks, lock time-outs, lost connections and two inserts of one key (a double click: the
    second run finds what the first wrote) are tried up to `attempts` times; the rest is raised.
    """
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except DBAPIError as error:
            if attempt == attempts or not may_pass(error):
                raise
            time.sleep(0.02 * 2**attempt)
    raise AssertionError("unreachable")


def may_pass(error: DBAPIError) -> bool:
    """Whether the same work may succeed when it is tried again."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in _PASSING
    if isinstance(error, IntegrityError):
        return "UNIQUE constraint" in str(error.orig)
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


class Remembered(Generic[K, V]):
    """
    What never changes once committed, kept in the process for each database.

    A value that a transaction has just seen waits in its session until the commit: the row may be
    rolled back, and SQLite would give its number to another one.
    """

    _all: ClassVar[list["Remembered[Any, Any]"]] = []

    def __init__(self) -> None:
        self._committed: WeakKeyDictionary[Engine, dict[K, V]] = WeakKeyDictionary()
        self._all.append(self)

    def get(self, session: Session, key: K) -> V | None:
        """The value of a key, if this database was seen to have it."""
        return self.find(session, (key,)).get(key)

    def known(self, key: K) -> V | None:
        """The same for who has no session: what is committed."""
        return self._committed.get(db.engine, {}).get(key)

    def find(self, session: Session, keys: Iterable[K]) -> dict[K, V]:
        """The values of those keys that this database was seen to have."""
        committed = self._committed.get(_engine_of(session), {})
        seen = self._seen(session)
        return {key: known[key] for key in keys for known in (committed, seen) if key in known}

    def put(self, session: Session, key: K, value: V) -> None:
        """Remember a value from this transaction's commit on."""
        self._seen(session)[key] = value

    def _seen(self, session: Session) -> dict[K, V]:
        seen: dict[K, V] = session.info.setdefault(self, {})
        return seen

    def _end(self, session: Session, *, committed: bool) -> None:
        seen = session.info.pop(self, None)
        if seen and committed:
            self._committed.setdefault(_engine_of(session), {}).update(seen)

    @classmethod
    def end_all(cls, session: Session, *, committed: bool) -> None:
        """Keep or forget what a transaction saw."""
        for memory in cls._all:
            memory._end(session, committed=committed)


def _engine_of(session: Session) -> Engine:
    engine: Engine | None = session.info.get("engine")
    if engine is None:
        bind = session.get_bind()
        engine = session.info["engine"] = bind if isinstance(bind, Engine) else bind.engine
    return engine


@event.listens_for(Session, "after_commit")
def _remember(session: Session) -> None:
    if not session.in_nested_transaction():  # a savepoint's release is no commit yet
        Remembered.end_all(session, committed=True)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _ended: object) -> None:
    Remembered.end_all(session, committed=False)  # a savepoint's too: its rows may be gone


@lru_cache(maxsize=64)  # a fact's moments are written into each of its tables
def utc_text(moment: datetime) -> str:
    """A moment as both engines read it in a plain statement: `2026-11-22 08:59:00.000000`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


class Query(NamedTuple):
    """A statement for `rows_of`, as `rows` takes it."""

    sql: str
    values: Sequence[Any]


class _Wire:
    """
    The driver's own connection under a session's transaction.

    SQLAlchemy's way to it costs more than most statements of a sale do; errors are told as its own.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._error: Any = connection.dialect.loaded_dbapi.Error
        self.is_sqlite = connection.dialect.name == "sqlite"
        self.driver: Any = connection.connection.dbapi_connection
        if not self.is_sqlite:
            from psycopg import RawCursor  # noqa: PLC0415 - a shop on SQLite has no use for it

            self._cursor = RawCursor
        self._waits = False  # what gives no rows, for the next statement that does

    def run(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """Run one statement and give its rows."""
        try:
            if self.is_sqlite:
                return self.driver.execute(sql, values).fetchall()  # type: ignore[no-any-return]
            text, writes_only = _numbered(sql)
            cursor = self._cursor(self.driver).execute(text, values)
            if self._waits and writes_only:
                return []
            return cursor.fetchall() if self._waits or cursor.description else []
        except self._error as error:
            raise self._told(sql, values, error) from error

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        """Insert one row and give its id."""
        if not self.is_sqlite:
            [(number,)] = self.run(f"{sql} RETURNING id", values)
            return int(number)
        try:
            return int(self.driver.execute(sql, values).lastrowid)
        except self._error as error:
            raise self._told(sql, values, error) from error

    def insert_each(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        """Insert rows one by one, which SQLite, in this very process, does quickest."""
        try:
            self.driver.executemany(sql, values)
        except self._error as error:
            raise self._told(sql, values[0], error) from error

    def run_each(self, queries: Sequence[Query]) -> list[list[Any]]:
        """Run several statements and give the rows of each."""
        if self.is_sqlite:
            return [self.run(*query) for query in queries]
        with self.together():
            cursors = [
                self._cursor(self.driver).execute(_numbered(sql)[0], values)
                for sql, values in queries
            ]
        return [cursor.fetchall() for cursor in cursors]

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what gives no rows with the next statement that does, or at the end."""
        before, self._waits = self._waits, True
        try:
            with self.driver.pipeline():
                yield
        except self._error as error:
            raise self._told("(several statements)", (), error) from error
        finally:
            self._waits = before

    def _told(self, sql: str, values: Sequence[Any], error: Any) -> BaseException:
        dialect = self._connection.dialect
        is_lost = dialect.is_disconnect(error, self._connection.connection, None)
        if is_lost:
            self._connection.invalidate(error)
        told: BaseException = DBAPIError.instance(
            *(sql, tuple(values), error, self._error),
            hide_parameters=self._connection.engine.hide_parameters,
            connection_invalidated=is_lost,
            dialect=dialect,
        )
        return told


_WIRE = "wire"


def _wire(session: Session) -> _Wire:
    wire: _Wire | None = session.info.get(_WIRE)
    if wire is None:
        wire = session.info[_WIRE] = _Wire(session.connection())
    return wire


@event.listens_for(Session, "after_transaction_create")  # a savepoint is set when it is first used
@event.listens_for(Session, "after_transaction_end")
def _hang_up(session: Session, _transaction: SessionTransaction) -> None:
    session.info.pop(_WIRE, None)


def rows(session: Session, sql: str, values: Sequence[Any] = ()) -> list[Any]:
    """
    Run one prebuilt statement on the session's connection and give its rows, if it has any.

    For hot paths, where building a statement costs more than running it. `?` stands for a value on
    both engines, `(??)` for a list of them, which is then one element of `values`.
    """
    return _wire(session).run(*_spread(sql, values))


def glance(sql: str, values: Sequence[Any] = ()) -> list[Any]:
    """
    The rows of one statement that is a whole question by itself, and needs no transaction.

    For what somebody waits for with a piece in their hand: on PostgreSQL it is one round trip where
    a session takes five. A connection that was lost meanwhile is made anew.
    """
    sql, values = _spread(sql, values)

    def look() -> list[Any]:
        with _readers[db.engine].connect() as connection:
            return _Wire(connection).run(sql, values)

    return retried(look)


def rows_of(session: Session, *queries: Query) -> list[list[Any]]:
    """The rows of several statements that give rows, in one round trip on PostgreSQL."""
    return _wire(session).run_each([Query(*_spread(*query)) for query in queries])


def together(session: Session) -> AbstractContextManager[None]:
    """
    Let PostgreSQL wait for no answer that nobody reads: fewer round trips, the same statements.

    What gives no rows goes out with the next statement that does, or at the end of the block; so a
    refusal of the database may be raised later in it. For `rows` and `insert_rows` only.
    """
    wire = _wire(session)
    return nullcontext() if wire.is_sqlite else wire.together()


def insert_rows(
    session: Session,
    table: str,
    columns: tuple[str, ...],
    values: Sequence[tuple[Any, ...]],
    returning: str = "",
    conflict: str = "",
) -> list[Any]:
    """
    Insert many rows, few round trips; the returned rows come in no promised order.

    `conflict` is what follows ON CONFLICT.
    """
    if not values:
        return []
    tail = (f" ON CONFLICT {conflict}" if conflict else "") + (
        f" RETURNING {returning}" if returning else ""
    )
    wire = _wire(session)
    if wire.is_sqlite and not returning:
        wire.insert_each(_insert(table, columns, 1, tail), values)
        return []
    if len(values) <= _ROWS_AT_ONCE:
        sql = _insert(table, columns, len(values), tail)
        return _wire(session).run(sql, [value for row in values for value in row])
    returned: list[Any] = []
    for start in range(0, len(values), _ROWS_AT_ONCE):
        chunk = values[start : start + _ROWS_AT_ONCE]
        sql = _insert(table, columns, len(chunk), tail)
        returned += _wire(session).run(sql, [value for row in chunk for value in row])
    return returned


def insert_row(
    session: Session, table: str, columns: tuple[str, ...], values: Sequence[Any]
) -> int:
    """Insert one row and give its id."""
    return _wire(session).insert(_insert(table, columns, 1, ""), values)


@lru_cache(maxsize=2_000)
def _insert(table: str, columns: tuple[str, ...], count: int, tail: str) -> str:
    one = "(" + ", ".join("?" * len(columns)) + ")"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * count)}{tail}"


@lru_cache(maxsize=2_000)
def _numbered(sql: str) -> tuple[bytes, bool]:
    """A statement with its values numbered as PostgreSQL does, and whether it only writes."""
    first, *rest = sql.split("?")
    text = first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))
    is_write = text.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))
    return text.encode(), is_write and "RETURNING" not in text


def _spread(sql: str, values: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """A statement with as many marks as its lists have values, and the values in one row."""
    if "(??)" not in sql:
        return sql, values
    flat: list[Any] = []
    for value in values:
        if isinstance(value, list):
            flat += value
        else:
            flat.append(value)
    counts = tuple(len(value) for value in values if isinstance(value, list))
    return _spread_sql(sql, counts), flat


@lru_cache(maxsize=2_000)
def _spread_sql(sql: str, counts: tuple[int, ...]) -> str:
    for count in counts:
        sql = sql.replace("(??)", "(" + ", ".join("?" * count) + ")", 1)
    return sql
