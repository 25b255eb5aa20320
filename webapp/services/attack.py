"""Whether a site is under attack: what this process sees, and what others have reported."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta

from webapp.domain.attack import HOLD, Watch
from webapp.log import get_logger
from webapp.store.attacks import AttackRepository
from webapp.store.engine import StoreUnavailable

_log = get_logger(__name__)

FRESH_SECONDS = 1.0
TELL_SECONDS = 60.0
"""How often an alarm that lasts is reported again."""


class AttackWatch:
    """`seconds` is a stopwatch: how much time has passed since any one moment."""

    def __init__(
        self, repository: AttackRepository, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._repository = repository
        self._seconds = seconds
        self._lock = threading.Lock()
        self._watches: defaultdict[str, Watch] = defaultdict(Watch)
        self._told: dict[str, tuple[int, float]] = {}
        self._others: Mapping[str, int] = {}
        self._blind = False
        self._read_at = float("-inf")

    def saw(self, site: str, *, refused: bool) -> None:
        """One submit of a form of this site, refused or accepted."""
        now = self._seconds()
        with self._lock:
            watch = self._watches[site]
            watch.saw(now, refused=refused)
            level = watch.level(now)
            told_level, told_at = self._told.get(site, (0, float("-inf")))
            news = level > 0 and (level != told_level or now - told_at > TELL_SECONDS)
            if news:
                self._told[site] = (level, now)
        if news:
            self._tell(site, level)

    def level(self, site: str) -> int:
        """0 if there is no attack, else 1 to 4. Other processes' reports are at most a second old."""
        now = self._seconds()
        if now - self._read_at > FRESH_SECONDS:
            self._read_at = now
            self._others, self._blind = self._read()
        with self._lock:
            own = self._watches[site].level(now) if site in self._watches else 0
        return max(own, self._others.get(site, 0), int(self._blind))

    def _read(self) -> tuple[Mapping[str, int], bool]:
        """What others report, and whether it cannot be read: then every site counts as under attack."""
        try:
            return self._repository.all(), False
        except StoreUnavailable:
            return self._others, True

    def _tell(self, site: str, level: int) -> None:
        _log.warning("under attack: forms ask for a proof of work", site=site, level=level)
        try:
            self._repository.ring(site, level, timedelta(seconds=HOLD))
        except StoreUnavailable as error:
            _log.error("the alarm cannot be passed on", fault=str(error))
