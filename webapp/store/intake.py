"""Accepts calls: each is counted and stored in one transaction, one call at a time, so that none
bypasses a limit."""

from __future__ import annotations

from sqlalchemy import Connection, case, func, insert, select

from webapp.domain.calls import Call
from webapp.domain.consent import Agreement
from webapp.domain.hooks import HookEvent
from webapp.domain.limits import DAY, HOUR, CallLimits, Tally
from webapp.store.engine import Database
from webapp.store.listen_notify import announce
from webapp.store.outbox import News, enqueue
from webapp.store.rows import call_of, evidence_of, values_of
from webapp.store.suppressions import SuppressionRepository
from webapp.store.tables import call_events, call_evidence, calls

_INTAKE_LOCK = 0x63616C6C73
"""The key of an advisory lock in PostgreSQL: any number that nothing else uses."""


class Intake:
    def __init__(self, database: Database, suppressions: SuppressionRepository) -> None:
        self._database = database
        self._suppressions = suppressions

    def add(self, call: Call, limits: CallLimits, agreement: Agreement) -> Call:
        """Commit a new call with the visitor's agreement and return it. If the site already has a call
        with the same request_id, return that one instead.

        Raises LimitReached, and StoreUnavailable if the call could not be counted or stored.
        """
        with self._database.write() as connection:
            if not self._database.is_sqlite:  # SQLite has one writer at a time anyway
                connection.execute(select(func.pg_advisory_xact_lock(_INTAKE_LOCK)))
            # A repeated request gets its first call, even if a limit has been reached since.
            if stored := _stored(connection, call.request):
                return stored
            refusal = self._tally(connection, call, limits, agreement).refuses(call, limits)
            if refusal:
                raise refusal
            self._store(connection, call, agreement)
        return call

    def stored(self, request: tuple[str, str]) -> Call | None:
        """The existing call of this request (a site and a request_id), if any."""
        with self._database.read() as connection:
            return _stored(connection, request)

    def _tally(
        self, connection: Connection, call: Call, limits: CallLimits, agreement: Agreement
    ) -> Tally:
        """Count the last day's calls, only as far as these limits need."""
        tally = Tally(
            suppressed=bool(self._suppressions.among(connection, [call.phone])),
            token_spent=_is_spent(connection, agreement.token_id),
        )
        today = calls.c.created_at > call.created_at - DAY
        if limits.number_pause or limits.number_per_day:
            its_own = select(calls.c.created_at).where(calls.c.phone == call.phone, today)
            tally.number_times = sorted(connection.scalars(its_own))
        if limits.site_per_hour or limits.site_per_day:
            this_hour = func.count(case((calls.c.created_at > call.created_at - HOUR, 1)))
            of_the_site = select(func.count(), this_hour).where(calls.c.site == call.site, today)
            tally.site_day, tally.site_hour = connection.execute(of_the_site).one()
        if limits.installation_per_day:
            of_all = select(func.count()).select_from(calls).where(today)
            tally.installation_day = connection.execute(of_all).scalar_one()
        return tally

    def _store(self, connection: Connection, call: Call, agreement: Agreement) -> None:
        evidence = evidence_of(call, agreement, self._suppressions.fingerprint)
        connection.execute(insert(calls), values_of(call))
        connection.execute(
            insert(call_events),
            {"call_id": call.id, "at": call.created_at, "to_status": call.status},
        )
        connection.execute(insert(call_evidence), evidence)
        enqueue(connection, [News(call.id, HookEvent.ACCEPTED, call.status, call.created_at)])
        announce(connection)


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
