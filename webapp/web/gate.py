"""Holds back the forms of a site under attack, so that other sites keep the server."""

from __future__ import annotations

import time
from collections import defaultdict
from threading import Lock, Semaphore

from flask import Flask, g, request

from webapp.web.context import services
from webapp.web.forms import require_form_body
from webapp.web.problems import SUBMITS, Problem

AT_WORK = 1
"""Forms of one site at a time."""

WAITING = 16
"""Forms of all sites together, each in a thread of the server's, which has 24."""

WAIT_SECONDS = 2.0
LONGEST_REST_SECONDS = 0.02


class Gate:
    """Lets AT_WORK of one key in at a time; of the others a few wait, and the rest are turned away."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rooms: defaultdict[str, Semaphore] = defaultdict(lambda: Semaphore(AT_WORK))
        self._waiting = 0

    def enter(self, key: str) -> bool:
        """False when there is no room; otherwise `leave` must follow."""
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

    def leave(self, key: str) -> None:
        self._rooms[key].release()


def hold_back(app: Flask) -> None:
    """Work on the forms of a site that is under attack in turn."""
    gate = Gate()

    @app.before_request
    def enter() -> None:
        if request.endpoint not in SUBMITS or g.site.proof_of_work == "never" or g.site.captcha:
            return  # another server checks a captcha, for seconds: not one after the other
        if services().alarm.level(g.site_key):
            require_form_body()  # read to its end before any other waits for it
            if not gate.enter(g.site_key):
                raise Problem("unavailable", "crowded")
            g.inside = g.site_key
            g.since = time.monotonic()

    @app.teardown_request
    def leave(_fault: BaseException | None) -> None:
        if "inside" in g:
            # Hold the slot as long again (at most 20 ms), so that other sites get the processor.
            time.sleep(min(time.monotonic() - g.since, LONGEST_REST_SECONDS))
            gate.leave(g.pop("inside"))
