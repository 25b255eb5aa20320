"""The progress of an accepted call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from webapp.domain.calls import CallStatus, Progress
from webapp.domain.clock import Clock
from webapp.store.progress import ProgressRepository

_GRACE = timedelta(seconds=5)
"""Allows for a claim made within the window but not yet committed."""


class FollowCall:
    def __init__(self, progress: ProgressRepository, clock: Clock) -> None:
        self._progress = progress
        self._clock = clock

    def __call__(self, call_id: str) -> Progress | None:
        """The call's current progress. A call not dialled within its window is shown as expired, even if
        no dispatcher has stored that.
        """
        call = self._progress.get(call_id)
        waits = call and call.status in (CallStatus.QUEUED, CallStatus.SCHEDULED)
        if call and waits and self._clock() >= call.expires_at + _GRACE:
            return replace(call, status=CallStatus.EXPIRED)
        return call
