"""How far calls are, as visitors' pages ask again and again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from webapp.domain.calls import CallStatus, Progress
from webapp.store.engine import Database
from webapp.store.tables import calls
from webapp.store.together import Together

# Built once, and no wider than need be.
_PROGRESS = select(
    calls.c.id,
    calls.c.site,
    calls.c.receptionist,
    calls.c.status,
    calls.c.expires_at,
    calls.c.locale,
).where(calls.c.id.in_(bindparam("call_ids", expanding=True)))


class ProgressRepository:
    """Many visitors wait at the same time: who asks during a query shares the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = Together(self._read_all)

    def get(self, call_id: str) -> Progress | None:
        return self._read(call_id)

    def _read_all(self, call_ids: Sequence[str]) -> Sequence[Progress | None]:
        with self._database.read() as connection:
            rows = connection.execute(_PROGRESS, {"call_ids": call_ids}).all()
        found = {
            key: Progress(key, site, receptionist, CallStatus(status), expires_at, locale)
            for key, site, receptionist, status, expires_at, locale in rows
        }
        return [found.get(call_id) for call_id in call_ids]
