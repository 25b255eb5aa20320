"""The operator's search for calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from webapp.domain.calls import Call, CallStatus
from webapp.store.engine import Database
from webapp.store.rows import call_of
from webapp.store.tables import calls


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Selects calls that match all fields; None matches any value. `phone` is E.164; `since` is
    inclusive, `until` exclusive."""

    site: str | None = None
    phone: str | None = None
    status: CallStatus | None = None
    since: datetime | None = None
    until: datetime | None = None


class CallSearch:
    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, wanted: CallFilter, limit: int) -> list[Call]:
        """The newest `limit` matching calls, newest first."""
        query = (
            select(calls)
            .where(*_conditions(wanted))
            .order_by(calls.c.created_at.desc(), calls.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [call_of(row) for row in connection.execute(query)]


def _conditions(wanted: CallFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.site is not None:
        yield calls.c.site == wanted.site
    if wanted.phone is not None:
        yield calls.c.phone == wanted.phone
    if wanted.status is not None:
        yield calls.c.status == wanted.status
    if wanted.since is not None:
        yield calls.c.created_at >= wanted.since
    if wanted.until is not None:
        yield calls.c.created_at < wanted.until
