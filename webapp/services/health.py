"""The health checks behind `/readyz`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from threading import Event

from limits.storage import RedisStorage, Storage

from webapp.log import get_logger
from webapp.services.dispatch import Dispatcher
from webapp.store.counters import redis_state
from webapp.store.engine import Database, StoreUnavailable

_log = get_logger(__name__)

_WELL = "ok"

HealthChecks = Mapping[str, Callable[[], str]]
"""A check for each part, by name. It returns the state as text: "ok" if healthy."""


def create_health(
    database: Database, dispatcher: Dispatcher | None, counters: Storage, leaving: Event
) -> HealthChecks:
    """The checks by part. `leaving` is set when this process is about to stop."""
    parts: dict[str, Callable[[], str]] = {
        "server": lambda: "leaving" if leaving.is_set() else _WELL,
        "database": DatabaseHealth(database),
    }
    if isinstance(counters, RedisStorage):
        parts["redis"] = partial(redis_state, counters)
    if dispatcher:
        parts["dispatcher"] = lambda: _WELL if dispatcher.alive else "not running"
    return parts


class DatabaseHealth:
    """Returns only a code, as the endpoint is public. The database's message is logged, and only on a
    change of state, as load balancers ask every few seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last = _WELL

    def __call__(self) -> str:
        state, text = self._ask()
        self._last, before = state, self._last
        if state != before and state == _WELL:
            _log.info("the database is well again")
        elif state != before:
            _log.warning("the database is unwell", state=state, fault=text)
        return state

    def _ask(self) -> tuple[str, str]:
        try:
            self._database.ping()
        except StoreUnavailable as error:
            return error.fault.value, str(error)
        return _WELL, ""
