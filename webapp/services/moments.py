"""Whether somebody answers now, and since when and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.domain.clock import Clock
from webapp.domain.hours import Span, united
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


class Moments:
    def __init__(self, sites: SiteCache, clock: Clock) -> None:
        self._sites = sites
        self._clock = clock
        self._spans: dict[str, tuple[Site, Spans]] = {}

    def of(self, site: Site, receptionist: Receptionist) -> Moment:
        hours = self._sites.opening(site, receptionist)
        if hours is None:
            return Moment()
        now = self._clock()
        return Moment(
            hours.is_open(now), hours.last_change(now), hours.next_change(now), hours.zone
        )

    def shown_spans(self, site_key: str, site: Site) -> Spans | None:
        """When the floating button shows, from now on for LAUNCHER_DAYS; None for always. Equal until
        the first of them has passed, as a launcher is built anew when they change."""
        if site.hours is None or site.hours.when_closed != "hide":
            return None
        now = self._clock()
        known = self._spans.get(site_key)
        if known and known[0] is site and now < known[1][0][1]:
            return known[1]
        # Midnight, so that the processes of a day build the same launcher.
        until = now.replace(hour=0, minute=0, second=0, microsecond=0) + LAUNCHER_DAYS
        spans = united(
            span
            for receptionist in site.receptionists
            if (hours := self._sites.opening(site, receptionist))
            for span in hours.open_spans(now, until)
        )
        cut = tuple((begin, min(end, until)) for begin, end in spans)
        self._spans[site_key] = (site, cut or ((until, until),))
        return self._spans[site_key][1]
