"""A person's wish never to be called."""

from __future__ import annotations

from webapp.domain.reading import all_readings
from webapp.domain.suppression import Source
from webapp.events import get_logger
from webapp.store.sites import SiteCache
from webapp.store.suppressions import SuppressionRepository

_log = get_logger(__name__)


class OptOut:
    def __init__(self, suppressions: SuppressionRepository, sites: SiteCache) -> None:
        self._suppressions = suppressions
        self._sites = sites

    def __call__(self, typed: str) -> None:
        """Suppress every number that the text may mean in a region of our sites.

        Raises PhoneError, and StoreUnavailable if the number could not be stored.
        """
        self._suppressions.add(all_readings(typed, self._sites.regions()), Source.PERSON)
        _log.info("a person's number was suppressed")
