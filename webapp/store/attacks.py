"""Which sites are under attack, shared by all processes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, select

from webapp.domain.clock import Clock
from webapp.store.engine import Database
from webapp.store.tables import alarms


class AttackRepository:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def ring(self, site: str, level: int, hold: timedelta) -> None:
        """Mark the site as under attack for `hold`; a higher level that has not expired stays."""
        now: datetime = self._clock()
        statement = self._database.upsert(alarms).values(site=site, level=level, until=now + hold)
        new = statement.excluded
        higher = (alarms.c.until > now) & (alarms.c.level > new.level)
        with self._database.write() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["site"],
                    set_={
                        "level": case((higher, alarms.c.level), else_=new.level),
                        "until": case((higher, alarms.c.until), else_=new.until),
                    },
                )
            )

    def all(self) -> dict[str, int]:
        """The level of each site under attack now."""
        query = select(alarms.c.site, alarms.c.level).where(alarms.c.until > self._clock())
        with self._database.read() as connection:
            return {row.site: row.level for row in connection.execute(query)}
