"""A site's opening hours, as its owner writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ModelWrapValidatorHandler, model_validator

from webapp.domain.hours import OpeningHours, Windows, read_window
from webapp.domain.site.contradictions import contradictions
from webapp.domain.site.days import dates_of, weekdays_of
from webapp.domain.site.table import Table, read_with_faults
from webapp.domain.zones import zone_of

CALENDAR = re.compile("[A-Z]{2}(-[A-Z0-9]{1,3})?")
"""A calendar of holidays as it is written, whether or not it exists."""

Holidays = Mapping[str, frozenset[date]]
"""The dates of each calendar, such as "US-NY"."""


def _readable(read: Callable[[str], object]) -> AfterValidator:
    """A text that `read` can read; it stays as it was written."""

    def check(value: str) -> str:
        read(value)
        return value

    return AfterValidator(check)


def _calendar(value: str) -> str:
    if not CALENDAR.fullmatch(value):
        raise ValueError(
            f'{value!r} is no calendar; write a country, or "US-NY" with its subdivision'
        )
    return value


Zone = Annotated[str, _readable(zone_of)]
Weekdays = Annotated[str, _readable(weekdays_of)]
Dates = Annotated[str, _readable(dates_of)]
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

    @model_validator(mode="wrap")
    @classmethod
    def _name_every_fault(cls, given: object, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Contradictions are named together with the values that cannot be read, not only after them."""
        return read_with_faults(given, read, contradictions)

    def opening(self, timezone: str, holidays: Holidays) -> OpeningHours:
        """The hours by the clock of the table's own zone, or else of `timezone`. Holidays that are not
        known yet count as ordinary days."""
        return OpeningHours(
            zone=zone_of(self.timezone or timezone),
            week=self._week(),
            dates={
                day: _read(texts) for text, texts in self.dates.items() for day in dates_of(text)
            },
            holidays=holidays.get(self.holidays or "", frozenset()),
        )

    def _week(self) -> tuple[Windows, ...]:
        of_day = {
            day: _read(texts) for text, texts in self.week.items() for day in weekdays_of(text)
        }
        return tuple(of_day.get(day, ()) for day in range(7))


class Hours(OwnHours):
    """The hours of a site."""

    when_closed: Literal["later", "number", "hide"] = "later"
    """What visitors are offered meanwhile: the times of `later`, or only the phone number; in both cases
    they are told when it is open again. With "hide" there is no floating button, by the clock of their
    device."""


def _read(texts: list[str]) -> Windows:
    return tuple(sorted(map(read_window, texts)))
