"""A site's opening hours, as its owner writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from webapp.domain.hours import DAY_MINUTES, OpeningHours, Window, Windows, read_window
from webapp.domain.site.table import Table
from webapp.domain.zones import zone_of

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_SPAN = timedelta(days=366)

Holidays = Mapping[str, frozenset[date]]
"""The dates of each calendar, such as "US-NY"."""


def _readable(read: Callable[[str], object]) -> AfterValidator:
    """A text that `read` can read; it stays as it was written."""

    def check(value: str) -> str:
        read(value)
        return value

    return AfterValidator(check)


def _calendar(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", value):
        raise ValueError(
            f'{value!r} is no calendar; write a country, or "US-NY" with its subdivision'
        )
    return value


def _weekdays_of(text: str) -> list[int]:
    """The days of "mon", "mon-fri" or "sat-mon" as numbers, Monday 0. Raises ValueError."""
    first, _, last = text.partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS or text.endswith("-"):
        raise ValueError(f'{text!r} is no weekday; write it like "mon" or "mon-fri"')
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return [day % 7 for day in range(begin, end + 1 + 7 * (end < begin))]


def _dates_of(text: str) -> list[date]:
    """The dates of "2026-12-24" or "2026-12-27/2026-12-31". Raises ValueError."""
    try:
        first, slash, last = text.partition("/")
        begin, end = date.fromisoformat(first), date.fromisoformat(last if slash else first)
    except ValueError:
        raise ValueError(
            f'{text!r} is no date; write it like "2026-12-24" or "2026-12-27/2026-12-31"'
        ) from None
    if not timedelta() <= end - begin <= LONGEST_SPAN:
        raise ValueError(f"{text!r} ends before it begins, or lasts for more than a year")
    return [begin + timedelta(days=days) for days in range((end - begin).days + 1)]


Zone = Annotated[str, _readable(zone_of)]
Weekdays = Annotated[str, _readable(_weekdays_of)]
Dates = Annotated[str, _readable(_dates_of)]
WindowTexts = list[Annotated[str, _readable(read_window)]]


class OwnHours(Table):
    """When somebody answers. Windows are wall time; one that passes midnight belongs to the day on which
    it begins."""

    timezone: Zone | None = None
    """The zone of these hours, if it is not the site's."""
    week: dict[Weekdays, WindowTexts] = Field(default_factory=dict)
    """The windows of weekdays, such as `{ mon-fri = ["09:00-12:30", "13:30-18:00"] }`; other days are
    closed."""
    holidays: Annotated[str, AfterValidator(_calendar)] | None = None
    """The public holidays on which it is closed: a country, or with its subdivision, like "US-NY"."""
    dates: dict[Dates, WindowTexts] = Field(default_factory=dict)
    """The windows of dates that differ, `[]` for closed, such as `{ "2026-12-24" = ["09:00-12:00"] }`.
    They go before holidays."""

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if faults := [*self._faults()]:
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        """What is wrong with tables whose every value is valid."""
        days = [day for text in self.week for day in _weekdays_of(text)]
        yield from _named_twice(WEEKDAYS[day] for day in days)
        dates = [day for text in self.dates for day in _dates_of(text)]
        yield from _named_twice(str(day) for day in dates)
        tables = {**self.week, **self.dates}
        for name, texts in tables.items():
            yield from (f"{name}: {pair} overlap" for pair in _overlaps(_read(texts)))
        if not any(tables.values()):
            yield "never open; leave the table out for a site that is always open"
        week = self._week()
        for day, tomorrow in pairwise((*range(7), 0)):
            night_ends = max((window.end - DAY_MINUTES for window in week[day]), default=0)
            if any(window.start < night_ends for window in week[tomorrow]):
                yield f"the night of {WEEKDAYS[day]} overlaps with {WEEKDAYS[tomorrow]}"

    def opening(self, timezone: str, holidays: Holidays) -> OpeningHours:
        """The hours by the clock of the table's own zone, or else of `timezone`. Holidays that are not
        known yet count as ordinary days."""
        return OpeningHours(
            zone=zone_of(self.timezone or timezone),
            week=self._week(),
            dates={
                day: _read(texts) for text, texts in self.dates.items() for day in _dates_of(text)
            },
            holidays=holidays.get(self.holidays or "", frozenset()),
        )

    def _week(self) -> tuple[Windows, ...]:
        of_day = {
            day: _read(texts) for text, texts in self.week.items() for day in _weekdays_of(text)
        }
        return tuple(of_day.get(day, ()) for day in range(7))


class Hours(OwnHours):
    """The hours of a site."""

    when_closed: Literal["number", "hide"] = "number"
    """What visitors are offered meanwhile: the phone number and when it is open again, or with "hide" no
    floating button, by the clock of their device."""


def _read(texts: list[str]) -> Windows:
    return tuple(sorted(map(read_window, texts)))


def _overlaps(windows: Windows) -> Iterator[str]:
    for first, second in pairwise(windows):
        if second.start < first.end:
            yield f"{_shown(first)} and {_shown(second)}"


def _shown(window: Window) -> str:
    end = window.end if window.end <= DAY_MINUTES else window.end - DAY_MINUTES
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (window.start, end))


def _named_twice(names: Iterator[str]) -> Iterator[str]:
    known: set[str] = set()
    for name in names:
        if name in known:
            yield f"{name} is named twice"
        known.add(name)
