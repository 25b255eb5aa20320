"""Stores the vendor's report with the call that it is about."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, func, select, update

from webapp.domain.calls import CallStatus, check_transition
from webapp.domain.hooks import HookEvent
from webapp.domain.post_call import LOOK_BACK, SLACK, PostCall, PostCallResult
from webapp.store.calls import record
from webapp.store.ended import keep_count
from webapp.store.engine import Database
from webapp.store.outbox import News, enqueue
from webapp.store.tables import calls

REASON = "post_call"
_ENDED = {"reason": REASON, "lease_owner": None, "lease_expires_at": None}
_RANG_AT = func.coalesce(calls.c.planned_at, calls.c.created_at)
_LATEST_RING = case((calls.c.planned_at.is_(None), calls.c.created_at), else_=calls.c.expires_at)
"""A planned call rings until its slot ends."""
_OPEN = (CallStatus.UNKNOWN, CallStatus.CONNECTED)


class PostCallRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, site: str, report: PostCall, now: datetime) -> tuple[PostCallResult, str]:
        """Settle the call that this report is about, if any, and store its talk time. Also returns the
        call's id, empty if there is none.

        `clickto.vr` accepts no reference of ours, so the call is matched by number and time: the latest
        one without a report that can have lasted so long.
        """
        with self._database.write() as connection:
            if call_id := _known(connection, site, report, now):
                return PostCallResult.REPEATED, call_id
            found = _find(connection, site, report, now)
            if found is None:
                return PostCallResult.UNKNOWN, ""
            return self._write(connection, site, *found, report, now), found[0]

    def _write(
        self,
        connection: Connection,
        site: str,
        call_id: str,
        old: CallStatus,
        report: PostCall,
        now: datetime,
    ) -> PostCallResult:
        new = _status_after(old, report)
        # A concurrent second report waits for the row's lock and then changes nothing.
        changed = connection.execute(
            update(calls)
            .where(calls.c.id == call_id, calls.c.talk_seconds.is_(None), calls.c.status == old)
            .values(
                status=new,
                talk_seconds=report.seconds,
                vendor_call=report.reference,
                **({} if new is old else _ENDED),
            )
        ).rowcount
        if not changed:
            return PostCallResult.REPEATED
        if new is not old:
            check_transition(old, new)
            record(connection, [call_id], now, old, new, REASON)
            if old.final:  # counters never fall, so the old state stays counted
                keep_count(connection, self._database, [(site, old)])
        enqueue(connection, [News(call_id, HookEvent.COMPLETED, new, now, REASON, report.seconds)])
        return PostCallResult.NOTED if new is old else PostCallResult.SETTLED


def _known(connection: Connection, site: str, report: PostCall, now: datetime) -> str | None:
    """The id of the call that this report is already stored with, if any. Matched by the vendor's call
    id, however old; if the report has none, by number and seconds."""
    same: tuple[ColumnElement[bool], ...]
    if report.reference:
        of_phone = calls.c.phone.in_(report.phones)
        same = (calls.c.site == site, of_phone, calls.c.vendor_call == report.reference)
    else:
        same = (*_recent(site, report, now), calls.c.talk_seconds == report.seconds)
    call_id: str | None = connection.scalar(select(calls.c.id).where(*same).limit(1))
    return call_id


def _find(
    connection: Connection, site: str, report: PostCall, now: datetime
) -> tuple[str, CallStatus] | None:
    latest = now - timedelta(seconds=report.seconds) + SLACK
    # The answer to an order may be lost. Talk time proves that the call was connected.
    states = (*_OPEN, CallStatus.DIALING) if report.seconds else _OPEN
    query = (
        select(calls.c.id, calls.c.status)
        .where(
            *_recent(site, report, now),
            calls.c.status.in_(states),
            calls.c.talk_seconds.is_(None),
            latest >= _RANG_AT,
        )
        .order_by(calls.c.status == CallStatus.DIALING, _RANG_AT.desc())
        .limit(1)
        .with_for_update()
    )
    row = connection.execute(query).one_or_none()
    return (row.id, CallStatus(row.status)) if row else None


def _recent(site: str, report: PostCall, now: datetime) -> tuple[ColumnElement[bool], ...]:
    earliest = now - timedelta(seconds=report.seconds) - LOOK_BACK
    return (
        calls.c.site == site,
        calls.c.phone.in_(report.phones),
        earliest <= _LATEST_RING,
    )


def _status_after(old: CallStatus, report: PostCall) -> CallStatus:
    """Unchanged if the report shows neither talk time nor a busy line."""
    if old is CallStatus.UNKNOWN and report.busy:
        return CallStatus.BUSY
    return CallStatus.CONNECTED if report.seconds else old
