"""Tells an attack on a site from its usual traffic."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

WINDOW = 60.0
HOLD = 300.0
"""Seconds for which an attack lasts after the last sign of an attack."""

FACTOR = 4
"""An attack is more than this many times a site's usual rate."""

SUBMITS, REFUSALS = 30, 15
"""Per minute. Counts up to these are no attack, however quiet the site usually is."""

HIGHEST = 4
_LEARNING_MINUTES = 60


@dataclass
class Rate:
    """Events of the last minute, and the usual number per minute. Times are in seconds of one clock."""

    floor: int
    usual: float = 0.0
    _times: deque[float] = field(default_factory=deque)
    _learnt_at: float | None = None

    def count(self, now: float) -> None:
        self._times.append(now)
        while self._times and self._times[0] <= now - WINDOW:
            self._times.popleft()
        self._learn(now)

    def level(self, now: float) -> int:
        """0 up to the threshold, 1 above it, and one more with each doubling, up to HIGHEST."""
        times = self._times
        while times and times[0] <= now - WINDOW:
            times.popleft()
        excess = len(times) / self._threshold
        return min(1 + int(math.log2(excess)), HIGHEST) if excess > 1 else 0

    @property
    def _threshold(self) -> float:
        return max(self.floor, FACTOR * self.usual)

    def _learn(self, now: float) -> None:
        """Update the moving average once a minute. It ignores attacks, and changes slowly enough that
        after a quiet hour a busy morning does not look like one."""
        if self._learnt_at is None:
            self._learnt_at = now
        if now - self._learnt_at >= WINDOW:
            if not self.level(now):
                self.usual += (len(self._times) - self.usual) / _LEARNING_MINUTES
            self._learnt_at = now


@dataclass
class Watch:
    """One site, as one process sees it. Not safe for several threads at once."""

    submits: Rate = field(default_factory=lambda: Rate(SUBMITS))
    refusals: Rate = field(default_factory=lambda: Rate(REFUSALS))
    _level: int = 0
    _until: float = 0.0

    def saw(self, now: float, *, refused: bool) -> None:
        self.submits.count(now)
        if refused:
            self.refusals.count(now)
        level = max(self.submits.level(now), self.refusals.level(now))
        if level and level >= self.level(now):
            self._level, self._until = level, now + HOLD

    def level(self, now: float) -> int:
        """How hard the site is under attack: 0 = normal; 1 above the threshold; +1 per doubling, at most
        4 (eight times)."""
        return self._level if now < self._until else 0
