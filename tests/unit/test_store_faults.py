"""A database's fault has a short name, the same for both databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from webapp.store.faults import StoreFault, fault_of


def test_sqlite_error_codes_map_to_store_faults(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE some (key)")
    (tmp_path / "garbage.db").write_bytes(b"this was a database once" * 100)
    faults = {
        fault_when(f"file:{path}?mode=ro", "DELETE FROM some"),
        fault_when(f"file:{path}", "SELECT * FROM other"),
        fault_when(f"file:{tmp_path}/garbage.db", "SELECT * FROM some"),
        fault_when(f"file:{tmp_path}", "SELECT * FROM some"),
    }
    assert faults == {
        StoreFault.READ_ONLY,
        StoreFault.WRONG_SCHEMA,
        StoreFault.BROKEN,
        StoreFault.AWAY,
    }


def fault_when(address: str, statement: str) -> StoreFault:
    with (
        pytest.raises(sqlite3.Error) as caught,
        closing(sqlite3.connect(address, uri=True)) as connection,
    ):
        connection.execute(statement)
    return fault_of(caught.value)


@pytest.mark.parametrize(
    ("sqlstate", "fault"),
    [
        ("08006", StoreFault.AWAY),
        ("57P01", StoreFault.AWAY),
        ("57P03", StoreFault.AWAY),
        ("55P03", StoreFault.LOCKED),
        ("57014", StoreFault.BUSY),
        ("53100", StoreFault.DISK_FULL),
        ("25006", StoreFault.READ_ONLY),
        ("42P01", StoreFault.WRONG_SCHEMA),
        ("XX001", StoreFault.BROKEN),
        ("22003", StoreFault.UNUSABLE),
    ],
)
def test_postgresql_sqlstates_map_to_store_faults(sqlstate: str, fault: StoreFault) -> None:
    assert fault_of(psycopg.errors.lookup(sqlstate)()) is fault


def test_a_postgresql_error_without_a_code_means_away() -> None:
    assert fault_of(psycopg.OperationalError("connection failed")) is StoreFault.AWAY


def test_a_pool_with_no_connection_left_is_busy() -> None:
    assert fault_of(PoolTimeout()) is StoreFault.BUSY


def test_an_unknown_database_error_means_unusable() -> None:
    assert fault_of(None) is StoreFault.UNUSABLE
    assert fault_of(sqlite3.ProgrammingError("Cannot operate on a closed database.")) == "unusable"
