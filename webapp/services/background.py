"""The background threads of a process that dials, started and stopped together."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.services.dispatch import Dispatcher
from webapp.services.hooks import HookSender
from webapp.services.housekeeping import Housekeeping


@dataclass(frozen=True, slots=True)
class Background:
    dispatcher: Dispatcher
    housekeeping: Housekeeping
    hooks: HookSender

    def start(self) -> None:
        self.dispatcher.start()
        self.housekeeping.start()
        self.hooks.start()

    def stop(self, drain_seconds: float) -> None:
        """Wait that long for the calls in flight; the leases of calls that take longer expire."""
        self.housekeeping.stop()
        self.dispatcher.stop(drain_seconds)
        self.hooks.stop()  # last, so that it can still report the last calls
