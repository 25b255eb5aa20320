"""Paused sites, which accept and dial no calls for now."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, exists, select

from webapp.domain.clock import Clock
from webapp.store.engine import Database
from webapp.store.tables import calls, pauses

ALL = "*"
"""Means every site; no site can have this key."""


class PauseRepository:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def pause(self, site: str) -> bool:
        """Pause a site or ALL; False if already paused."""
        with self._database.write() as connection:
            row = self._database.upsert(pauses).values(site=site, since=self._clock())
            return bool(connection.execute(row.on_conflict_do_nothing()).rowcount)

    def resume(self, site: str) -> bool:
        """Lift a pause; False if there was none. ALL lifts only the pause of ALL, not those of sites."""
        with self._database.write() as connection:
            return bool(connection.execute(delete(pauses).where(pauses.c.site == site)).rowcount)

    def all(self) -> set[str]:
        with self._database.read() as connection:
            return set(connection.scalars(select(pauses.c.site)))


def is_paused() -> ColumnElement[bool]:
    """An SQL condition: whether the site of a row of `calls` is paused."""
    return exists().where(pauses.c.site.in_([calls.c.site, ALL]))
