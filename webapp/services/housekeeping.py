"""Deletes old data every hour in the dispatcher's process, so that no cron job is needed."""

from __future__ import annotations

import threading

from webapp.domain.retention import Purged
from webapp.log import get_logger
from webapp.services.retention import Retention
from webapp.store.engine import StoreUnavailable

_log = get_logger(__name__)

INTERVAL_SECONDS = 3600.0


class Housekeeping:
    """Started once per process; purges at once and then every hour, until `stop()`."""

    def __init__(self, retention: Retention) -> None:
        self._retention = retention
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop after the current batch; the next process deletes the rest."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._turn()
            self._stopping.wait(INTERVAL_SECONDS)

    def _turn(self) -> None:
        try:
            done = self._retention.purge(self._stopping)
        except StoreUnavailable as error:
            _log.error("what is kept for too long could not be deleted", fault=str(error))
        except Exception:  # must not end the thread: retries in an hour
            _log.exception("what is kept for too long could not be deleted")
        else:
            if done != Purged():
                _log.info(
                    "purged", calls=done.calls, evidence=done.evidence, refusals=done.refusals
                )
