"""The vendor's rate limit: how many orders may be sent in any minute."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable


class Pace:
    """Counts orders over a sliding minute; `per_minute` 0 sets no limit. Not thread-safe.

    `seconds` returns a monotonic time in seconds; only differences count.
    """

    def __init__(self, per_minute: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._seconds = seconds
        self._times: deque[float] = deque()

    def allows(self, wanted: int) -> int:
        """How many of `wanted` orders may be sent now."""
        if not self._per_minute:
            return wanted
        while self._times and self._seconds() - self._times[0] >= 60:
            self._times.popleft()
        return min(wanted, self._per_minute - len(self._times))

    def count(self) -> None:
        """Count one order as sent now."""
        if self._per_minute:
            self._times.append(self._seconds())
