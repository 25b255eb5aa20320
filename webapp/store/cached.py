"""One value read from the database, kept for a second, so that most requests cost no query for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from webapp.store.engine import StoreUnavailable

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
        self._fault: StoreUnavailable | None = None
        self.last = initial

    def get(self) -> Value:
        """The value, at most FRESH_SECONDS old. Raises StoreUnavailable if it cannot be read.

        One thread reads while the others wait. A database that is away is asked once a second as well.
        """
        with self._lock:
            if self._seconds() - self._read_at > FRESH_SECONDS:
                self._read_at = self._seconds()
                self._fault = None
                try:
                    self.last = self._read()
                except StoreUnavailable as fault:
                    self._fault = fault
            if self._fault:
                raise self._fault.with_traceback(None)
            return self.last

    def expire(self) -> None:
        """Have the next `get` read."""
        self._read_at = float("-inf")
