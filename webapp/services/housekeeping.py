"""Deletes old data every hour and works out holidays every month, in the dispatcher's process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count

from webapp.domain.retention import Purged
from webapp.errors import CallmeError
from webapp.log import get_logger
from webapp.services.retention import Retention

_log = get_logger(__name__)

INTERVAL_SECONDS = 3600.0
TURNS_A_MONTH = 30 * 24


class Housekeeping:
    """Started once per process; purges at once and then every hour, and works out holidays at once and
    then a month after they last could be, until `stop()`."""

    def __init__(self, retention: Retention, refresh_holidays: Callable[[], None]) -> None:
        self._retention = retention
        self._refresh_holidays = refresh_holidays
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
        refresh_at = 0
        for turn in count():
            self._try(self._purge, "what is kept for too long could not be deleted")
            if turn >= refresh_at and self._try(
                self._refresh_holidays, "the holidays could not be worked out"
            ):
                refresh_at = turn + TURNS_A_MONTH
            if self._stopping.wait(INTERVAL_SECONDS):
                return

    def _purge(self) -> None:
        done = self._retention.purge(self._stopping)
        if done != Purged():
            _log.info("purged", calls=done.calls, evidence=done.evidence, refusals=done.refusals)

    def _try(self, work: Callable[[], None], failure: str) -> bool:
        """Whether it could be done. If not, the next turn tries again."""
        try:
            work()
            return True
        except CallmeError as error:
            _log.error(failure, fault=str(error))
        except Exception:  # must not end the thread
            _log.exception(failure)
        return False
