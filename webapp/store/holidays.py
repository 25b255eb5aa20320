"""The dates of public holidays, by calendar."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy import delete, select

from webapp.domain.site.hours import Holidays
from webapp.store.engine import Database
from webapp.store.tables import holidays


class HolidayRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Holidays:
        with self._database.read() as connection:
            rows = connection.execute(select(holidays)).all()
        days: defaultdict[str, set[date]] = defaultdict(set)
        for row in rows:
            days[row.calendar].add(row.day)
        return {calendar: frozenset(dates) for calendar, dates in days.items()}

    def replace(self, dates: Holidays) -> None:
        """Store the dates of these calendars in place of those before. Several processes may do so at
        once."""
        rows = [
            {"calendar": calendar, "day": day}
            for calendar, days in sorted(dates.items())
            for day in sorted(days)
        ]
        with self._database.write() as connection:
            connection.execute(delete(holidays).where(holidays.c.calendar.in_(list(dates))))
            if rows:
                insert = self._database.upsert(holidays).on_conflict_do_nothing()
                connection.execute(insert, rows)
