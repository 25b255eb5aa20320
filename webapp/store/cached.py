"""Caches one value from the database for a second, so that most requests need no query for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

FRESH_SECONDS = 1.0
"""Changes by one process reach the others within this time."""

Value = TypeVar("Value")


class Cached(Generic[Value]):
    """`last` is the last value read, however long ago; `initial` until the first read."""

    def __init__(
        self,
        read: Callable[[], Value],
        initial: Value,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._lock = Lock()
        self._read_at = float("-inf")
        self.last = initial

    def get(self) -> Value:
        """The value, at most FRESH_SECONDS old. Raises StoreUnavailable if it cannot be read."""
        began = self._seconds()
        if began - self._read_at > FRESH_SECONDS:
            value = self._read()
            with self._lock:
                if began >= self._read_at:  # else a later read finished first
                    self.last, self._read_at = value, began
        return self.last

    def expire(self) -> None:
        """Make the next `get` read."""
        self._read_at = float("-inf")
