"""The counts of refused requests, by reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.domain.clock import Clock
from webapp.domain.refusals import meaning_of
from webapp.store.engine import Database
from webapp.store.refusals import RefusalRepository


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """`site` is empty if the request named none; `meaning` is empty for a code of another version."""

    hour: datetime
    site: str
    code: str
    count: int
    meaning: str


def refusals_of(
    database: Database, clock: Clock, site: str | None, hours: int
) -> list[RefusalCount]:
    """The counts of the last `hours`, of one site or of all (None). Raises StoreUnavailable."""
    found = RefusalRepository(database).since(clock() - timedelta(hours=hours), site)
    return [
        RefusalCount(key.hour, key.site, key.reason, count, meaning_of(key.reason))
        for key, count in found.items()
    ]
