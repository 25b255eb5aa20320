"""Planned calls that cannot be placed as promised."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from webapp.domain.calls import Call
from webapp.domain.clock import Clock
from webapp.domain.promises import broken_promises
from webapp.domain.site.hours import Holidays
from webapp.domain.site.model import Site
from webapp.errors import ConfigurationError
from webapp.store.engine import Database
from webapp.store.holidays import HolidayRepository
from webapp.store.planned import PlannedCalls
from webapp.store.sites import SiteRepository


def list_broken(database: Database, clock: Clock, site: str | None) -> list[tuple[Call, str]]:
    """The planned calls of a site, or of all (None), that cannot be kept, each with the code of the
    cause. Raises StoreUnavailable."""
    sites, holidays = SiteRepository(database, clock).all(), HolidayRepository(database).all()
    planned = [call for call in PlannedCalls(database).all() if site in (None, call.site)]
    return broken_promises(planned, sites, holidays)


class Review:
    """Looks at the planned calls of sites that are about to change: they are kept, or cancelled where
    the operator says so, or else the change is refused."""

    def __init__(self, sites: Mapping[str, Site], holidays: Holidays, *, cancel: bool) -> None:
        self._sites = sites
        self._holidays = holidays
        self._cancel = cancel

    def __call__(self, planned: Collection[Call]) -> list[Call]:
        """The calls to cancel. Raises ConfigurationError, which names the calls."""
        broken = broken_promises(planned, self._sites, self._holidays)
        if broken and not self._cancel:
            raise ConfigurationError(
                [
                    *(
                        f"{call.site}: the planned call {call.id} of"
                        f" {call.due_at:%Y-%m-%d %H:%M} UTC could not be placed ({why})"
                        for call, why in broken
                    ),
                    "nothing was changed; --cancel-planned cancels these calls",
                ]
            )
        return [call for call, _ in broken]
