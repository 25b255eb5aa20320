"""Counts of refused requests by site, reason and hour, for charts and alerts, without phone numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.store.engine import Database
from webapp.store.tables import call_refusals


@dataclass(frozen=True, slots=True, order=True)
class RefusalKey:
    """Refusals are counted per key. `hour` is its start in UTC; `site` is empty if unknown."""

    hour: datetime
    site: str
    reason: str


class RefusalRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, counts: Mapping[RefusalKey, int]) -> None:
        """Raises StoreUnavailable; then nothing was added."""
        statement = self._database.upsert(call_refusals)
        statement = statement.on_conflict_do_update(
            index_elements=["site", "reason", "hour"],
            set_={"count": call_refusals.c.count + statement.excluded.count},
        )
        # Sorted, to avoid deadlocks between processes.
        rows = [
            {"site": key.site, "reason": key.reason, "hour": key.hour, "count": count}
            for key, count in sorted(counts.items())
        ]
        with self._database.write() as connection:
            connection.execute(statement, rows)

    def since(self, hour: datetime, site: str | None = None) -> dict[RefusalKey, int]:
        """The counts since that hour, oldest first, of one site or of all."""
        query = select(call_refusals, call_refusals.c.count.label("times")).where(
            call_refusals.c.hour >= hour
        )
        if site is not None:
            query = query.where(call_refusals.c.site == site)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(call_refusals.c.hour)).all()
        return {RefusalKey(row.hour, row.site, row.reason): row.times for row in rows}
