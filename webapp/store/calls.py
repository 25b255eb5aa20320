"""Calls in the database: the table is the queue, and its rows are the only truth.

Each change of a call's state is one conditional UPDATE, one row in `call_events` and what its site's
owner is told of it, committed together; an UPDATE that finds the call no longer as expected changes
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from webapp.domain.calls import Call, CallStatus, check_transition
from webapp.domain.hooks import event_of
from webapp.events import get_logger
from webapp.store.engine import Database
from webapp.store.outbox import News, post
from webapp.store.pauses import is_paused
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

    def events(self, call_id: str) -> list[CallEvent]:
        """The call's life so far, oldest first."""
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

    def claim(self, owner: str, now: datetime, lease: timedelta, most: int) -> list[Call]:
        """Take up to `most` due calls for `owner`: queued → dialing, committed before anyone dials.

        Two dispatchers never get the same call: on SQLite one writes at a time, on PostgreSQL the
        rows that another is claiming are skipped.
        """
        due = (
            select(calls.c.id)
            .where(
                calls.c.status == CallStatus.QUEUED,
                calls.c.due_at <= now,
                calls.c.expires_at > now,
                ~is_paused(),
            )
            .order_by(calls.c.due_at)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("due")  # looked for once: PostgreSQL may run a subquery again for each row
        )
        with self._database.write() as connection:
            rows = connection.execute(
                update(calls)
                .where(calls.c.id.in_(select(due.c.id)), calls.c.status == CallStatus.QUEUED)
                .values(
                    status=CallStatus.DIALING,
                    attempt=calls.c.attempt + 1,
                    lease_owner=owner,
                    lease_expires_at=now + lease,
                )
                .returning(calls)
            ).all()
            ids = [row.id for row in rows]
            record(connection, ids, now, CallStatus.QUEUED, CallStatus.DIALING)
        return [call_of(row) for row in rows]

    def extend_leases(self, owner: str, call_ids: Sequence[str], until: datetime) -> None:
        """The heartbeat: `owner` is still waiting for the vendor's answer to these calls."""
        with self._database.write() as connection:
            connection.execute(
                update(calls)
                .where(
                    calls.c.id.in_(call_ids),
                    calls.c.status == CallStatus.DIALING,
                    calls.c.lease_owner == owner,
                )
                .values(lease_expires_at=until)
            )

    def settle(self, call: Call, status: CallStatus, now: datetime, reason: str = "") -> bool:
        """End a call that `call.lease_owner` dialled. False when the lease was lost meanwhile."""
        return self._leave_dialing(call, status, now, reason, due_at=call.due_at)

    def requeue(self, call: Call, due_at: datetime, now: datetime, reason: str) -> bool:
        """Put back a call that surely never reached the vendor, to be tried again at `due_at`."""
        return self._leave_dialing(call, CallStatus.QUEUED, now, reason, due_at=due_at)

    def expire_overdue(self, now: datetime) -> list[str]:
        """queued → expired for all that cannot be dialled within their window; answers their ids."""
        overdue = and_(
            calls.c.status == CallStatus.QUEUED,
            or_(calls.c.expires_at <= now, calls.c.due_at >= calls.c.expires_at),
        )
        return self._sweep(overdue, CallStatus.QUEUED, CallStatus.EXPIRED, now, "window_closed")

    def end_lost_leases(self, now: datetime) -> list[str]:
        """dialing → unknown for all whose dispatcher fell silent: their phones may have rung."""
        lost = and_(calls.c.status == CallStatus.DIALING, calls.c.lease_expires_at <= now)
        return self._sweep(lost, CallStatus.DIALING, CallStatus.UNKNOWN, now, "lease_expired")

    def _leave_dialing(
        self,
        call: Call,
        status: CallStatus,
        now: datetime,
        reason: str,
        due_at: datetime,
    ) -> bool:
        check_transition(CallStatus.DIALING, status)
        with self._database.write() as connection:
            changed = connection.execute(
                update(calls)
                .where(
                    calls.c.id == call.id,
                    calls.c.status == CallStatus.DIALING,
                    calls.c.lease_owner == call.lease_owner,
                    calls.c.attempt == call.attempt,
                )
                .values(
                    status=status,
                    reason=reason,
                    due_at=due_at,
                    lease_owner=None,
                    lease_expires_at=None,
                )
            ).rowcount
            if changed:
                record(connection, [call.id], now, CallStatus.DIALING, status, reason)
        return bool(changed)

    def _sweep(
        self,
        which: ColumnElement[bool],
        old: CallStatus,
        new: CallStatus,
        now: datetime,
        reason: str,
    ) -> list[str]:
        with self._database.write() as connection:
            return _move(connection, which, old, new, now, reason)


def cancel(connection: Connection, numbers: Sequence[str], now: datetime, reason: str) -> list[str]:
    """Cancel what waits to be dialled to these numbers, within a transaction of the caller's, who logs
    it once that is committed; answers the calls' ids."""
    ids: list[str] = []
    for waiting in (CallStatus.QUEUED, CallStatus.SCHEDULED):
        theirs = and_(calls.c.phone.in_(numbers), calls.c.status == waiting)
        ids += _move(connection, theirs, waiting, CallStatus.CANCELLED, now, reason)
    return ids


def log_cancelled(call_ids: Iterable[str], reason: str) -> None:
    for call_id in call_ids:
        _log.info("settled", call=call_id, status=CallStatus.CANCELLED.value, reason=reason)


def _move(
    connection: Connection,
    which: ColumnElement[bool],
    old: CallStatus,
    new: CallStatus,
    now: datetime,
    reason: str,
) -> list[str]:
    """Change the state of these calls, which are all `old`; answers their ids."""
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
    """Write a change of these calls' state down, in the transaction that makes it."""
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
        if event := event_of(old, new):
            post(connection, [News(one, event, new, at, reason) for one in call_ids])
