"""Plans another try of a phone that was busy."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from webapp.domain.calls import WINDOW, Call, CallStatus, Plan, new_call_id
from webapp.domain.clock import Clock
from webapp.domain.phone.calling_hours import may_ring_unasked
from webapp.domain.phone.number import region_of
from webapp.domain.phone.zones import called_zones
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site
from webapp.services.sites import SiteCache
from webapp.store.engine import StoreUnavailable
from webapp.store.intake import AnotherTry


def may_be_tried(call: Call, site: Site, at: datetime) -> bool:
    """Whether nobody sleeps where the phone may be, and the law of its region lets it be rung unasked,
    from `at` on until the try would be given up."""
    region, end = region_of(call.phone), at + WINDOW
    return not any(
        site.night.touches(at, end, zone)
        or not may_ring_unasked(region, at, zone)
        or not may_ring_unasked(region, end, zone)
        for zone in called_zones(call.phone, call.timezone)
    )


class Retries:
    def __init__(self, sites: SiteCache, clock: Clock, calls_per_day: int) -> None:
        self._sites = sites
        self._clock = clock
        self._calls_per_day = calls_per_day

    def after(self, call: Call) -> AnotherTry | None:
        """The next try of a call whose phone was busy; None where its site wants none. Limits are
        counted when it is stored.

        Raises Refusal if nobody may be rung or answers then.
        """
        try:
            site = self._sites.get(call.site)
        except StoreUnavailable:
            return None  # the busy call is settled all the same
        receptionist = site.receptionist(call.receptionist) if site else None
        if site is None or site.retry is None or receptionist is None:
            return None
        now = self._clock()
        at = now + site.retry.pause
        hours = self._sites.opening(site, receptionist)
        if hours and not hours.is_open(at):
            raise Refusal(Reason.CLOSED)
        if not may_be_tried(call, site, at):
            raise Refusal(Reason.QUIET_HOURS)
        retry = replace(
            call,
            id=new_call_id(),
            request_id=str(uuid.uuid4()),
            status=CallStatus.SCHEDULED,
            created_at=now,
            due_at=at,
            expires_at=at + WINDOW,
            plan=Plan(at),
            retry_of=call.wish,
            reason="",
            attempt=0,
            lease_owner=None,
        )
        return AnotherTry(retry, site.call_limits(self._calls_per_day), site.retry.times)
