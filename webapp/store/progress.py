"""The progress of calls, polled by visitors' pages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, select

from webapp.domain.calls import CallStatus, PlannedRetry, Progress, is_call_id
from webapp.store.engine import Database
from webapp.store.rows import plan_of
from webapp.store.tables import calls

# Only the needed columns.
_PROGRESS: Select[*tuple[Any, ...]] = select(
    calls.c.id,
    calls.c.site,
    calls.c.receptionist,
    calls.c.status,
    calls.c.created_at,
    calls.c.expires_at,
    calls.c.locale,
    calls.c.phone,
    calls.c.timezone,
    calls.c.planned_at,
    calls.c.wall_time,
    calls.c.retry_of,
)


class ProgressRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, call_id: str) -> Progress | None:
        """Raises StoreUnavailable."""
        if not is_call_id(call_id):
            return None  # PostgreSQL takes no text with a NUL
        with self._database.read() as connection:
            row = connection.execute(_PROGRESS.where(calls.c.id == call_id)).one_or_none()
            if row is None:
                return None
            return Progress(
                id=row.id,
                site=row.site,
                receptionist=row.receptionist,
                status=CallStatus(row.status),
                created_at=row.created_at,
                expires_at=row.expires_at,
                locale=row.locale,
                phone=row.phone,
                timezone=row.timezone,
                plan=plan_of(row),
                retry_of=row.retry_of,
                retry=_retry(connection, row) if row.status == CallStatus.BUSY else None,
            )


def _retry(connection: Connection, row: Row[*tuple[Any, ...]]) -> PlannedRetry | None:
    """The next call of a busy call's wish."""
    next_one = (
        select(calls.c.id, calls.c.planned_at, calls.c.status)
        .where(
            calls.c.retry_of == (row.retry_of or row.id),
            calls.c.planned_at > (row.planned_at or row.created_at),
        )
        .order_by(calls.c.planned_at)
        .limit(1)
    )
    found = connection.execute(next_one).one_or_none()
    if found is None:
        return None
    return PlannedRetry(found.id, found.planned_at, not CallStatus(found.status).final)
