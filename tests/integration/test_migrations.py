"""From any earlier schema, the migrations lead to the tables that the code works with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, select

from tests.helpers.callme import Store
from tests.helpers.processes import environment, run
from tests.helpers.sites import NO_LIMITS, both_sites, other_site
from tests.helpers.sites import site as site_of
from webapp.domain.calls import CallStatus
from webapp.domain.clock import utc_now
from webapp.domain.site.reading import parse_sites
from webapp.store.schema import SchemaState, schema_state, upgrade
from webapp.store.sites import SiteRepository
from webapp.store.tables import metadata
from webapp.store.tables import sites as sites_table

FIRST_RELEASE = "0001"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A database without any tables."""
    on_postgres = request.param == "postgresql"
    made = Store(
        request.getfixturevalue("empty_postgres_url") if on_postgres else tmp_path / "callme.db"
    )
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


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_sqlite_keeps_what_was_committed_and_lets_readers_in_beside_a_writer(store: Store) -> None:
    """WAL, synchronous=FULL and foreign keys on every connection."""
    with store.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_migration_that_fails_leaves_the_database_as_it_was(store: Store) -> None:
    """A migration is done as a whole or not at all. Here its second table exists already."""
    store.execute("CREATE TABLE calls (mine INTEGER)")
    with pytest.raises(Exception, match=r'calls"? already exists'):
        upgrade(store.database)
    assert inspect(store.database.engine).get_table_names() == ["calls"]
    assert schema_state(store.database) is SchemaState.NEW


def test_the_first_releases_database_is_brought_up_to_date_with_all_that_it_holds(
    store: Store,
) -> None:
    upgrade(store.database, FIRST_RELEASE)
    store.execute(
        "INSERT INTO calls (id, site, receptionist, menu_id, phone, request_id, status, reason,"
        " attempt, created_at, due_at, expires_at, page_url, referrer, locale, utm)"
        " VALUES ('a-call', 'acme', 'sales', '1', '+12025550100', 'a-request', 'connected', '',"
        " 1, '2026-01-02 03:04:05', '2026-01-02 03:04:05', '2026-01-02 03:06:05', '', '', '', '{}')"
    )
    upgrade(store.database)
    assert schema_state(store.database) is SchemaState.CURRENT
    assert store.status("a-call") is CallStatus.CONNECTED


def test_a_migration_removes_default_values_from_stored_sites(store: Store) -> None:
    """They were written out with each site, and no new default would have reached one."""
    written = parse_sites(
        both_sites(evidence_days=1460, appearance={"color": "#0b6b57", "radius": 16}), "the test"
    )
    upgrade(store.database, "0010")
    with store.database.write() as connection:
        for key, site in written.items():
            later: dict[str, Any] = {
                "timezone": True,
                "hours": True,
                "quiet": True,
                "later": True,
                "retry": True,
                "receptionists": {"__all__": {"hours", "calls_from"}},
            }
            config = site.model_dump(mode="json", exclude=later) | {"evidence_days": 1460}
            connection.execute(
                insert(sites_table).values(key=key, config=config, changed_at=utc_now())
            )
    upgrade(store.database)
    with store.database.read() as connection:
        configs = {row.key: row.config for row in connection.execute(select(sites_table))}
    acme = site_of()
    assert configs["acme"] == acme | {
        "appearance": {"color": "#0b6b57"},
        "origins": acme["origins"],
        "limits": NO_LIMITS,
        "proof_of_work": "never",
    }
    assert SiteRepository(store.database, utc_now).all()["acme"].evidence_days == 1830
    assert configs["other"] == other_site()


@pytest.mark.process
def test_processes_that_start_at_once_do_not_collide(tmp_path: Path, store: Store) -> None:
    """Each finds no tables, one of them makes them, and all of them succeed."""
    with ThreadPoolExecutor(4) as pool:
        ended = list(
            pool.map(lambda _: run(tmp_path, environment(store), "db", "upgrade"), range(4))
        )
    assert [process.returncode for process in ended] == [0] * 4, [
        process.stderr for process in ended
    ]
    assert schema_state(store.database) is SchemaState.CURRENT
