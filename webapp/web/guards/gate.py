"""Holds back the forms of a site under attack, so that other sites keep the server."""

from __future__ import annotations

import time
from collections import defaultdict
from threading import Lock, Semaphore

from flask import Flask, g, request

from webapp.domain.refusals import Reason
from webapp.web.context import services
from webapp.web.guards.body import require_form_body
from webapp.web.problems import Problem
from webapp.web.recording import SUBMITS

AT_WORK = 1
"""How many forms of one site are handled at a time."""

WAITING = 16
"""How many forms of all sites together may wait. Each takes one of the server's 24 threads."""

WAIT_SECONDS = 2.0
LONGEST_REST_SECONDS = 0.02


class Gate:
    """Lets AT_WORK per key in at a time. WAITING more in all may wait, and the rest are turned away."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rooms: defaultdict[str, Semaphore] = defaultdict(lambda: Semaphore(AT_WORK))
        self._waiting = 0

    def enter(self, key: str) -> bool:
        """False if there is no room; otherwise `leave` must follow."""
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
    """Have `app` handle the forms of a site under attack one after the other."""
    gate = Gate()

    @app.before_request
    def enter() -> None:
        if request.endpoint not in SUBMITS or g.site.proof_of_work == "never" or g.site.captcha:
            return  # checking a captcha takes another server seconds: too long to take turns
        if services().attack.level(g.site_key):
            require_form_body()  # read the whole body first, so that nobody waits for a slow sender
            if not gate.enter(g.site_key):
                raise Problem(Reason.CROWDED)
            g.inside = g.site_key
            g.since = time.monotonic()

    @app.teardown_request
    def leave(_fault: BaseException | None) -> None:
        if "inside" in g:
            # Keep the slot for as long again (at most 20 ms), so that other sites get the processor.
            time.sleep(min(time.monotonic() - g.since, LONGEST_REST_SECONDS))
            gate.leave(g.pop("inside"))
