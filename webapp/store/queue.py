"""The dispatchers' queue: a view of the table of calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from webapp.domain.calls import Call, CallStatus, Cause, check_transition
from webapp.domain.limits import LimitReached
from webapp.domain.refusals import Reason
from webapp.store.calls import log_cancelled, move, record
from webapp.store.engine import Database
from webapp.store.intake import AnotherTry, Intake
from webapp.store.pauses import is_paused
from webapp.store.rows import call_of
from webapp.store.suppressions import SUPPRESSED, SuppressionRepository
from webapp.store.tables import calls


class CallQueue:
    def __init__(self, database: Database, suppressions: SuppressionRepository) -> None:
        self._database = database
        self._suppressions = suppressions
        self._intake = Intake(database, suppressions)

    def claim(self, owner: str, now: datetime, lease: timedelta, limit: int) -> list[Call]:
        """Claim up to `limit` due calls for `owner`: queued → dialing, committed before dialling.

        Two dispatchers never get the same call: SQLite has one writer at a time, and PostgreSQL skips
        locked rows. A call whose number was suppressed after it was accepted is cancelled.
        """
        due = (
            select(calls.c.id)
            .where(
                calls.c.status == CallStatus.QUEUED,
                # After the clock was set back, calls accepted before that are due all the same.
                or_(
                    calls.c.due_at <= now,
                    and_(calls.c.created_at > now, calls.c.due_at == calls.c.created_at),
                ),
                calls.c.expires_at > now,
                ~is_paused(),
            )
            .order_by(calls.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")  # selected once: PostgreSQL may run a subquery again for each row
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
            cancelled = self._cancel_suppressed(connection, rows, now) if rows else set()
            claimed = [call_of(row) for row in rows if row.id not in cancelled]
            ids = [call.id for call in claimed]
            record(connection, ids, now, CallStatus.QUEUED, CallStatus.DIALING)
        log_cancelled(cancelled, SUPPRESSED)
        return claimed

    def _cancel_suppressed(
        self, connection: Connection, rows: Sequence[Row[Any]], now: datetime
    ) -> set[str]:
        """Cancel those of these queued calls whose number must not be called."""
        suppressed = self._suppressions.among(connection, {row.phone for row in rows})
        ids = {row.id for row in rows if row.phone in suppressed}
        if ids:
            theirs = calls.c.id.in_(ids)
            move(connection, theirs, CallStatus.QUEUED, CallStatus.CANCELLED, now, SUPPRESSED)
        return ids

    def extend_leases(self, owner: str, call_ids: Sequence[str], until: datetime) -> None:
        """Heartbeat: `owner` still waits for the vendor's answer to these calls."""
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

    def settle(
        self,
        call: Call,
        status: CallStatus,
        now: datetime,
        reason: str = "",
        another: AnotherTry | None = None,
    ) -> bool:
        """End a call that `call.lease_owner` dialled, and plan `another` try with it. If a limit forbids
        that, the call keeps the limit's code as its reason. False if the lease was lost meanwhile."""
        return self._leave_dialing(call, status, now, reason, due_at=call.due_at, another=another)

    def requeue(self, call: Call, due_at: datetime, now: datetime, reason: str) -> bool:
        """Requeue a call that never reached the vendor, to be retried at `due_at`."""
        return self._leave_dialing(call, CallStatus.QUEUED, now, reason, due_at=due_at)

    def expire_overdue(self, now: datetime) -> list[tuple[str, str]]:
        """queued or scheduled → expired for calls that cannot be dialled within their window. Returns
        their ids, each with the reason."""
        overdue = or_(calls.c.expires_at <= now, calls.c.due_at >= calls.c.expires_at)
        # A promise that is broken says why.
        promised = and_(overdue, calls.c.planned_at.is_not(None))
        causes: tuple[tuple[ColumnElement[bool], str], ...] = (
            (and_(promised, is_paused()), Reason.PAUSED.code),
            (and_(promised, calls.c.attempt > 0), Reason.VENDOR_DOWN.code),
            (overdue, Cause.WINDOW_CLOSED),
        )
        return [
            (call_id, why)
            for old in (CallStatus.SCHEDULED, CallStatus.QUEUED)
            for which, why in causes
            for call_id in self._sweep(
                and_(calls.c.status == old, which), old, CallStatus.EXPIRED, now, why
            )
        ]

    def end_lost_leases(self, now: datetime) -> list[str]:
        """dialing → unknown for all calls with an expired lease, as their phones may have rung. Returns
        their ids."""
        lost = and_(calls.c.status == CallStatus.DIALING, calls.c.lease_expires_at <= now)
        return self._sweep(lost, CallStatus.DIALING, CallStatus.UNKNOWN, now, "lease_expired")

    def _leave_dialing(
        self,
        call: Call,
        status: CallStatus,
        now: datetime,
        reason: str,
        due_at: datetime,
        another: AnotherTry | None = None,
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
            if changed and another:
                reason = self._plan(connection, call, another) or reason
            if changed:
                record(connection, [call.id], now, CallStatus.DIALING, status, reason)
        return bool(changed)

    def _plan(self, connection: Connection, call: Call, another: AnotherTry) -> str:
        """Plan another try of `call`. Returns the code of the limit that forbids it, if one does."""
        try:
            self._intake.add_retry(connection, another)
        except LimitReached as refusal:
            code = refusal.reason.code
            connection.execute(update(calls).where(calls.c.id == call.id).values(reason=code))
            return code
        return ""

    def _sweep(
        self,
        which: ColumnElement[bool],
        old: CallStatus,
        new: CallStatus,
        now: datetime,
        reason: str,
    ) -> list[str]:
        with self._database.write() as connection:
            return move(connection, which, old, new, now, reason)
