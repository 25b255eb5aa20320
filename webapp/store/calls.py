"""Calls in the database, the only source of truth.

Each change of a call's state is one conditional UPDATE, one row in `call_events` and the message to the
site's owner, committed together. If the call is in another state, the UPDATE changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from webapp.domain.calls import Call, CallStatus, check_transition
from webapp.domain.hooks import event_of
from webapp.log import get_logger
from webapp.store.engine import Database
from webapp.store.outbox import News, enqueue
from webapp.store.rows import call_of
from webapp.store.tables import call_events, calls

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One change of a call's state; `old` is None for the first."""

    at: datetime
    old: CallStatus | None
    new: CallStatus
    reason: str


class CallRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, call_id: str) -> Call | None:
        with self._database.read() as connection:
            row = connection.execute(select(calls).where(calls.c.id == call_id)).one_or_none()
        return call_of(row) if row else None

    def cancel(self, call_id: str, now: datetime, reason: str) -> bool:
        """Cancel a call that waits. False if it does not, unless it is cancelled already."""
        with self._database.write() as connection:
            cancelled = cancel(connection, calls.c.id == call_id, now, reason)
            now_is = connection.scalar(select(calls.c.status).where(calls.c.id == call_id))
        log_cancelled(cancelled, reason)
        return now_is == CallStatus.CANCELLED

    def events(self, call_id: str) -> list[CallEvent]:
        """The call's changes of state, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(call_events)
                .where(call_events.c.call_id == call_id)
                .order_by(call_events.c.id)
            ).all()
        return [
            CallEvent(
                at=row.at,
                old=CallStatus(row.from_status) if row.from_status else None,
                new=CallStatus(row.to_status),
                reason=row.reason,
            )
            for row in rows
        ]


def cancel(
    connection: Connection, which: ColumnElement[bool], now: datetime, reason: str
) -> list[str]:
    """Cancel those of these calls that wait, within the caller's transaction. Returns their ids, which
    the caller passes to `log_cancelled` after the commit."""
    ids: list[str] = []
    # In the order that calls go: one that is being queued meanwhile is seen in its second state.
    for waiting in (CallStatus.SCHEDULED, CallStatus.QUEUED):
        theirs = and_(which, calls.c.status == waiting)
        ids += move(connection, theirs, waiting, CallStatus.CANCELLED, now, reason)
    return ids


def log_cancelled(call_ids: Iterable[str], reason: str) -> None:
    for call_id in call_ids:
        _log.info("settled", call=call_id, status=CallStatus.CANCELLED.value, reason=reason)


def move(
    connection: Connection,
    which: ColumnElement[bool],
    old: CallStatus,
    new: CallStatus,
    now: datetime,
    reason: str,
) -> list[str]:
    """Change the state of these calls, which are all `old`. Returns their ids."""
    check_transition(old, new)
    ids = list(
        connection.scalars(
            update(calls)
            .where(which)
            .values(status=new, reason=reason, lease_owner=None, lease_expires_at=None)
            .returning(calls.c.id)
        )
    )
    record(connection, ids, now, old, new, reason)
    return ids


def record(
    connection: Connection,
    call_ids: Collection[str],
    at: datetime,
    old: CallStatus,
    new: CallStatus,
    reason: str = "",
) -> None:
    """Record a change of these calls' state, in the same transaction."""
    rows = [
        {
            "call_id": call_id,
            "at": at,
            "from_status": old,
            "to_status": new,
            "reason": reason,
        }
        for call_id in call_ids
    ]
    if rows:
        connection.execute(insert(call_events), rows)
        if event := event_of(old, new, reason):
            enqueue(connection, [News(call_id, event, new, at, reason) for call_id in call_ids])
