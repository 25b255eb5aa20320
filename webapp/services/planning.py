"""Planned calls, as their visitors see them: the times to choose from, and changes of mind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from webapp.domain.calls import WINDOW, Call, CallStatus, Cause, Plan
from webapp.domain.clock import Clock
from webapp.domain.limits import CallLimits
from webapp.domain.phone.zones import called_zones
from webapp.domain.promises import owners_zone, plan_for, shown_zone
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Receptionist, Site
from webapp.log import get_logger
from webapp.services.sites import SiteCache
from webapp.store.calls import CallRepository
from webapp.store.intake import Intake
from webapp.store.planned import PlannedCalls

_log = get_logger(__name__)

CHOICES = 6
"""How many other times are offered to a visitor whose time is not free."""


class Lack(Enum):
    """Why there is no slot to choose from; the value names the visitor's sentence."""

    CLOSED = "slots.closed"
    QUIET = "slots.quiet"
    FULL = "slots.full"


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots that are free, in order; where there are none, why. Those of `owners` are its zone's;
    up to `until` all are taken."""

    free: Sequence[datetime]
    owners: ZoneInfo
    lack: Lack | None = None
    until: datetime | None = None

    def nearest(self, at: datetime) -> list[datetime]:
        """The free slots that are nearest to an instant, in order."""
        return sorted(sorted(self.free, key=lambda slot: abs(slot - at))[:CHOICES])


@dataclass(frozen=True, slots=True)
class Who:
    """Who is to be connected: a receptionist of a site, and the visitor's phone (E.164) and zone, each
    empty where it is not known yet."""

    site_key: str
    site: Site
    receptionist: Receptionist
    phone: str = ""
    timezone: str = ""


class Planning:
    """Each method raises StoreUnavailable."""

    def __init__(
        self,
        planned: PlannedCalls,
        intake: Intake,
        calls: CallRepository,
        sites: SiteCache,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._planned = planned
        self._intake = intake
        self._calls = calls
        self._sites = sites
        self._clock = clock
        self._wake = wake

    def slots(self, who: Who) -> Slots:
        """The slots that this visitor can choose from now."""
        site, later = who.site, who.site.later
        rules = site.slots(who.receptionist, self._sites.holidays)
        if rules is None or later is None:
            return Slots(
                (), owners_zone(site, self._sites.opening(site, who.receptionist)), Lack.CLOSED
            )
        owners = rules.hours.zone
        starts = rules.starts(self._clock())
        if not starts:
            return Slots((), owners, Lack.CLOSED)
        is_at_night = _night_of(who, later.slot)
        fitting = [at for at in starts if not is_at_night(at)]
        if not fitting:
            return Slots((), owners, Lack.QUIET)
        taken = self._planned.taken(who.site_key, who.receptionist.key, fitting[0], fitting[-1])
        free = [at for at in fitting if taken[at] < later.per_slot]
        return Slots(free, owners, None if free else Lack.FULL, fitting[-1])

    def plan(self, who: Who, when: str) -> Plan:
        """The plan for a `when` that a form sent. Raises Refusal; whether the slot is full is counted
        when the call is stored."""
        at = _instant(when)
        rules, later = who.site.slots(who.receptionist, self._sites.holidays), who.site.later
        if rules is None or later is None or at not in rules.starts(self._clock()):
            raise Refusal(Reason.WHEN_NOT_OFFERED)
        if _night_of(who, later.slot)(at):
            raise Refusal(Reason.WHEN_AT_NIGHT)
        return plan_for(at, self.zone(who))

    def zone(self, who: Who) -> ZoneInfo:
        """The zone that the visitor is shown times in."""
        return shown_zone(who.timezone, who.site, self._sites.opening(who.site, who.receptionist))

    def move(self, call: Call, who: Who, when: str, limits: CallLimits, *, night: bool) -> Call:
        """Move a planned call to a slot, or with an empty `when` to now; at `night` as well, if the
        visitor said so. Raises Refusal."""
        now = self._clock()
        if when:
            plan, later = self.plan(who, when), who.site.later
            window = later.slot if later else WINDOW
            moved = replace(
                call,
                timezone=who.timezone,
                plan=plan,
                due_at=plan.at,
                expires_at=plan.at + window,
            )
        else:
            moved = replace(
                call,
                timezone=who.timezone,
                status=CallStatus.QUEUED,
                menu_id=who.receptionist.menu_id,
                plan=plan_for(now, self.zone(who)),
                due_at=now,
                expires_at=now + WINDOW,
            )
        moved = self._intake.move(call, moved, limits, now, Cause.MOVED, night=night)
        self._wake()
        _log.info("moved", call=call.id, due_at=moved.due_at.isoformat())
        return moved

    def cancel(self, call_id: str) -> None:
        """Give up a call that is not being dialled yet; a second time changes nothing. Raises
        Refusal."""
        if not self._calls.cancel(call_id, self._clock(), Cause.VISITOR):
            raise Refusal(Reason.CALL_BEGUN)

    def get(self, call_id: str) -> Call | None:
        return self._calls.get(call_id)


def _night_of(who: Who, length: timedelta) -> Callable[[datetime], bool]:
    """Tells whether a slot of that length is in the quiet hours of a place where the phone may be."""
    zones, night = called_zones(who.phone, who.timezone), who.site.night
    return lambda at: any(night.touches(at, at + length, zone) for zone in zones)


def _instant(when: str) -> datetime:
    """Raises Refusal."""
    try:
        at = datetime.fromisoformat(when)
    except ValueError:
        raise Refusal(Reason.WHEN_NOT_AN_INSTANT) from None
    if at.tzinfo is None:
        raise Refusal(Reason.WHEN_NOT_AN_INSTANT)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Refusal(Reason.WHEN_NOT_AN_INSTANT) from None
