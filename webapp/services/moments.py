"""Whether somebody answers now, and since when and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.domain.clock import Clock
from webapp.domain.hours import Span, united
from webapp.domain.site.hours import Holidays
from webapp.domain.site.model import Receptionist, Site
from webapp.services.sites import SiteCache

LAUNCHER_DAYS = timedelta(days=8)
"""How far a launcher looks ahead. Browsers ask for a new one within minutes; a page that stays open for
longer shows the button."""

Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """`since` and `until` are None where that is more than a month ago, or will not change for years.
    `zone` is that of the hours; None for a receptionist without hours, who always answers."""

    open: bool = True
    since: datetime | None = None
    until: datetime | None = None
    zone: ZoneInfo | None = None
    later: bool = False
    """Whether a call at another time is offered."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """When a floating button shows, and what that was worked out from."""

    site: Site
    holidays: Holidays
    spans: Spans

    def holds(self, site: Site, holidays: Holidays, now: datetime) -> bool:
        return self.site is site and self.holidays is holidays and now < self.spans[0][1]


class Moments:
    def __init__(self, sites: SiteCache, clock: Clock) -> None:
        self._sites = sites
        self._clock = clock
        self._spans: dict[str, _Shown] = {}

    def of(self, site: Site, receptionist: Receptionist) -> Moment:
        hours = self._sites.opening(site, receptionist)
        if hours is None:
            return Moment(later=site.later is not None)
        now = self._clock()
        is_open = hours.is_open(now)
        return Moment(
            is_open,
            hours.last_change(now),
            hours.next_change(now),
            hours.zone,
            site.offers_later(is_open=is_open),
        )

    def shown_spans(self, site_key: str, site: Site) -> Spans | None:
        """When the floating button shows, from now on for LAUNCHER_DAYS; None for always. The same
        until the first of them has passed, as a launcher is built anew when they change."""
        if site.hours is None or site.hours.when_closed != "hide":
            return None
        now, holidays = self._clock(), self._sites.holidays
        known = self._spans.get(site_key)
        if known and known.holds(site, holidays, now):
            return known.spans
        # From midnight, so that the processes of a day build the same launcher.
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        until = midnight + LAUNCHER_DAYS
        spans = united(
            span
            for receptionist in site.receptionists
            if (hours := site.opening(receptionist, holidays))
            for span in hours.open_spans(midnight, until)
        )
        coming = tuple(span for span in spans if span[1] > now)
        shown = _Shown(site, holidays, coming or ((until, until),))
        self._spans[site_key] = shown
        return shown.spans
