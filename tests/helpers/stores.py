"""The tests' own PostgreSQL and Redis, which they may stop, freeze and start again.

If a server's programs are missing, CALLME_TEST_DATABASE_URL or CALLME_TEST_REDIS_URL may name a server
that already runs. Without either, the tests that need it are skipped.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from sqlalchemy import make_url

from tests.helpers.programs import PROGRAMS, need, postgres_programs
from tests.helpers.waiting import wait_until
from webapp.store.engine import Database
from webapp.store.schema import upgrade
from webapp.store.tables import metadata

START_SECONDS = 30
SMALL_TABLE = 1 << 16
DATABASE_URL = os.environ.get("CALLME_TEST_DATABASE_URL", "")
REDIS_URL = os.environ.get("CALLME_TEST_REDIS_URL", "")


class Server(ABC):
    """A server process on a port of its own, with all its data in one folder."""

    def __init__(self, folder: Path, command: list[str], port: int, user: str | None) -> None:
        self.port = port
        self._command = command
        self._user = user
        self._log = (folder / "log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            user=self._user,
            start_new_session=True,
        )
        wait_until(self._answers, START_SECONDS, f"{self._command[0]} to answer")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop with SIGINT for a quick and clean end, SIGKILL for a crash."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, number)
            self._process.wait(START_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        """Send it to the server and its children. SIGSTOP freezes them: connections are taken but never
        served."""
        assert self._process
        os.killpg(self._process.pid, number)

    def close(self) -> None:
        if self._process and self._process.poll() is None:
            self.signal(signal.SIGCONT)
            self.stop(signal.SIGKILL)
        self._log.close()

    @abstractmethod
    def _answers(self) -> bool: ...


class Postgres(Server):
    """Runs with fsync off, as only the process crashes here, never the machine."""

    def __init__(self, folder: Path, programs: Path) -> None:
        # PostgreSQL refuses to run as root; Debian's package comes with a user for it.
        user = "postgres" if os.geteuid() == 0 else None
        data = folder / "data"
        if user:
            shutil.chown(folder, user)
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "callme", "-A", "trust", "-N", "-E", "UTF8"],
            user=user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            check=True,
        )
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
            "autovacuum": "off",  # it looks through all databases, and none lives for long
            "max_connections": 200,
        }
        command = [str(programs / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        super().__init__(folder, command, port, user)
        self.server_url = f"postgresql://callme@127.0.0.1:{port}/postgres"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.server_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(Server):
    def __init__(self, folder: Path, program: str) -> None:
        port = free_port()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        path = folder / "redis.sock"
        command += ["--unixsocket", str(path), "--dir", str(folder)]
        super().__init__(folder, command, port, None)
        self.url = f"redis://127.0.0.1:{port}/0"
        self.socket_url = f"redis+unix://{path}?db=0"

    def _answers(self) -> bool:
        with closing(redis.Redis(port=self.port, socket_timeout=2)) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    need("PostgreSQL")
    programs = postgres_programs()
    assert programs
    with tempfile.TemporaryDirectory(prefix="callme-postgres-") as name:
        server = Postgres(Path(name), programs)
        try:
            server.start()
            yield server
        finally:
            server.close()


@contextmanager
def own_redis() -> Iterator[Redis]:
    need("Redis")
    program = str(PROGRAMS["Redis"].find())
    with tempfile.TemporaryDirectory(prefix="callme-redis-") as name:
        server = Redis(Path(name), program)
        try:
            server.start()
            yield server
        finally:
            server.close()


def new_database(server_url: str, *, template: str = "template1") -> str:
    """The address of a new database on a server: empty, or a copy of the database `template`."""
    name = f"callme_{uuid.uuid4().hex}"
    with closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


class Databases:
    """Databases with our tables and nothing in them, each for one test at a time.

    Emptying one takes a twentieth of the time that making one does.
    """

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._template = ""
        self._tables: frozenset[str] = frozenset()
        self._used: list[str] = []

    @contextmanager
    def one(self) -> Iterator[str]:
        url = next(filter(self._emptied, self._used), "")
        if url:
            self._used.remove(url)
        else:
            url = self._new()
        yield url
        self._used.append(url)

    def _emptied(self, url: str) -> bool:
        """Empty it, unless the test that used it has left something running, which may still write, or
        other tables."""
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            if _is_in_use(connection) or _tables(connection).keys() != self._tables:
                return False
            _empty(connection)
            return True

    def _new(self) -> str:
        if not self._template:
            url = new_database(self._server_url)
            with closing(Database(url)) as database:
                upgrade(database)
            with closing(psycopg.connect(url)) as connection:
                self._tables = frozenset(_tables(connection))
            self._template = str(make_url(url).database)
        return new_database(self._server_url, template=self._template)


def _is_in_use(connection: psycopg.Connection) -> bool:
    found = connection.execute(
        "SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    return found.rowcount > 0


def _tables(connection: psycopg.Connection) -> dict[str, int]:
    """Each of our tables, with the bytes of its rows."""
    found = connection.execute(
        "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
    )
    return dict(found.fetchall())


def _empty(connection: psycopg.Connection) -> None:
    """Large tables are made anew, which takes longer, as deleted rows keep their place."""
    sizes = _tables(connection)
    large = [name for name, size in sizes.items() if size > SMALL_TABLE]
    if large:
        connection.execute(f"TRUNCATE {', '.join(large)} CASCADE")
    with connection.transaction():
        for table in reversed(metadata.sorted_tables):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
    connection.execute("SELECT pg_stat_reset()")


def free_port() -> int:
    """A port for a server that is to come back on it. The system gives it to nobody else while the
    server is down."""
    while True:
        port = secrets.choice(range(15_000, 30_000))
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False
