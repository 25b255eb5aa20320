"""How far calls are, as visitors' pages ask again and again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from webapp.domain.calls import CallStatus, Progress, is_call_id
from webapp.store.batching import Batcher
from webapp.store.engine import Database, StoreUnavailable
from webapp.store.faults import StoreFault
from webapp.store.tables import calls

PATIENCE_SECONDS = 5.0
"""How long a request waits for others' queries: a database that hangs must not hold every thread."""

# Built once, and no wider than need be.
_PROGRESS = select(
    calls.c.id,
    calls.c.site,
    calls.c.receptionist,
    calls.c.status,
    calls.c.created_at,
    calls.c.expires_at,
    calls.c.locale,
).where(calls.c.id.in_(bindparam("call_ids", expanding=True)))


class ProgressRepository:
    """Many visitors wait at the same time: requests that arrive during a query share the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = Batcher(self._read_all, patience=PATIENCE_SECONDS)

    def get(self, call_id: str) -> Progress | None:
        """Raises StoreUnavailable."""
        if not is_call_id(call_id):
            return None  # one that the database cannot take would fail the others' queries too
        try:
            return self._read(call_id)
        except TimeoutError:
            raise StoreUnavailable(
                "the database has not answered those who asked before", StoreFault.BUSY
            ) from None

    def _read_all(self, call_ids: Sequence[str]) -> Sequence[Progress | None]:
        with self._database.read() as connection:
            rows = connection.execute(_PROGRESS, {"call_ids": call_ids}).all()
        found = {
            key: Progress(
                key, site, receptionist, CallStatus(status), created_at, expires_at, locale
            )
            for key, site, receptionist, status, created_at, expires_at, locale in rows
        }
        return [found.get(call_id) for call_id in call_ids]
