"""Opening the database, and the two kinds of transaction that are used on it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import URL, Connection, Table, create_engine, event, make_url, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from webapp.errors import CallmeError, ConfigurationError
from webapp.store.faults import StoreFault, fault_of
from webapp.store.tables import sites

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

BUSY_TIMEOUT_MS = 5_000
"""How long a writer of one process waits for a writer of another."""

_POOL: dict[str, dict[str, Any]] = {
    "sqlite": {"pool_size": 16, "max_overflow": 48},
    # PostgreSQL takes 100 connections as it comes, for all processes together. A connection that
    # was cut is replaced before it is used.
    "postgresql": {
        "pool_size": 5,
        "max_overflow": 10,
        "pool_timeout": 5,
        "pool_pre_ping": True,
        "connect_args": {
            "connect_timeout": 3,
            "application_name": "callme",
            "options": f"-c statement_timeout=10s -c lock_timeout={BUSY_TIMEOUT_MS}ms",
            # A server that is gone without a word is noticed within half a minute.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    },
}

_EXAMPLES = "sqlite:///var/callme.db or postgresql://callme@db.example/callme"


class StoreUnavailable(CallmeError):
    """The database did not take or answer a statement. The text names no value of any row, but may
    tell a path, a host or a user; `fault` tells nothing of the kind.
    """

    def __init__(self, text: str, fault: StoreFault = StoreFault.UNUSABLE) -> None:
        super().__init__(text)
        self.fault = fault


class Database:
    """One database. `read()`, `write()` and, for statements that cannot run in a transaction (VACUUM),
    `maintain()` are the only ways in; all raise StoreUnavailable.

    SQLite lets one writer in at a time and makes others poll with growing pauses. Writers of this
    process therefore queue at a lock of ours first, which hands over at once.
    """

    def __init__(self, url: str) -> None:
        parsed = parse_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.name = parsed.render_as_string(hide_password=True)
        try:
            self.engine = create_engine(
                parsed, hide_parameters=True, **_POOL[parsed.get_backend_name()]
            )
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                [
                    f"CALLME_DATABASE_URL: the package {error.name} is not installed;"
                    " run: pip install 'psycopg[binary]'"
                ]
            ) from None
        self._writer = threading.Lock()
        self._write_fault: tuple[str, StoreFault] | None = None
        if self.is_sqlite:
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _translated(self.name), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed when the block ends and rolled back when it raises."""
        try:
            with (
                _translated(self.name),
                self._turn_to_write(),
                self.engine.connect().execution_options(callme_write=True) as connection,
                connection.begin(),
            ):
                yield connection
        except StoreUnavailable as error:
            self._write_fault = str(error), error.fault
            raise
        self._write_fault = None

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """On SQLite writers of this process wait for each other, but not for ever: while another
        program holds the database each of them in turn would wait for it in vain."""
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise StoreUnavailable(
                "the database is locked: others wait for it as well", StoreFault.LOCKED
            )
        try:
            yield
        finally:
            self._writer.release()

    def upsert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT of the database's own dialect, which can take an ON CONFLICT."""
        # The other database's dialect is large and never needed.
        dialect = import_module(f"sqlalchemy.dialects.{self.engine.dialect.name}")
        return cast("sqlite.Insert | postgresql.Insert", dialect.insert(table))

    def ping(self) -> None:
        """Raise StoreUnavailable unless the database answers, holds our tables and takes writes.

        It is written to, which changes nothing, only when the last write failed.
        """
        last = self._write_fault
        if last and self._writer.locked():
            raise StoreUnavailable(*last)  # somebody is trying just now
        if last:
            self.try_to_write()
        else:
            with self.read() as connection:
                connection.execute(select(sites.c.key).limit(1)).all()

    def try_to_write(self) -> None:
        """Raise StoreUnavailable when writing is not possible; changes nothing when it is."""
        with self.write() as connection:
            connection.execute(update(sites).values(key=sites.c.key))

    def maintain(self, *statements: str) -> Sequence[Any]:
        """Run these one by one on a connection that is closed afterwards; returns the last one's first
        row, if it has any."""
        with _translated(self.name), self._turn_to_write():
            pooled = self.engine.raw_connection()
            driver: Any = pooled.driver_connection
            pooled.detach()
            with closing(driver):
                if not self.is_sqlite:
                    driver.autocommit = True
                try:
                    for statement in statements:
                        cursor = driver.execute(statement)
                    return cursor.fetchone() if cursor.description else ()
                except self.engine.dialect.loaded_dbapi.Error as error:
                    raise _unavailable(error, self.name) from None

    def close(self) -> None:
        self.engine.dispose()


def parse_url(url: str) -> URL:
    """Parse a database's address; raises ConfigurationError unless it is one that we can use."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise ConfigurationError(
            [f"CALLME_DATABASE_URL: is no database address; for example {_EXAMPLES}"]
        ) from None
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise ConfigurationError(
            [f"CALLME_DATABASE_URL: must be a SQLite file or PostgreSQL; for example {_EXAMPLES}"]
        )
    return parsed


def make_parent_folder(url: str) -> None:
    """Make the folder of a SQLite file, as SQLite makes the file but not its folder."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)


def is_missing_file(url: str) -> bool:
    """Whether this is a SQLite file that is not there; opening it would make an empty one."""
    parsed = parse_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise _unavailable(cause, name) from None


def _unavailable(cause: BaseException | None, name: str) -> StoreUnavailable:
    text = f"{type(cause).__name__}: {cause}".strip().splitlines()[0]
    fault = fault_of(cause)
    if fault is StoreFault.BROKEN and isinstance(cause, sqlite3.Error):
        text += (
            f"; {name} is broken: put a backup in its place, or see what sqlite3's .recover saves"
        )
    return StoreUnavailable(text, fault)


def _set_up_sqlite(dbapi_connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: _begin_sqlite says which kind is meant.
    dbapi_connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # what is deleted or changed is overwritten
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that writes takes the lock at once: one that began by reading could not be
    # upgraded after another writer got in between. A reader sees each statement's own moment,
    # as on PostgreSQL, and needs no transaction.
    if connection.get_execution_options().get("callme_write"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
