"""Public holidays: worked out when a site is saved and once a month, and read from the database."""

from __future__ import annotations

from collections.abc import Collection

from webapp.domain.clock import Clock
from webapp.domain.site.hours import Holidays
from webapp.holiday_dates import holiday_dates
from webapp.log import get_logger
from webapp.store.holidays import HolidayRepository
from webapp.store.sites import SiteRepository

_log = get_logger(__name__)

YEARS_AHEAD = 2


class HolidayCalendars:
    def __init__(self, holidays: HolidayRepository, clock: Clock) -> None:
        self._holidays = holidays
        self._clock = clock

    def work_out(self, calendars: Collection[str]) -> tuple[Holidays, list[str]]:
        """The dates by calendar, and the calendars that do not exist."""
        this_year = self._clock().year
        # Last year's, as it may still be that somewhere, and for since when it has been closed.
        years = range(this_year - 1, this_year + YEARS_AHEAD + 1)
        found = holiday_dates(calendars, years)
        known = {calendar: days for calendar, days in found.items() if days is not None}
        return known, sorted(found.keys() - known.keys())

    def store(self, dates: Holidays) -> None:
        """Keep the dates for all processes. Raises StoreUnavailable."""
        self._holidays.replace(dates)

    def refresh(self, sites: SiteRepository) -> None:
        """Work the holidays of all sites out anew; those of a calendar that no longer exists stay.
        Raises StoreUnavailable."""
        calendars = {calendar for site in sites.all().values() for calendar in site.calendars}
        dates, unknown = self.work_out(calendars)
        self.store(dates)
        if unknown:
            _log.warning("holidays are no longer known", calendars=unknown)
