"""Tells which schema a database has, and upgrades it to ours."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from webapp.store.engine import Database

_UPGRADE_LOCK = 0x63616C6C6D65
"""The key of an advisory lock in PostgreSQL: any number that nothing else uses."""


class SchemaState(Enum):
    NEW = "has no tables yet"
    OLD = "has an older schema"
    CURRENT = "is up to date"
    AHEAD = "has a schema of a newer Callme"


def schema_state(database: Database) -> SchemaState:
    """Compare the database with our migrations. Raises StoreUnavailable."""
    with database.read() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if found is None:
        return SchemaState.NEW
    if found == script.get_current_head():
        return SchemaState.CURRENT
    known = {revision.revision for revision in script.walk_revisions()}
    return SchemaState.OLD if found in known else SchemaState.AHEAD


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the missing migrations up to `revision`, in one transaction. Raises StoreUnavailable.

    If several processes start at once, one runs them and the others wait for it.
    """
    with database.write() as connection:
        if not database.is_sqlite:  # which has one writer at a time anyway
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "migrations").replace("%", "%%")
    )
    return config
