"""The slots that a visitor can choose from: instants at which a planned call may begin.

They lie on the wall clock of the hours, one after the other from the beginning of each window, and are
wholly open. Where clocks are set back, an hour that comes twice is offered once; where they are set
forward, the hour that is skipped is not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.domain.hours import DAY_MINUTES, OpeningHours, Window

_DAY = timedelta(days=1)


def always_open(zone: ZoneInfo) -> OpeningHours:
    """The hours of somebody who always answers, so that slots have a clock."""
    return OpeningHours(zone, ((Window(0, DAY_MINUTES),),) * 7)


@dataclass(frozen=True, slots=True)
class SlotRules:
    """`days` and `same_day_until` ("16:00") are by the clock of the hours; after that time today has no
    slots."""

    hours: OpeningHours
    minutes: int
    days: int
    notice: timedelta
    same_day_until: str

    def starts(self, now: datetime) -> list[datetime]:
        """When the slots begin that can be chosen at `now`, in order."""
        return sorted(set(self._starts(now)))

    def any_from(self, now: datetime) -> bool:
        return next(self._starts(now), None) is not None

    def _starts(self, now: datetime) -> Iterator[datetime]:
        local = now.astimezone(self.hours.zone)
        today, first = local.date(), now + self.notice
        if f"{local:%H:%M}" >= self.same_day_until:
            first = max(first, self.hours.instant(today + _DAY, 0))
        end = self.hours.instant(today + self.days * _DAY, 0)
        spans = self.hours.open_spans(first, end + _DAY)
        begins = [begin for begin, _ in spans]
        for passed in range(-1, self.days):  # yesterday's windows may pass midnight
            day = today + passed * _DAY
            for window in self.hours.windows_of(day):
                for minute in range(window.start, window.end - self.minutes + 1, self.minutes):
                    start = self.hours.instant(day, minute)
                    if not first <= start < end or not self.hours.shows(start, day, minute):
                        continue
                    at = bisect_right(begins, start) - 1
                    if at >= 0 and start + timedelta(minutes=self.minutes) <= spans[at][1]:
                        yield start
