"""The migrations lead to the tables that the code works with, from wherever a database stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from tests.helpers.callme import Store
from webapp.store.schema import SchemaState, schema_state, upgrade
from webapp.store.tables import metadata


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database without any tables."""
    made = Store(tmp_path / "callme.db")
    yield made
    made.database.close()


def test_the_newest_migration_makes_exactly_the_tables_of_the_code(store: Store) -> None:
    upgrade(store.database)
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_upgrading_twice_changes_nothing_and_loses_nothing(store: Store) -> None:
    store.set_up()
    before = sorted(inspect(store.database.engine).get_table_names())
    upgrade(store.database)
    assert sorted(inspect(store.database.engine).get_table_names()) == before
    with store.database.read() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM sites").scalar()
    assert count == 2


def test_a_database_tells_which_schema_it_has(store: Store) -> None:
    assert schema_state(store.database) is SchemaState.NEW
    upgrade(store.database)
    assert schema_state(store.database) is SchemaState.CURRENT
    store.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
    assert schema_state(store.database) is SchemaState.AHEAD


def test_sqlite_keeps_what_was_committed_and_lets_readers_in_beside_a_writer(store: Store) -> None:
    """WAL, synchronous=FULL and foreign keys on every connection."""
    with store.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_migration_that_fails_leaves_the_database_as_it_was(store: Store) -> None:
    """All of a migration or nothing: here its second table is there already."""
    store.execute("CREATE TABLE calls (mine INTEGER)")
    with pytest.raises(Exception, match="calls already exists"):
        upgrade(store.database)
    assert inspect(store.database.engine).get_table_names() == ["calls"]
    assert schema_state(store.database) is SchemaState.NEW
