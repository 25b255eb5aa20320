"""Whether what a planned call promises can still be kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from webapp.domain.calls import Call, Cause, Plan
from webapp.domain.hours import OpeningHours
from webapp.domain.refusals import Reason
from webapp.domain.site.hours import Holidays
from webapp.domain.site.model import Site
from webapp.domain.zones import known_zone, zone_of


def broken_promises(
    planned: Collection[Call], sites: Mapping[str, Site], holidays: Holidays
) -> list[tuple[Call, str]]:
    """The planned calls that cannot be placed when they are due, by what is known now, each with the
    code of the cause."""

    @cache
    def hours_of(site: str, receptionist: str) -> OpeningHours | None:
        found = sites[site].receptionist(receptionist)
        return sites[site].opening(found, holidays) if found else None

    @cache  # many calls are planned for the same slot
    def is_open(site: str, receptionist: str, begin: datetime, end: datetime) -> bool:
        hours = hours_of(site, receptionist)
        return hours is None or hours.open_spans(begin, end) == [(begin, end)]

    def cause(call: Call) -> str:
        site = sites.get(call.site)
        if site is None or site.receptionist(call.receptionist) is None:
            return Cause.SITE_CHANGED
        where = call.site, call.receptionist
        if promised_instant(call, site, hours_of(*where)) != call.due_at:
            return Cause.TIME_RULES
        # A time that nobody chose only has to begin while it is open.
        end = call.due_at + timedelta(seconds=1) if call.is_unchosen else call.expires_at
        return "" if is_open(*where, call.due_at, end) else Reason.CLOSED.code

    causes = ((call, cause(call)) for call in planned)
    return [(call, why) for call, why in causes if why]


def shown_zone(timezone: str, site: Site, hours: OpeningHours | None) -> ZoneInfo:
    """The zone that a planned call's wall time is shown in: the browser's where it is known."""
    return known_zone(timezone) or owners_zone(site, hours)


def owners_zone(site: Site, hours: OpeningHours | None) -> ZoneInfo:
    return hours.zone if hours else zone_of(site.timezone)


def promised_instant(call: Call, site: Site, hours: OpeningHours | None) -> datetime:
    """The instant that the promised wall time means by today's rules of its zone."""
    if call.plan is None or not call.plan.wall_time:
        return call.due_at
    zone = shown_zone(call.timezone, site, hours)
    wall = datetime.fromisoformat(call.plan.wall_time).replace(tzinfo=zone)
    # Where clocks are set back, it may be the second time that they show it.
    either = [wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return call.due_at if call.due_at in either else either[0]


def plan_for(at: datetime, zone: ZoneInfo) -> Plan:
    return Plan(at, f"{at.astimezone(zone):%Y-%m-%dT%H:%M}")
