"""Detects attacks on a site, from what this process sees and what other processes report."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta

from webapp.domain.attack import HOLD, Watch
from webapp.log import get_logger
from webapp.store.attacks import AttackRepository
from webapp.store.cached import Cached
from webapp.store.engine import StoreUnavailable

_log = get_logger(__name__)

REPORT_SECONDS = 60.0
"""How often a lasting attack is reported again."""


class AttackWatch:
    """`seconds` is a monotonic clock in seconds."""

    def __init__(
        self, repository: AttackRepository, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._repository = repository
        self._seconds = seconds
        self._lock = threading.Lock()
        self._watches: defaultdict[str, Watch] = defaultdict(Watch)
        self._reported: dict[str, tuple[int, float]] = {}
        self._others: Cached[Mapping[str, int]] = Cached(repository.all, {}, seconds)

    def saw(self, site: str, *, refused: bool) -> None:
        """Count one submission of a form of this site."""
        now = self._seconds()
        with self._lock:
            watch = self._watches[site]
            watch.saw(now, refused=refused)
            level = watch.level(now)
            last_level, reported_at = self._reported.get(site, (0, float("-inf")))
            news = level > 0 and (level != last_level or now - reported_at > REPORT_SECONDS)
            if news:
                self._reported[site] = (level, now)
        if news:
            self._report(site, level)

    def level(self, site: str) -> int:
        """0 if there is no attack, else 1 to 4. Other processes' reports are at most a second old; if
        they cannot be read, every site counts as under attack."""
        blind = 0
        try:
            self._others.get()
        except StoreUnavailable:
            blind = 1
        now = self._seconds()
        with self._lock:
            own = self._watches[site].level(now) if site in self._watches else 0
        return max(own, self._others.last.get(site, 0), blind)

    def _report(self, site: str, level: int) -> None:
        _log.warning("under attack: forms ask for a proof of work", site=site, level=level)
        try:
            self._repository.ring(site, level, timedelta(seconds=HOLD))
        except StoreUnavailable as error:
            _log.error("the attack cannot be reported to other processes", fault=str(error))
