"""Holds the forms of an attacked site back, so that they do not take the server from everybody else."""

from __future__ import annotations

from collections import Counter
from threading import Condition

from flask import Flask, g, request

from webapp.web.context import services
from webapp.web.problems import SUBMITS, Problem

AT_WORK, WAITING = 2, 8
WAIT_SECONDS = 2.0


class Gate:
    """Lets so many of one key in at a time; of the others a few wait, and the rest must go."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()

    def enter(self, key: str) -> bool:
        """False when there is no room; otherwise `leave` must follow."""
        with self._changed:
            if self._inside[key] >= AT_WORK and not self._wait(key):
                return False
            self._inside[key] += 1
        return True

    def leave(self, key: str) -> None:
        with self._changed:
            self._inside[key] -= 1
            self._changed.notify_all()

    def _wait(self, key: str) -> bool:
        if self._waiting[key] >= WAITING:
            return False
        self._waiting[key] += 1
        try:
            return self._changed.wait_for(lambda: self._inside[key] < AT_WORK, WAIT_SECONDS)
        finally:
            self._waiting[key] -= 1


def hold_back(app: Flask) -> None:
    """Work on the forms of a site that is under attack in turn."""
    gate = Gate()

    @app.before_request
    def enter() -> None:
        if request.endpoint not in SUBMITS or g.site.proof_of_work == "never":
            return
        if services().alarm.level(g.site_key):
            if not gate.enter(g.site_key):
                raise Problem("unavailable", "crowded")
            g.inside = g.site_key

    @app.teardown_request
    def leave(_fault: BaseException | None) -> None:
        if "inside" in g:
            gate.leave(g.pop("inside"))
