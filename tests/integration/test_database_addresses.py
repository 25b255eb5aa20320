"""What the address of a database says is heeded or refused by name, behind a pooler as well."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.helpers.callme import Store
from tests.helpers.processes import environment, run, running, visitor_of
from tests.helpers.programs import PROGRAMS, need
from tests.helpers.stores import Server, free_port, new_database
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.errors import ConfigurationError
from webapp.store.address import parse_url
from webapp.store.engine import Database

pytestmark = pytest.mark.process
SERVE = ("serve", "--port", "0")


class Pooler(Server):
    """pgbouncer in transaction mode, with fewer connections than Callme opens to it."""

    def __init__(self, folder: Path, server_url: str) -> None:
        parts = urlsplit(server_url)
        port = free_port()
        user = "postgres" if os.geteuid() == 0 else None
        config = folder / "pgbouncer.ini"
        (folder / "users").write_text(f'"{parts.username}" ""\n')
        config.write_text(
            f"[databases]\n* = host={parts.hostname} port={parts.port or 5432} user={parts.username}\n"
            "[pgbouncer]\npool_mode = transaction\nauth_type = any\ndefault_pool_size = 2\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        )
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        self.url = f"postgresql://{parts.username}@127.0.0.1:{port}"
        super().__init__(folder, [str(PROGRAMS["pgbouncer"].find()), str(config)], port, user)

    def _answers(self) -> bool:
        try:
            psycopg.connect(f"{self.url}/template1", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def pooler(server_url: str) -> Iterator[Pooler]:
    need("pgbouncer")
    with tempfile.TemporaryDirectory(prefix="callme-pgbouncer-") as name:
        Path(name).chmod(0o755)
        running_one = Pooler(Path(name), server_url)
        try:
            running_one.start()
            yield running_one
        finally:
            running_one.close()


def test_migrations_calls_and_commands_work_behind_a_pooler(
    tmp_path: Path, vendor: StandIn, postgres_server: str, empty_postgres_url: str
) -> None:
    """Migrations, many calls at once on two connections, and the commands."""
    name = empty_postgres_url.rpartition("/")[2]
    with pooler(postgres_server) as pooled:
        store = Store(f"{pooled.url}/{name}?pooler=transaction")
        settings = environment(store, vendor.url)
        assert run(tmp_path, settings, "db", "upgrade").returncode == 0
        store.set_up()
        with running(tmp_path, settings, *SERVE) as server:
            visitor = visitor_of(server)
            for at in range(9):
                visitor.ask_for_call(phone=f"(202) 555-012{at}")
            wait_until(lambda: len(vendor.phones) == 9, 30, "all are rung")
            wait_until(store.all_over, 20, "all are over")
            assert visitor.get("/readyz").status_code == 200
        with store.database.read() as connection:
            assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "10s"
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "5s"
        store.check_events()
        store.close()


def test_an_undeclared_pooler_is_reported_with_the_missing_parameter(
    tmp_path: Path, postgres_server: str, empty_postgres_url: str
) -> None:
    name = empty_postgres_url.rpartition("/")[2]
    with pooler(postgres_server) as pooled:
        store = Store(f"{pooled.url}/{name}")
        ended = run(tmp_path, environment(store), "db", "upgrade")
        store.close()
    assert ended.returncode == 1
    assert "the address needs ?pooler=transaction" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_of_several_hosts_the_one_that_takes_writes_is_used(postgres_url: str) -> None:
    parts = urlsplit(postgres_url)
    here = parts.netloc.rpartition("@")[2]
    database = Database(f"postgresql://{parts.username}@127.0.0.1:1,{here}{parts.path}")
    with database.read() as connection:
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"
    database.close()


@pytest.mark.parametrize(
    ("parameters", "asked", "answer"),
    [
        ("options=-c%20search_path%3Dother", "SHOW search_path", "other"),
        ("options=-c%20search_path%3Dother", "SHOW statement_timeout", "10s"),
        ("options=-c%20statement_timeout%3D3s", "SHOW statement_timeout", "3s"),
        ("application_name=mine", "SHOW application_name", "mine"),
        ("prepare_threshold=0&connect_timeout=7", "SHOW application_name", "callme"),
        ("prepare_threshold=none", "SHOW client_encoding", "UTF8"),
    ],
)
def test_parameters_of_the_database_address_take_effect(
    postgres_url: str, parameters: str, asked: str, answer: str
) -> None:
    database = Database(f"{postgres_url}?{parameters}")
    with database.read() as connection:
        assert connection.exec_driver_sql(asked).scalar() == answer
    database.close()


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("postgresql://db.example/x?serach_path=a", "there is no parameter 'serach_path'"),
        ("postgresql://db.example/x?pooler=session", "pooler can only be transaction"),
        ("postgresql://db.example/x?prepare_threshold=many", "prepare_threshold must be a number"),
        ("postgresql://db.example/x?serach_path", "there is no parameter 'serach_path'"),
        ("postgresql://db.example/x?pooler", "'pooler' has no value"),
        ("postgresql://db.example/x?options=", "'options' has no value"),
        (
            "postgresql://db.example/x?options=-ca%3D1&options=-cb%3D1",
            "'options' is there more than",
        ),
        (
            "postgresql://db.example/x?pooler=transaction&prepare_threshold=5",
            "prepare_threshold=5 does not go with pooler=transaction",
        ),
        ("postgresql://db.example/x?port=abc", "host and port cannot be read"),
        ("postgresql:///x?host=a&host=b&port=1", "host and port cannot be read"),
        ("postgresql+asyncpg://db.example/x", "the driver 'asyncpg' is not used here"),
        ("sqlite+foo:///x.db", "the driver 'foo' is not used here"),
        ("sqlite://host/x.db", "a SQLite file has no host"),
        ("postgresql://h1,,h2/x", "is no database address"),
        ("sqlite:///var/callme.db?mode=ro", "there is no parameter 'mode'"),
    ],
)
def test_an_unsupported_database_address_is_refused_by_name(address: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        parse_url(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://h1:5432,h2/db",
        "postgresql:///db?host=h1,h2&port=5432,5432",
        "postgresql:///db?host=h1:5432&host=h2:5432",
    ],
)
def test_several_hosts_connect_to_the_one_that_takes_writes(address: str) -> None:
    parsed = parse_url(address)
    _, arguments = parsed.get_dialect()().create_connect_args(parsed)
    assert (arguments["host"], arguments["port"]) == ("h1,h2", "5432,5432")
    assert arguments["target_session_attrs"] == "read-write"


def test_a_password_may_hold_a_question_mark() -> None:
    assert parse_url("postgresql://u:a?b@h/db").password == "a?b"
    with pytest.raises(ConfigurationError) as refusal:
        parse_url("postgresql://u:pw?x=@h/db?se:cret=1")
    assert "pw" not in str(refusal.value)


def test_several_hosts_may_be_ipv6_addresses() -> None:
    parsed = parse_url("postgresql://me@[::1]:5433,[::2]/db")
    _, arguments = parsed.get_dialect()().create_connect_args(parsed)
    assert (arguments["host"], arguments["port"]) == ("::1,::2", "5433,5432")


def test_a_database_without_an_encoding_is_used_as_any_other(
    tmp_path: Path, vendor: StandIn, postgres_server: str
) -> None:
    name = new_database(postgres_server).rpartition("/")[2] + "_ascii"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
    store = Store(f"{postgres_server.rpartition('/')[0]}/{name}")
    settings = environment(store, vendor.url, public_url="https://callme.example")
    assert run(tmp_path, settings, "db", "upgrade").returncode == 0
    store.set_up()
    checked = run(tmp_path, settings, "check")
    assert (checked.returncode, checked.stdout) == (0, "all is well\n")
    with running(tmp_path, settings, *SERVE) as server:
        visitor_of(server).ask_for_call(page_url="https://www.acme.example/über-uns")
        wait_until(lambda: store.all_calls() and store.all_over(), 20, "the call is over")
    assert store.all_calls()[0].visit.page_url.endswith("/über-uns")
    store.close()
