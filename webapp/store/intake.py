"""Accepts calls, and moves planned ones: each is counted and stored in one transaction, one call at a
time, so that none bypasses a limit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, literal, null, select, update

from webapp.domain.calls import WINDOW, Call, CallStatus, Cause
from webapp.domain.consent import Agreement
from webapp.domain.hooks import event_of
from webapp.domain.limits import CallLimits, Tally
from webapp.domain.refusals import Reason, Refusal
from webapp.store.calls import cancel, log_cancelled, record
from webapp.store.engine import Database
from webapp.store.listen_notify import announce
from webapp.store.outbox import News, enqueue
from webapp.store.rows import call_of, evidence_of, plan_values, values_of
from webapp.store.suppressions import SuppressionRepository
from webapp.store.tables import call_events, call_evidence, calls
from webapp.store.tally import count_alone, tally_of


@dataclass(frozen=True, slots=True)
class AnotherTry:
    """A call that tries a busy phone again, and how often its wish may be tried."""

    call: Call
    limits: CallLimits
    times: int


class Intake:
    def __init__(self, database: Database, suppressions: SuppressionRepository) -> None:
        self._database = database
        self._suppressions = suppressions

    def add(self, call: Call, limits: CallLimits, agreement: Agreement) -> Call:
        """Commit a new call with the visitor's agreement and return it. If the site already has a call
        with the same request_id, return that one instead. A planned retry of the number is cancelled.

        Raises LimitReached, and StoreUnavailable if the call could not be counted or stored.
        """
        with self._database.write() as connection:
            count_alone(connection, self._database)
            # A repeated request gets its first call, even if a limit has been reached since.
            if stored := _stored(connection, call.request):
                return stored
            tally = self._require_room(connection, call, limits, agreement.token_id)
            cancelled = _cancel_retries(connection, tally.planned_retries, call.created_at)
            if len(cancelled) < len(tally.planned_retries):  # one has just begun to be dialled
                self._require_room(connection, call, limits, agreement.token_id)
            _insert(connection, call)
            evidence = evidence_of(call, agreement, self._suppressions.fingerprint)
            connection.execute(insert(call_evidence), evidence)
        log_cancelled(cancelled, Cause.REPLACED)
        return call

    def add_retry(self, connection: Connection, another: AnotherTry) -> None:
        """Store another try of a busy phone, with the first call's agreement, within the caller's
        transaction; unless the wish has had all of its tries. Raises LimitReached."""
        count_alone(connection, self._database)
        retry = another.call
        tries = select(func.count()).select_from(calls).where(calls.c.retry_of == retry.wish)
        if connection.execute(tries).scalar_one() >= another.times:
            return
        self._require_room(connection, retry, another.limits, None)
        first = call_evidence.c.call_id == retry.wish
        if connection.execute(select(call_evidence.c.call_id).where(first)).first() is None:
            return  # the person was forgotten meanwhile
        _insert(connection, retry)
        kept = [column for column in call_evidence.columns if column.name not in _OF_ONE_CALL]
        at = literal(retry.created_at, call_evidence.c.at.type)
        copied = select(literal(retry.id), null(), at, *kept).where(first)
        names = [*_OF_ONE_CALL, *(column.name for column in kept)]
        connection.execute(insert(call_evidence).from_select(names, copied))

    def move(
        self,
        call: Call,
        moved: Call,
        limits: CallLimits,
        now: datetime,
        cause: str,
        *,
        night: bool = False,
    ) -> Call:
        """Give a planned call the plan of `moved`. It keeps its id. One that is to ring now (`QUEUED`)
        waits until the pause of its number is over; `night` puts on record that the visitor wants that.

        Raises LimitReached, and Refusal if it was moved meanwhile, is being dialled or has ended.
        """
        with self._database.write() as connection:
            count_alone(connection, self._database)
            tally = tally_of(connection, replace(moved, created_at=now), limits)
            if moved.status is CallStatus.QUEUED and moved.plan:
                at = tally.at_once(limits.number_pause, now)
                plan = replace(moved.plan, at=at)
                moved = replace(moved, plan=plan, due_at=at, expires_at=at + WINDOW)
            if refusal := tally.refuses_move(moved, limits):
                raise refusal
            if not _update(connection, call, moved):
                raise Refusal(Reason.CALL_BEGUN)
            if night:
                mine = call_evidence.c.call_id == call.id
                connection.execute(update(call_evidence).where(mine).values(night=True))
            record(connection, [call.id], now, CallStatus.SCHEDULED, moved.status, cause)
            announce(connection)
        return moved

    def stored(self, request: tuple[str, str]) -> Call | None:
        """The existing call of this request (a site and a request_id), if any."""
        with self._database.read() as connection:
            return _stored(connection, request)

    def _require_room(
        self, connection: Connection, call: Call, limits: CallLimits, token_id: str | None
    ) -> Tally:
        tally = tally_of(connection, call, limits)
        tally.suppressed = bool(self._suppressions.among(connection, [call.phone]))
        tally.token_spent = _is_spent(connection, token_id)
        if refusal := tally.refuses(call, limits):
            raise refusal
        return tally


_OF_ONE_CALL = ("call_id", "token_id", "at")
"""What a retry's evidence does not have from the first call's."""


def _insert(connection: Connection, call: Call) -> None:
    connection.execute(insert(calls), values_of(call))
    connection.execute(
        insert(call_events),
        {"call_id": call.id, "at": call.created_at, "to_status": call.status},
    )
    event = event_of(None, call.status)
    enqueue(connection, [News(call.id, event, call.status, call.created_at)] if event else [])
    announce(connection)


def _update(connection: Connection, call: Call, moved: Call) -> bool:
    """False if `call` is no longer as it was read."""
    as_read = calls.c.status == CallStatus.SCHEDULED, calls.c.due_at == call.due_at
    return bool(
        connection.execute(
            update(calls)
            .where(calls.c.id == call.id, *as_read)
            .values(
                status=moved.status,
                menu_id=moved.menu_id,
                due_at=moved.due_at,
                expires_at=moved.expires_at,
                timezone=moved.timezone,
                **plan_values(moved.plan),
            )
        ).rowcount
    )


def _cancel_retries(connection: Connection, ids: list[str], now: datetime) -> list[str]:
    """Cancel the planned retries of a number that gets a new call."""
    return cancel(connection, calls.c.id.in_(ids), now, Cause.REPLACED) if ids else []


def _stored(connection: Connection, request: tuple[str, str]) -> Call | None:
    site, request_id = request
    row = connection.execute(
        select(calls).where(calls.c.site == site, calls.c.request_id == request_id)
    ).one_or_none()
    return call_of(row) if row else None


def _is_spent(connection: Connection, token_id: str | None) -> bool:
    """Whether the form's token has already been used for a call."""
    if token_id is None:
        return False
    known = select(call_evidence.c.token_id).where(call_evidence.c.token_id == token_id)
    return connection.execute(known).first() is not None
