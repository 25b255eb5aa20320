"""Looking at a call that was accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from webapp.domain.calls import CallStatus, Progress
from webapp.domain.clock import Clock
from webapp.domain.sites import Site
from webapp.store.progress import ProgressRepository
from webapp.store.sites import SiteCache

_GRACE = timedelta(seconds=5)
"""For a claim that was begun within the window and is not committed yet."""


class FollowCall:
    def __init__(self, progress: ProgressRepository, sites: SiteCache, clock: Clock) -> None:
        self._progress = progress
        self._sites = sites
        self._clock = clock

    def __call__(self, call_id: str) -> Progress | None:
        """The call as it is now. One that was not dialled within its window has expired, even if no
        dispatcher runs that could write this down.
        """
        call = self._progress.get(call_id)
        if call and call.status is CallStatus.QUEUED and self._clock() >= call.expires_at + _GRACE:
            return replace(call, status=CallStatus.EXPIRED)
        return call

    def with_site(self, call_id: str) -> tuple[Progress | None, Site | None]:
        """The same with the call's site, which may be gone."""
        call = self(call_id)
        return call, self._sites.get(call.site) if call else None
