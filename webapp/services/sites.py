"""The sites as requests see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from webapp.domain.site.model import Site
from webapp.store.cached import Cached
from webapp.store.engine import StoreUnavailable
from webapp.store.pauses import ALL, PauseRepository
from webapp.store.sites import SiteRepository


class _Read(NamedTuple):
    sites: Mapping[str, Site]
    paused: set[str]


class SiteCache:
    """Sites and pauses as they were at most a second ago.

    While the database cannot be read, each site stays as it was last, so that a refusal can still offer
    the owner's number. No call is accepted on that basis, as accepting one takes a commit.
    """

    def __init__(self, repository: SiteRepository, pauses: PauseRepository) -> None:
        self._repository = repository
        self._pauses = pauses
        self._cached = Cached(self._read, _Read({}, set()))

    def get(self, key: str) -> Site | None:
        """Raises StoreUnavailable if the sites cannot be read and this one has never been."""
        try:
            self._cached.get()
        except StoreUnavailable:
            if key not in self._cached.last.sites:
                raise
        return self._cached.last.sites.get(key)

    def is_paused(self, key: str) -> bool:
        """Raises StoreUnavailable if it cannot be read: the last known state is not good enough."""
        return bool(self._cached.get().paused & {key, ALL})

    def seems_paused(self, key: str) -> bool:
        """The last known state: good enough for what a page shows, not for accepting a call."""
        return bool(self._cached.last.paused & {key, ALL})

    def all(self) -> list[Site]:
        return [*self._cached.get().sites.values()]

    def expire(self) -> None:
        """Have the next request read the database."""
        self._cached.expire()

    def _read(self) -> _Read:
        found, before = self._repository.all(), self._cached.last.sites
        # An unchanged site stays the same object, so that what was built from it can be kept.
        sites = {
            key: old if (old := before.get(key)) == site else site for key, site in found.items()
        }
        return _Read(sites, self._pauses.all())
