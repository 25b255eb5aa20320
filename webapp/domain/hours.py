"""Opening hours: weekly windows of wall time in one zone, with dates that differ.

A window belongs to the day on which it begins, also where it passes midnight. Open or closed is decided
by the wall time of an instant alone, so an instant is never both: where clocks are set back, an hour is
open twice, and where they are set forward, the hour that is skipped is open to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
HORIZON_DAYS = 3 * 366
"""How far ahead an opening is looked for. What does not open until then never does."""
LOOK_BACK_DAYS = 31

_WINDOW = re.compile("([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_CLOCK_STEP = timedelta(hours=6)
"""No zone changes its clocks twice within it."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Minutes from the midnight at which the day begins. `end` is exclusive; above 1,440 it is a time
    of the next day."""

    start: int
    end: int


Windows = tuple[Window, ...]
Span = tuple[datetime, datetime]
"""From one instant up to another."""


def read_window(text: str) -> Window:
    """A window as owners write it, such as "09:00-12:30". Raises ValueError."""
    match = _WINDOW.fullmatch(text)
    if not match:
        raise ValueError(f'{text!r} is no window; write it like "09:00-17:30"')
    hours = [int(match[1]), int(match[3])]
    minutes = [int(match[2]), int(match[4])]
    start, end = (hour * 60 + minute for hour, minute in zip(hours, minutes, strict=True))
    if max(minutes) > 59 or start >= DAY_MINUTES or end > DAY_MINUTES:
        raise ValueError(f"{text!r} has a time that no clock shows; a day ends at 24:00")
    if start == end:
        raise ValueError(f"{text!r} has no length; a whole day is 00:00-24:00")
    return Window(start, end if end > start else end + DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """`week` has the windows of Monday to Sunday, `dates` those of days that differ. Without a window, a
    day is closed."""

    zone: ZoneInfo
    week: tuple[Windows, ...]
    dates: Mapping[date, Windows] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()

    def windows_of(self, day: date) -> Windows:
        """Dates that differ go before holidays, which go before the week."""
        if day in self.dates:
            return self.dates[day]
        return () if day in self.holidays else self.week[day.weekday()]

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(
            window.start <= minute + days * DAY_MINUTES < window.end
            for days in (0, 1)  # today's windows, and yesterday's that pass midnight
            for window in self.windows_of(local.date() - days * _DAY)
        )

    def next_change(self, at: datetime) -> datetime | None:
        """The first instant after `at` at which open becomes closed or the other way round; None within
        HORIZON_DAYS."""
        now = self.is_open(at)
        for day in self._days_of_change(at.astimezone(self.zone).date() - _DAY):
            for instant in self._candidates(day):
                if instant > at and self.is_open(instant) is not now:
                    return instant
        return None

    def last_change(self, at: datetime) -> datetime | None:
        """The instant since which it has been open, or closed, at `at`; None if that was more than
        LOOK_BACK_DAYS before."""
        now = self.is_open(at)
        today = at.astimezone(self.zone).date() + _DAY
        for passed in range(LOOK_BACK_DAYS):
            for instant in reversed(self._candidates(today - passed * _DAY)):
                if instant <= at and self.is_open(instant - _TICK) is not now:
                    return instant
        return None

    def next_opening(self, at: datetime) -> datetime | None:
        """The first open instant from `at` on; None within HORIZON_DAYS."""
        return at if self.is_open(at) else self.next_change(at)

    def open_spans(self, at: datetime, until: datetime) -> list[Span]:
        """When it is open from `at` to `until`, in order."""
        first, last = (instant.astimezone(self.zone).date() for instant in (at, until))
        day, edges = first - _DAY, [at]
        while day <= last + _DAY:
            edges += [edge for edge in self._candidates(day) if at < edge < until]
            day += _DAY
        return united(
            (begin, end) for begin, end in pairwise([*edges, until]) if self.is_open(begin)
        )

    def _days_of_change(self, day: date) -> list[date]:
        """The days from `day` on that a change can come on: those of two weeks, as all weeks are alike
        but for one in which clocks skip a window, and of the weeks after each day that differs."""
        last = day + HORIZON_DAYS * _DAY
        differing = (other for other in self.dates.keys() | self.holidays if day < other <= last)
        weeks = ((first + passed * _DAY for passed in range(16)) for first in (day, *differing))
        return sorted({each for week in weeks for each in week})

    def _candidates(self, day: date) -> list[datetime]:
        """Every instant of that day, in order, at which open can become closed or the other way round:
        where a window begins or ends, and where clocks change.

        Where clocks change around midnight, the day shows times of the days beside it too; and its own
        beginning may be that change, which only a look from before it tells.
        """
        begin, end = (self.instant(day + days * _DAY, 0) for days in (0, 1))
        edges = {
            self.instant(day + days * _DAY, minute, fold)
            for days in (-2, -1, 0, 1)
            for window in self.windows_of(day + days * _DAY)
            for minute in (window.start, window.end)
            for fold in (0, 1)
        }
        changes = self._clock_changes(begin - _CLOCK_STEP, end)
        return sorted(instant for instant in edges.union(changes) if begin <= instant < end)

    def instant(self, day: date, minute: int, fold: int = 0) -> datetime:
        """So many minutes of wall time after the midnight that begins the day. Where clocks are set
        back, `fold` 1 is the second time that they show it."""
        wall = datetime.combine(day, time()) + timedelta(minutes=minute)
        return wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)

    def shows(self, at: datetime, day: date, minute: int) -> bool:
        """Whether clocks show that wall time at that instant, and did not skip it."""
        wall = datetime.combine(day, time()) + timedelta(minutes=minute)
        return at.astimezone(self.zone).replace(tzinfo=None) == wall

    def _clock_changes(self, begin: datetime, end: datetime) -> Iterator[datetime]:
        """The instants from `begin` to `end` at which the zone's offset changes."""
        while begin < end:
            if self._offset(begin) != self._offset(begin + _CLOCK_STEP):
                yield self._clock_change(begin, begin + _CLOCK_STEP)
            begin += _CLOCK_STEP

    def _clock_change(self, before: datetime, after: datetime) -> datetime:
        """The instant, to the second, between these two with another offset."""
        old = self._offset(before)
        while after - before > timedelta(seconds=1):
            middle = before + timedelta(seconds=(after - before).seconds // 2)
            if self._offset(middle) == old:
                before = middle
            else:
                after = middle
        return after

    def _offset(self, at: datetime) -> timedelta | None:
        return at.astimezone(self.zone).utcoffset()


def united(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that overlap or touch as one."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found
