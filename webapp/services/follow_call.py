"""Looking at a call that was accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from webapp.domain.calls import CallStatus, Progress
from webapp.domain.clock import Clock
from webapp.store.progress import ProgressRepository

_GRACE = timedelta(seconds=5)
"""For a claim that was begun within the window and is not committed yet."""


class FollowCall:
    def __init__(self, progress: ProgressRepository, clock: Clock) -> None:
        self._progress = progress
        self._clock = clock

    def __call__(self, call_id: str) -> Progress | None:
        """The call as it is now. One that was not dialled within its window has expired, even if no
        dispatcher runs that could write this down.
        """
        call = self._progress.get(call_id)
        if call and call.status is CallStatus.QUEUED and self._clock() >= call.expires_at + _GRACE:
            return replace(call, status=CallStatus.EXPIRED)
        return call
