"""What `/readyz` asks, part by part."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event

from limits.storage import Storage

from webapp.services.dispatch import Dispatcher
from webapp.store.engine import Database, StoreUnavailable
from webapp.web.context import Health


def create_health(
    database: Database, dispatcher: Dispatcher | None, redis: Storage | None, leaving: Event
) -> Health:
    """What `/readyz` asks, part by part. `leaving` is set when this process is about to stop."""
    parts: dict[str, Callable[[], str]] = {
        "server": lambda: "leaving" if leaving.is_set() else "ok",
        "database": partial(_database_state, database),
    }
    if redis:
        parts["redis"] = partial(_redis_state, redis)
    if dispatcher:
        parts["dispatcher"] = lambda: "ok" if dispatcher.alive else "not running"
    return parts


def _database_state(database: Database) -> str:
    try:
        database.ping()
    except StoreUnavailable as error:
        return str(error)
    return "ok"


def _redis_state(storage: Storage) -> str:
    return "ok" if storage.check() else "does not answer"
