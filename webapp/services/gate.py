"""Makes the forms of a site under attack take turns, so that other sites stay responsive."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore

from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site

AT_WORK = 1
"""How many forms of one site are handled at a time."""

WAITING = 16
"""How many forms of all sites together may wait. Each occupies one of the server's 24 threads."""

WAIT_SECONDS = 2.0
LONGEST_REST_SECONDS = 0.02


class Gate:
    """`attack_level` returns 0 for a site that is not under attack."""

    def __init__(self, attack_level: Callable[[str], int]) -> None:
        self._attack_level = attack_level
        self._lock = Lock()
        self._rooms: defaultdict[str, Semaphore] = defaultdict(lambda: Semaphore(AT_WORK))
        self._waiting = 0

    @contextmanager
    def turn(self, site_key: str, site: Site) -> Iterator[None]:
        """Wraps the handling of one form. Raises Refusal if too many wait, or for too long."""
        # A captcha check takes seconds: too long to take turns.
        free = site.proof_of_work == "never" or site.captcha or not self._attack_level(site_key)
        if free:
            yield
            return
        if not self._enter(site_key):
            raise Refusal(Reason.CROWDED)
        since = time.monotonic()
        try:
            yield
        finally:
            # Hold the turn as long again (at most 20 ms), so that other sites get CPU time.
            time.sleep(min(time.monotonic() - since, LONGEST_REST_SECONDS))
            self._rooms[site_key].release()

    def _enter(self, key: str) -> bool:
        """Wait for a turn; False if there is none."""
        with self._lock:
            room = self._rooms[key]
            if room.acquire(blocking=False):
                return True
            if self._waiting >= WAITING:
                return False
            self._waiting += 1
        try:
            return room.acquire(timeout=WAIT_SECONDS)
        finally:
            with self._lock:
                self._waiting -= 1
