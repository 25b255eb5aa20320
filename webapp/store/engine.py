"""Opens the database and provides its transactions for reading and writing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Table, create_engine, event, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from webapp.errors import CallmeError, ConfigurationError
from webapp.store.address import (
    LOCK_TIMEOUT_MS,
    POOLER,
    STATEMENT_TIMEOUT_MS,
    driver_arguments,
    has_pooler,
    parse_url,
)
from webapp.store.faults import StoreFault, fault_of
from webapp.store.tables import sites

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.engine import ExceptionContext

BUSY_TIMEOUT_MS = LOCK_TIMEOUT_MS

_POOL: dict[str, dict[str, Any]] = {
    "sqlite": {"pool_size": 16, "max_overflow": 48},
    # PostgreSQL's default is 100 connections for all processes together. A broken connection is
    # replaced before use.
    "postgresql": {"pool_size": 5, "max_overflow": 10, "pool_timeout": 5, "pool_pre_ping": True},
}


class StoreUnavailable(CallmeError):
    """The database failed to execute a statement. The text contains no row values, but possibly a path,
    a host or a user; `fault` contains none of these.
    """

    def __init__(self, text: str, fault: StoreFault = StoreFault.UNUSABLE) -> None:
        super().__init__(text)
        self.fault = fault


class Database:
    """One database, accessed only by `read()`, `write()` and, for statements that cannot run in a
    transaction (VACUUM), `maintain()`; all raise StoreUnavailable.

    SQLite allows one writer at a time and makes others poll with growing pauses. Writers of this process
    therefore first queue at a lock of ours, which wakes the next one at once.
    """

    def __init__(self, url: str) -> None:
        parsed = parse_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.has_pooler = has_pooler(parsed)
        self.name = parsed.render_as_string(hide_password=True)
        arguments: dict[str, Any] = {}
        if not self.is_sqlite:
            parsed, arguments = driver_arguments(parsed)
        try:
            self.engine = create_engine(
                parsed,
                hide_parameters=True,
                connect_args=arguments,
                **_POOL[parsed.get_backend_name()],
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
        else:
            event.listen(self.engine, "handle_error", _leave_old_primary)
        if self.has_pooler:
            event.listen(self.engine, "begin", _set_timeouts)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _translated(self.name), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block and rolled back if it raises."""
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
        """On SQLite, queue the writers of this process, with a timeout: if another program locks the
        database, each of them in turn would wait in vain."""
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
        """An INSERT of the database's dialect, which supports ON CONFLICT."""
        # Imports only this dialect, as the other one is large.
        dialect = import_module(f"sqlalchemy.dialects.{self.engine.dialect.name}")
        return cast("sqlite.Insert | postgresql.Insert", dialect.insert(table))

    def ping(self) -> None:
        """Raise StoreUnavailable unless the database answers, has our tables and accepts writes.

        It tries a write, which changes nothing, only after a failed one. Connections to a server that
        became read-only are dropped.
        """
        last = self._write_fault
        if last and self._writer.locked():
            raise StoreUnavailable(*last)  # another writer is trying now
        if last:
            self.try_to_write()
        else:
            with self.read() as connection:
                connection.execute(select(sites.c.key).limit(1)).all()
                read_only = not self.is_sqlite and _is_read_only(connection)
            if read_only:
                self.engine.dispose()
                raise StoreUnavailable("the server takes no writes", StoreFault.READ_ONLY)

    def try_to_write(self) -> None:
        """Raise StoreUnavailable if writes fail; changes nothing otherwise."""
        with self.write() as connection:
            connection.execute(update(sites).values(key=sites.c.key))

    def maintain(self, *statements: str) -> Sequence[Any]:
        """Run these statements on a connection that is closed afterwards. Returns the first row of the
        last one, if any."""
        with _translated(self.name), self._turn_to_write():
            try:
                pooled = self.engine.raw_connection()
                driver: Any = pooled.driver_connection
                pooled.detach()
                with closing(driver):
                    if not self.is_sqlite:
                        driver.autocommit = True
                    for statement in statements:
                        cursor = driver.execute(statement)
                    return cursor.fetchone() if cursor.description else ()
            except self.engine.dialect.loaded_dbapi.Error as error:
                raise _unavailable(error, self.name) from None

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout, UnicodeError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise _unavailable(cause, name) from None


def _unavailable(cause: BaseException | None, name: str) -> StoreUnavailable:
    text = f"{type(cause).__name__}: {cause}".strip().splitlines()[0]
    if "unsupported startup parameter" in text:
        text += f"; behind a pooler, the address needs ?{POOLER}=transaction"
    fault = fault_of(cause)
    if fault is StoreFault.BROKEN and isinstance(cause, sqlite3.Error):
        text += (
            f"; {name} is broken: put a backup in its place, or see what sqlite3's .recover saves"
        )
    return StoreUnavailable(text, fault)


def _is_read_only(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on")


def _set_timeouts(connection: Connection) -> None:
    """For this transaction only, as the pooler may reassign its connection afterwards."""
    connection.exec_driver_sql(
        f"SELECT set_config('statement_timeout', '{STATEMENT_TIMEOUT_MS}', true),"
        f" set_config('lock_timeout', '{LOCK_TIMEOUT_MS}', true)"
    )


def _leave_old_primary(context: ExceptionContext) -> None:
    """Drop all connections to a primary that became read-only: its name now resolves to the new
    primary."""
    if fault_of(context.original_exception) is StoreFault.READ_ONLY:
        context.is_disconnect = True


def _set_up_sqlite(dbapi_connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: _begin_sqlite does.
    dbapi_connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # overwrites deleted and changed data
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A write transaction takes the lock at once: one that began with a read could not be upgraded
    # after another write. Readers need no transaction: each statement has its own snapshot, as on
    # PostgreSQL.
    if connection.get_execution_options().get("callme_write"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
