"""How a table of opening hours contradicts itself, by as much of it as can be read.

Values that cannot be read are left out: they are faults of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, pairwise
from typing import Generic, TypeVar

from webapp.domain.hours import DAY_MINUTES, Window, Windows, read_window
from webapp.domain.site.days import WEEKDAYS, dates_of, weekdays_of

_DAY = timedelta(days=1)
_Day = TypeVar("_Day", int, date)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[_Day]):
    """One line, such as `mon-fri = ["09:00-17:00"]`."""

    name: str
    days: list[_Day]
    windows: Windows


def contradictions(given: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with a table whose every value may be valid."""
    if all(map(_is_closed, (given.get("week"), given.get("dates")))):
        yield "never open; leave the table out for a site that is always open"
    week = _entries(given.get("week"), weekdays_of)
    dates = _entries(given.get("dates"), dates_of)
    yield from _named_twice(WEEKDAYS[day] for entry in week for day in entry.days)
    yield from _named_twice(str(day) for entry in dates for day in entry.days)
    yield from _overlaps_of_days(week)
    yield from _overlaps_of_days(dates)
    of_weekday = {day: entry.windows for entry in week for day in entry.days}
    yield from _nights_of_week(of_weekday)
    yield from _nights_of_dates(of_weekday, dates)


def _is_closed(days: object) -> bool:
    return not days or (isinstance(days, dict) and not any(days.values()))


def _entries(given: object, days_of: Callable[[str], list[_Day]]) -> list[_Entry[_Day]]:
    if not isinstance(given, dict):
        return []
    return [
        _Entry(name, _readable(days_of, name) or [], _windows(texts))
        for name, texts in given.items()
    ]


def _windows(texts: object) -> Windows:
    found = (_readable(read_window, text) for text in texts) if isinstance(texts, list) else ()
    return tuple(sorted(filter(None, found)))


def _readable(read: Callable[[str], _Value], text: object) -> _Value | None:
    try:
        return read(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _overlaps_of_days(entries: Iterable[_Entry[_Day]]) -> Iterator[str]:
    for entry in entries:
        for first, second in pairwise(entry.windows):
            if second.start < first.end:
                yield f"{entry.name}: {_shown(first)} and {_shown(second)} overlap"


def _nights_of_week(week: Mapping[int, Windows]) -> Iterator[str]:
    for day, tomorrow in pairwise((*range(7), 0)):
        if _night_overlaps(week.get(day, ()), week.get(tomorrow, ())):
            yield f"the night of {WEEKDAYS[day]} overlaps with {WEEKDAYS[tomorrow]}"


def _nights_of_dates(week: Mapping[int, Windows], dates: Iterable[_Entry[date]]) -> Iterator[str]:
    """The first of each line, as a range of dates may have as many as days. The days beside them are
    taken as ordinary ones: which of them are holidays is not known here."""
    of_date = {day: entry.windows for entry in dates for day in entry.days}

    def windows_of(day: date) -> Windows:
        return of_date.get(day, week.get(day.weekday(), ()))

    def overlaps(day: date) -> bool:
        return _night_overlaps(windows_of(day), windows_of(day + _DAY))

    nights = ((entry.days[0] - _DAY, *entry.days) for entry in dates if entry.days)
    firsts = {day for days in nights for day in islice(filter(overlaps, days), 1)}
    for day in sorted(firsts):
        yield f"the night of {day} overlaps with {day + _DAY}"


def _night_overlaps(evening: Windows, morning: Windows) -> bool:
    ends = max((window.end - DAY_MINUTES for window in evening), default=0)
    return any(window.start < ends for window in morning)


def _shown(window: Window) -> str:
    end = window.end if window.end <= DAY_MINUTES else window.end - DAY_MINUTES
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (window.start, end))


def _named_twice(names: Iterator[str]) -> Iterator[str]:
    known: set[str] = set()
    for name in names:
        if name in known:
            yield f"{name} is named twice"
        known.add(name)
