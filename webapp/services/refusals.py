"""Counts refused requests, batching writes so that an attacker does not cause one per request."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

from webapp.domain.clock import Clock
from webapp.domain.refusals import Reason
from webapp.log import get_logger
from webapp.metrics import Metrics
from webapp.store.engine import StoreUnavailable
from webapp.store.refusals import RefusalKey, RefusalRepository

_log = get_logger(__name__)

KEPT_SECONDS = 1.0
"""How long counts are buffered before they are written: a kill -9 loses at most that."""


class Refusals:
    def __init__(self, repository: RefusalRepository, clock: Clock, metrics: Metrics) -> None:
        self._repository = repository
        self._clock = clock
        self._metrics = metrics
        self._lock = threading.Lock()
        self._counts: Counter[RefusalKey] = Counter()
        self._timer: threading.Timer | None = None

    def count(self, site: str, reasons: Iterable[Reason]) -> None:
        """Count one refused request under each of its reasons."""
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        codes = [reason.code for reason in reasons]
        for code in codes:
            self._metrics.refusals.labels(code).inc()
        with self._lock:
            self._counts.update(RefusalKey(hour, site, code) for code in codes)
            self._write_soon()

    def write(self) -> None:
        """Write the counts to the database; if that fails, they are kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            if self._timer:
                self._timer.cancel()
            self._timer = None
        if not counts:
            return
        try:
            self._repository.add(counts)
        except StoreUnavailable as error:
            _log.error("refusals cannot be written down", fault=str(error))
            with self._lock:
                self._counts.update(counts)
                self._write_soon()

    def _write_soon(self) -> None:
        if self._timer:
            return
        timer = threading.Timer(KEPT_SECONDS, self.write)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # cannot start a thread: the next refusal tries again
            return
        self._timer = timer
