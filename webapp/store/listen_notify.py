"""Notifies other processes of queued calls, by PostgreSQL's LISTEN and NOTIFY.

A notification may be lost with its connection, so dispatchers poll as well. There are none on SQLite or
behind a pooler.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.log import get_logger
from webapp.store.engine import Database

_log = get_logger(__name__)

_CHANNEL = "callme_calls"
_TURN_SECONDS = 1.0
"""How soon a stopped listener ends, and how long it waits before it reconnects."""


def announce(connection: Connection) -> None:
    """Notify the listeners of all processes when this transaction is committed."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(_CHANNEL, "")))


def _takes_writes(driver: Any) -> bool:
    (read_only,) = driver.execute("SHOW transaction_read_only").fetchone()
    return bool(read_only == "off")


class Listener:
    """Calls `heard` on every notification, from a thread with its own connection, until `stop()`."""

    def __init__(self, database: Database, heard: Callable[[], None]) -> None:
        self._database = database
        self._heard = heard
        self._stopped = threading.Event()

    def start(self) -> None:
        if not self._database.is_sqlite and not self._database.has_pooler:
            threading.Thread(target=self._run, name="listener", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        faults = (SQLAlchemyError, self._database.engine.dialect.loaded_dbapi.Error)
        while not self._stopped.is_set():
            try:
                self._listen()
            except faults as error:
                _log.warning("no notices of new calls for now", fault=type(error).__name__)
            self._stopped.wait(_TURN_SECONDS)

    def _listen(self) -> None:
        pooled = self._database.engine.raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()  # its notifications must not reach the pool's next user
        with closing(driver):
            driver.autocommit = True
            driver.execute(f"LISTEN {_CHANNEL}")
            self._heard()  # for calls queued before this LISTEN
            # A primary that became read-only sends no more notifications.
            while not self._stopped.is_set() and _takes_writes(driver):
                for _ in driver.notifies(timeout=_TURN_SECONDS):
                    self._heard()
