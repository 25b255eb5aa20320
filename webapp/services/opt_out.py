"""A person's opt-out from all calls."""

from __future__ import annotations

from webapp.domain.site.model import readings_of
from webapp.domain.suppression import Source
from webapp.log import get_logger
from webapp.services.sites import SiteCache
from webapp.store.suppressions import SuppressionRepository

_log = get_logger(__name__)


class OptOut:
    def __init__(self, suppressions: SuppressionRepository, sites: SiteCache) -> None:
        self._suppressions = suppressions
        self._sites = sites

    def __call__(self, typed: str) -> None:
        """Suppress every number that the text may mean on any of our sites.

        Raises PhoneError, and StoreUnavailable if the number could not be stored.
        """
        self._suppressions.add(readings_of(typed, self._sites.all()), Source.PERSON)
        _log.info("a person's number was suppressed")
