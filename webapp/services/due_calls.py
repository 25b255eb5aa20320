"""Releases planned calls to the queue when they are due, and re-checks what they promise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from webapp.domain.calls import Call, Cause
from webapp.domain.clock import Clock
from webapp.domain.phone.zones import called_zones
from webapp.domain.promises import broken_promises, plan_for, promised_instant, shown_zone
from webapp.domain.refusals import Reason, Refusal
from webapp.log import get_logger
from webapp.metrics import Metrics
from webapp.services.retries import may_be_tried
from webapp.services.sites import SiteCache
from webapp.store.intake import Intake
from webapp.store.planned import PlannedCalls, Released

_log = get_logger(__name__)

BATCH = 500
"""Planned calls that are released at a time."""


class DueCalls:
    """Each method raises StoreUnavailable."""

    def __init__(
        self,
        planned: PlannedCalls,
        intake: Intake,
        sites: SiteCache,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._planned = planned
        self._intake = intake
        self._sites = sites
        self._clock = clock
        self._metrics = metrics
        self._checked = False

    def release(self) -> list[Released]:
        """Queue the planned calls that are due; those that cannot be placed expire and say why. The
        first time, all are checked again: since they were promised, rules of time may have changed."""
        if not self._checked:
            self.recheck()
            self._checked = True
        now = self._clock()
        due = self._planned.due(now, BATCH)
        if not due:
            return []
        self._sites.refresh()
        released = self._planned.release([self._released(call, now) for call in due], now)
        for each in released:
            if each.reason:
                self._metrics.broken_promises.inc()
                _log.warning("settled", call=each.call.id, status="expired", reason=each.reason)
        return released

    def _released(self, call: Call, now: datetime) -> Released:
        site = self._sites.get(call.site)
        receptionist = site.receptionist(call.receptionist) if site else None
        if site is None or receptionist is None:
            return Released(call, call.menu_id, Cause.SITE_CHANGED)
        hours = self._sites.opening(site, receptionist)
        reason = ""
        if now >= call.expires_at:
            reason = Cause.WINDOW_CLOSED
        elif hours and not hours.is_open(now):
            reason = Reason.CLOSED.code
        elif (call.is_unchosen and not may_be_tried(call, site, now)) or any(
            site.night.holds(now, zone) for zone in called_zones(call.phone, call.timezone)
        ):
            reason = Reason.QUIET_HOURS.code
        # The way that its receptionist takes now, which may have changed since it was planned.
        return Released(call, receptionist.menu_id, reason)

    def recheck(self) -> None:
        """Move the planned calls whose wall time is another instant by today's rules of time, if that
        one is free, and warn of those that cannot be placed as promised."""
        for call, why in self._broken(self._planned.all()):
            if why != Cause.TIME_RULES or not self._move(call):
                _log.warning("a promise cannot be kept", call=call.id, reason=why)

    def _broken(self, planned: Collection[Call]) -> list[tuple[Call, str]]:
        self._sites.refresh()
        return broken_promises(planned, self._sites.known, self._sites.holidays)

    def _move(self, call: Call) -> bool:
        """Move the call to the instant that its wall time means now. False if that is not free."""
        site = self._sites.known[call.site]
        receptionist = site.receptionist(call.receptionist)
        hours = self._sites.opening(site, receptionist) if receptionist else None
        zone, at = shown_zone(call.timezone, site, hours), promised_instant(call, site, hours)
        window, now = call.expires_at - call.due_at, self._clock()
        moved = replace(call, plan=plan_for(at, zone), due_at=at, expires_at=at + window)
        if at <= now or self._broken([moved]):
            return False
        try:
            self._intake.move(call, moved, site.call_limits(0), now, Cause.TIME_RULES)
        except Refusal:
            return False
        return True
