"""The rate limits' counters, in Redis or, without it, in this process.

ProcessStorage replaces the memory storage of `limits`, which keeps every visitor's entry forever and
scans all of them up to a hundred times a second: an attacker with many addresses could exhaust it.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from importlib import import_module
from threading import Lock
from typing import Any

from limits.errors import StorageError
from limits.storage import MovingWindowSupport, RedisStorage, Storage

REDIS_TIMEOUT_SECONDS = 1.0

MAX_VISITORS = 50_000
"""The limit for each window length. Above it, the visitor with the oldest last hit is dropped."""


class ProcessStorage(Storage, MovingWindowSupport):
    """Exact sliding windows: each visitor's hits, oldest first, by a monotonic clock."""

    STORAGE_SCHEME = ["process"]  # noqa: RUF012  # the base class registers it

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._clock = clock
        self._lock = Lock()
        # By the window's seconds; in each, the visitor with the oldest last hit comes first.
        self._windows: defaultdict[int, OrderedDict[str, list[float]]] = defaultdict(OrderedDict)

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        now = self._clock()
        with self._lock:
            visitors = self._windows[expiry]
            hits = visitors.setdefault(key, [])
            del hits[: bisect_right(hits, now - expiry)]
            if len(hits) + amount > limit:
                return False
            hits += [now] * amount
            visitors.move_to_end(key)
            _forget(visitors, now - expiry)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        now = self._clock()
        with self._lock:
            hits = self._windows[expiry].get(key, [])
            counted = hits[bisect_right(hits, now - expiry) :]
        return (counted[0], len(counted)) if counted else (now, 0)

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._lock:
            known = sum(map(len, self._windows.values()))
            self._windows.clear()
        return known

    def clear(self, key: str) -> None:
        with self._lock:
            for visitors in self._windows.values():
                visitors.pop(key, None)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("fixed windows are not counted here")

    def get(self, key: str) -> int:
        raise NotImplementedError("fixed windows are not counted here")

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError("fixed windows are not counted here")


def _forget(visitors: OrderedDict[str, list[float]], before: float) -> None:
    """Drop visitors without a hit in the window, then the oldest above MAX_VISITORS."""
    while visitors:
        hits = next(iter(visitors.values()))
        if len(visitors) <= MAX_VISITORS and hits and hits[-1] > before:
            break
        visitors.popitem(last=False)


def storage_options(redis_url: str) -> dict[str, Any]:
    """Options for the Redis connection, with short timeouts so that it cannot block a request."""
    if not redis_url:
        return {"wrap_exceptions": True}
    return {
        "wrap_exceptions": True,
        "socket_timeout": REDIS_TIMEOUT_SECONDS,
        "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
        # A demoted primary keeps its connections; a new connection reaches the new primary.
        "retry_on_error": [import_module("redis").ReadOnlyError],
    }


def redis_state(storage: RedisStorage) -> str:
    """ "ok" if a test hit can be counted, else a public description of the fault."""
    try:
        storage.acquire_entry("callme-health", 1, 1)
    except StorageError:
        return "refuses writes" if storage.check() else "does not answer"
    return "ok"
