"""Determines a database's schema version and upgrades it."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from sqlalchemy import func, inspect, select, text

from webapp.store.engine import Database

_MIGRATIONS = Path(__file__).parent / "migrations"

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
        if not inspect(connection).has_table("alembic_version"):
            return SchemaState.NEW
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found is None:
        return SchemaState.NEW
    known = revisions()
    if found == known[-1]:
        return SchemaState.CURRENT
    return SchemaState.OLD if found in known else SchemaState.AHEAD


def revisions() -> list[str]:
    """Our migrations, oldest first: a linear history, where each file's name begins with its
    revision."""
    return sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("0*.py"))


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the missing migrations up to `revision`, in one transaction. Raises StoreUnavailable.

    If several processes start at once, one runs them and the others wait.
    """
    from alembic import command  # slow to import, and needed once per release
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with database.write() as connection:
        if not database.is_sqlite:  # SQLite has one writer at a time anyway
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
