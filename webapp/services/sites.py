"""A cache of the sites for web requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from webapp.domain.hours import OpeningHours
from webapp.domain.site.hours import Holidays
from webapp.domain.site.model import Receptionist, Site
from webapp.store.cached import Cached
from webapp.store.engine import StoreUnavailable
from webapp.store.holidays import HolidayRepository
from webapp.store.pauses import ALL, PauseRepository
from webapp.store.sites import SiteRepository


class _Read(NamedTuple):
    sites: Mapping[str, Site]
    paused: set[str]
    holidays: Holidays


class SiteCache:
    """Sites and pauses, at most a second old.

    While the database is unavailable, the last known sites stay, so that a refusal can still offer the
    owner's number. No call is accepted from that state, as accepting one takes a commit.
    """

    def __init__(
        self, repository: SiteRepository, pauses: PauseRepository, holidays: HolidayRepository
    ) -> None:
        self._repository = repository
        self._pauses = pauses
        self._holidays = holidays
        self._cached = Cached(self._read, _Read({}, set(), {}))

    def get(self, key: str) -> Site | None:
        """Raises StoreUnavailable if the sites cannot be read and this one was never read."""
        try:
            self._cached.get()
        except StoreUnavailable:
            if key not in self._cached.last.sites:
                raise
        return self._cached.last.sites.get(key)

    def is_paused(self, key: str) -> bool:
        """Raises StoreUnavailable if it cannot be read: the last known state does not suffice."""
        return bool(self._cached.get().paused & {key, ALL})

    def seems_paused(self, key: str) -> bool:
        """The last known state: good enough for what a page shows, not for accepting a call."""
        return bool(self._cached.last.paused & {key, ALL})

    @property
    def known(self) -> Mapping[str, Site]:
        """As they were last read."""
        return self._cached.last.sites

    @property
    def holidays(self) -> Holidays:
        """As they were last read."""
        return self._cached.last.holidays

    def opening(self, site: Site, receptionist: Receptionist) -> OpeningHours | None:
        """When the receptionist answers; None for always."""
        return site.opening(receptionist, self.holidays)

    def refresh(self) -> None:
        """Read them anew, for what must not go by those of a second ago. Raises StoreUnavailable."""
        self._cached.expire()
        self._cached.get()

    def all(self) -> list[Site]:
        return [*self._cached.get().sites.values()]

    def _read(self) -> _Read:
        """What is unchanged keeps its identity, so that what is built from it stays cached."""
        found, before = self._repository.all(), self._cached.last
        sites = {
            key: old if (old := before.sites.get(key)) == site else site
            for key, site in found.items()
        }
        holidays = self._holidays.all()
        if holidays == before.holidays:
            holidays = before.holidays
        return _Read(sites, self._pauses.all(), holidays)
