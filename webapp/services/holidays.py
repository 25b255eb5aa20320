"""Public holidays: worked out when a site is saved and once a month, and read from the database."""

from __future__ import annotations

from collections.abc import Collection

from webapp.domain.clock import Clock
from webapp.domain.site.hours import Holidays
from webapp.domain.site.model import Site
from webapp.errors import ConfigurationError
from webapp.holiday_dates import holiday_dates
from webapp.log import get_logger
from webapp.store.holidays import HolidayRepository
from webapp.store.sites import SiteRepository

_log = get_logger(__name__)

YEARS = 3
"""This year and the next ones."""


class HolidayCalendars:
    def __init__(self, holidays: HolidayRepository, clock: Clock) -> None:
        self._holidays = holidays
        self._clock = clock

    def require(self, sites: Collection[Site]) -> Holidays:
        """Work out the holidays that these sites name. Raises ConfigurationError for calendars that do
        not exist."""
        dates, unknown = self._work_out(sites)
        if unknown:
            raise ConfigurationError(
                [
                    f"there are no holidays of {calendar!r}; for example US-NY"
                    for calendar in unknown
                ]
            )
        return dates

    def store(self, dates: Holidays) -> None:
        """Keep the dates for all processes. Raises StoreUnavailable."""
        self._holidays.replace(dates)

    def refresh(self, sites: SiteRepository) -> None:
        """Work the holidays of all sites out anew; those of a calendar that no longer exists stay.
        Raises StoreUnavailable."""
        dates, unknown = self._work_out(sites.all().values())
        self.store(dates)
        if unknown:
            _log.warning("holidays are no longer known", calendars=unknown)

    def _work_out(self, sites: Collection[Site]) -> tuple[Holidays, list[str]]:
        """The dates by calendar, and the calendars that do not exist."""
        this_year = self._clock().year
        calendars = {calendar for site in sites for calendar in site.calendars}
        found = holiday_dates(calendars, range(this_year, this_year + YEARS))
        known = {calendar: days for calendar, days in found.items() if days is not None}
        return known, sorted(found.keys() - known.keys())
