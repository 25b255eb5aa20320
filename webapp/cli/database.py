"""Opens the database for a command and checks the version of its schema."""

from __future__ import annotations

from webapp.errors import ConfigurationError
from webapp.settings import Settings
from webapp.store.address import make_parent_folder
from webapp.store.engine import Database
from webapp.store.schema import SchemaState, schema_state, upgrade

_REMEDIES = {
    SchemaState.NEW: "run: callme db upgrade",
    SchemaState.OLD: "run: callme db upgrade",
    SchemaState.AHEAD: "install the Callme that made it, or a newer one, or restore the backup from"
    " before its upgrade",
}


def ready_database(settings: Settings) -> Database:
    """Open the database, creating the tables of a new one. Raises ConfigurationError if its schema is
    not current."""
    database = new_database(settings)
    if schema_state(database) is SchemaState.NEW:
        upgrade(database)
    require_schema(database)
    return database


def new_database(settings: Settings) -> Database:
    """Open the database without checking its schema. If it is a file, its folder is made if missing."""
    try:
        make_parent_folder(settings.database_url)
    except OSError as error:
        raise ConfigurationError(
            [f"CALLME_DATABASE_URL: the folder of the file cannot be made: {error.strerror}"]
        ) from None
    return Database(settings.database_url)


def upgrade_schema(database: Database) -> None:
    """Run the missing migrations. Raises ConfigurationError if a newer Callme made the schema."""
    state = schema_state(database)
    if state is SchemaState.AHEAD:
        raise _not_ours(database, state)
    upgrade(database)


def require_schema(database: Database) -> None:
    """Raise ConfigurationError unless this code was written for the schema, and StoreUnavailable unless
    the database can be written.
    """
    state = schema_state(database)
    if state is not SchemaState.CURRENT:
        raise _not_ours(database, state)
    database.try_to_write()


def _not_ours(database: Database, state: SchemaState) -> ConfigurationError:
    return ConfigurationError(
        [f"CALLME_DATABASE_URL: {database.name} {state.value}; {_REMEDIES[state]}"]
    )
