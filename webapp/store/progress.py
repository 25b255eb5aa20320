"""The progress of calls, polled by visitors' pages."""

from __future__ import annotations

from sqlalchemy import select

from webapp.domain.calls import CallStatus, Progress, is_call_id
from webapp.store.engine import Database
from webapp.store.tables import calls

# Only the needed columns.
_PROGRESS = select(
    calls.c.id,
    calls.c.site,
    calls.c.receptionist,
    calls.c.status,
    calls.c.created_at,
    calls.c.expires_at,
    calls.c.locale,
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
        key, site, receptionist, status, created_at, expires_at, locale = row
        return Progress(key, site, receptionist, CallStatus(status), created_at, expires_at, locale)
