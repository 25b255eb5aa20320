"""Monotonic counts of calls by final state: they survive deletions and corrections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, func, select

from webapp.domain.calls import FINAL, CallStatus
from webapp.store.engine import Database
from webapp.store.tables import calls, calls_deleted


def keep_count(
    connection: Connection, database: Database, ended: Iterable[tuple[str, str]]
) -> None:
    """Preserve the counts of calls that are deleted or settled again in this transaction; `ended` holds
    each one's site and old state."""
    statement = database.upsert(calls_deleted)
    statement = statement.on_conflict_do_update(
        index_elements=["site", "status"],
        set_={"count": calls_deleted.c.count + statement.excluded.count},
    )
    # Sorted, to avoid deadlocks between processes.
    rows = [
        {"site": site, "status": status, "count": count}
        for (site, status), count in sorted(Counter(ended).items())
    ]
    if rows:
        connection.execute(statement, rows)


def ended_calls(connection: Connection) -> Mapping[tuple[str, CallStatus], int]:
    existing = (
        select(calls.c.site, calls.c.status, func.count().label("times"))
        .where(calls.c.status.in_(FINAL))
        .group_by(calls.c.site, calls.c.status)
    )
    deleted = select(calls_deleted.c.site, calls_deleted.c.status, calls_deleted.c.count)
    ended: Counter[tuple[str, CallStatus]] = Counter()
    # One statement, so that a concurrently deleted call is counted once.
    for site, status, times in connection.execute(existing.union_all(deleted)):
        ended[site, CallStatus(status)] += times
    return ended
