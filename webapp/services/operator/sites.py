"""Imports and exports sites as TOML, and pauses them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from webapp.domain.clock import Clock
from webapp.domain.site.hours import Holidays
from webapp.domain.site.model import Site
from webapp.domain.site.reading import read_sites
from webapp.errors import ConfigurationError
from webapp.services.holidays import HolidayCalendars
from webapp.services.operator.promises import Review
from webapp.store.engine import Database
from webapp.store.holidays import HolidayRepository
from webapp.store.pauses import ALL, PauseRepository
from webapp.store.sites import Change, SiteRepository


@dataclass(frozen=True, slots=True)
class SiteState:
    key: str
    site: Site
    paused: bool
    """Individually, or with all sites."""


class SiteAdministration:
    """Each method raises StoreUnavailable if the database cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._sites = SiteRepository(database, clock)
        self._pauses = PauseRepository(database, clock)
        self._holidays = HolidayCalendars(HolidayRepository(database), clock)
        self._clock = clock

    def apply(
        self, text: str, where: str, *, prune: bool, cancel_planned: bool = False
    ) -> Mapping[str, Change]:
        """Store the sites of a TOML text, all or none; with `prune`, remove all others. `where` names
        the text in messages. Planned calls that could no longer be placed are cancelled with
        `cancel_planned`, and else are a fault. Raises ConfigurationError with every fault."""
        reading = read_sites(text, where)
        holidays, unknown = self._holidays.work_out({*reading.calendars.values()})
        hours_faults = [
            *_unknown_calendars(reading.calendars, unknown),
            *_useless_hours(reading.sites, holidays, self._clock()),
        ]
        if faults := [*reading.faults, *(f"{where}: {fault}" for fault in hours_faults)]:
            raise ConfigurationError(faults)
        self._holidays.store(holidays)
        review = Review(reading.sites, holidays, cancel=cancel_planned)
        return self._sites.apply(reading.sites, prune=prune, review=review)

    def export(self) -> dict[str, dict[str, object]]:
        """The tables of all sites, without defaults, as `apply` takes them."""
        sites = self._sites.all().items()
        return {key: site.model_dump(mode="json", exclude_unset=True) for key, site in sites}

    def states(self) -> list[SiteState]:
        paused = self._pauses.all()
        sites = self._sites.all().items()
        return [SiteState(key, site, bool(paused & {key, ALL})) for key, site in sites]

    def require(self, key: str) -> None:
        """Raise ConfigurationError if there is no site with that key: a misspelt key would look like a
        site without any data."""
        known = self._sites.all()
        if key not in known:
            raise ConfigurationError(
                [f"there is no site {key!r}; there is: {', '.join(known) or 'none'}"]
            )

    def pause(self, key: str | None) -> bool:
        """Accept and dial no calls for one site, or for all (None). False if already paused."""
        return self._pauses.pause(self._pausable(key))

    def resume(self, key: str | None) -> bool:
        """Lift the pause of one site, or the one of all (None); neither lifts the other. False if there
        was none."""
        return self._pauses.resume(self._pausable(key))

    def paused(self) -> list[str | None]:
        """The keys of the individually paused sites; [None] if all are paused."""
        paused = self._pauses.all()
        return [None] if ALL in paused else [key for key in self._sites.all() if key in paused]

    def _pausable(self, key: str | None) -> str:
        if key is None:
            return ALL
        self.require(key)
        return key


def _unknown_calendars(places: Mapping[str, str], unknown: Collection[str]) -> Iterator[str]:
    for place, calendar in places.items():
        if calendar in unknown:
            yield f"{place}: there are no holidays of {calendar!r}; for example US-NY"


def _useless_hours(sites: Mapping[str, Site], holidays: Holidays, now: datetime) -> Iterator[str]:
    """Hours that never come, and times to choose that leave no slot."""
    for key, site in sites.items():
        for number, receptionist in enumerate(site.receptionists):
            hours = site.opening(receptionist, holidays)
            rules = site.slots(receptionist, holidays)
            if hours and not hours.next_opening(now):
                place = f"receptionists[{number}].hours" if receptionist.hours else "hours"
                yield (
                    f"{key}.{place}: never open for {receptionist.key!r}:"
                    " all dates have passed or are too far ahead"
                )
            elif site.later and rules:
                for fault in site.later.faults(rules.hours, now):
                    yield f"{key}.{fault}, for {receptionist.key!r}"
