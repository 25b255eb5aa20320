"""Totals about the whole installation, from the table of calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from webapp.domain.calls import CallStatus
from webapp.domain.limits import DAY
from webapp.store.ended import ended_calls
from webapp.store.engine import Database
from webapp.store.pauses import is_paused
from webapp.store.tables import calls


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of all processes at one moment.

    `ended` counts calls by site and final state and never decreases: deleted calls still count, and a
    call that was `unknown` before it was settled counts twice.
    `waiting_since` is when the longest-due call of an unpaused site became due; None without one.
    """

    ended: Mapping[tuple[str, CallStatus], int]
    in_flight: int
    queued: int
    scheduled: int
    waiting_since: datetime | None
    last_day: Mapping[str, int]


class TotalsRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, now: datetime) -> Totals:
        """Raises StoreUnavailable."""
        with self._database.read() as connection:
            due = calls.c.status == CallStatus.QUEUED, calls.c.due_at <= now, ~is_paused()
            return Totals(
                ended=ended_calls(connection),
                in_flight=_count(connection, CallStatus.DIALING),
                queued=_count(connection, CallStatus.QUEUED),
                scheduled=_count(connection, CallStatus.SCHEDULED),
                waiting_since=connection.scalar(select(func.min(calls.c.due_at)).where(*due)),
                last_day=_by_site(connection, now - DAY),
            )


def _count(connection: Connection, status: CallStatus) -> int:
    query = select(func.count()).select_from(calls).where(calls.c.status == status)
    return connection.execute(query).scalar_one()


def _by_site(connection: Connection, since: datetime) -> dict[str, int]:
    query = select(calls.c.site, func.count().label("times")).where(calls.c.created_at > since)
    return {row.site: row.times for row in connection.execute(query.group_by(calls.c.site))}
