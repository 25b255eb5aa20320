"""One value read from the database, kept for a second, so that most requests cost no query for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

FRESH_SECONDS = 1.0
"""What one process changes, the others know within this time."""

Value = TypeVar("Value")


class Cached(Generic[Value]):
    """`last` is the value as it was last read, however long ago; `initial` until the first read."""

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
                if began >= self._read_at:  # else another thread began to read later and was faster
                    self.last, self._read_at = value, began
        return self.last

    def expire(self) -> None:
        """Have the next `get` read."""
        self._read_at = float("-inf")
