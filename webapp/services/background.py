"""What runs beside the requests in a process that dials: begun together, and ended in this order."""

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
        """Wait that long for the calls in flight; what is still in flight then is left to its lease."""
        self.housekeeping.stop()
        self.dispatcher.stop(drain_seconds)
        self.hooks.stop()  # after the last calls, of which it may still tell
