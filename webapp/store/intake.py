"""Accepting calls: counted and stored in one transaction, so that no two slip past a limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, bindparam, case, func, insert, select, tuple_
from sqlalchemy.exc import IntegrityError

from webapp.domain.calls import Call
from webapp.domain.consent import Agreement
from webapp.domain.hooks import HookEvent
from webapp.domain.limits import DAY, HOUR, CallLimits, Limit, LimitReached, Tally
from webapp.store.batching import Batcher
from webapp.store.engine import Database
from webapp.store.notices import announce
from webapp.store.outbox import News, post
from webapp.store.rows import call_of, evidence_of, values_of
from webapp.store.suppressions import SuppressionRepository
from webapp.store.tables import call_events, call_evidence, calls

_INTAKE_LOCK = 0x63616C6C73
"""The key of an advisory lock in PostgreSQL: any number that nothing else uses."""

# Built once, as they run for every call.
_INSERT_CALLS = insert(calls)
_INSERT_EVENTS = insert(call_events)
_INSERT_EVIDENCE = insert(call_evidence)
_TODAY = calls.c.created_at > bindparam("day_ago")
_THIS_HOUR = case((calls.c.created_at > bindparam("hour_ago"), 1))
_OF_NUMBERS = select(calls.c.phone, calls.c.created_at).where(
    calls.c.phone.in_(bindparam("phones", expanding=True)), _TODAY
)
_OF_SITES = (
    select(calls.c.site, func.count().label("day"), func.count(_THIS_HOUR).label("hour"))
    .where(calls.c.site.in_(bindparam("sites", expanding=True)), _TODAY)
    .group_by(calls.c.site)
)
_OF_ALL = select(func.count()).select_from(calls).where(_TODAY)


@dataclass(frozen=True, slots=True)
class _Wish:
    call: Call
    limits: CallLimits
    agreement: Agreement


class Intake:
    def __init__(self, database: Database, suppressions: SuppressionRepository) -> None:
        self._database = database
        self._suppressions = suppressions
        self._admit = Batcher(self._admit_all)

    def add(self, call: Call, limits: CallLimits, agreement: Agreement) -> Call:
        """Commit a new call with the visitor's agreement, and return it. If the site has a call of the
        same request_id already, that one is returned instead.

        Raises LimitReached, and StoreUnavailable if the call could not be counted or stored.
        """
        outcome = self._admit(_Wish(call, limits, agreement))
        if isinstance(outcome, LimitReached):
            raise outcome
        return outcome

    def stored(self, request: tuple[str, str]) -> Call | None:
        """The call that this request (a site and a request_id) made before, if any."""
        with self._database.read() as connection:
            return _stored(connection, [request]).get(request)

    def _admit_all(self, wishes: Sequence[_Wish]) -> Sequence[Call | LimitReached]:
        """Store all in one transaction, except those whose request is stored already."""
        outcomes: dict[tuple[str, str], Call | LimitReached] = {}
        while True:
            # Backwards, so that the first of two with the same request stays.
            fresh = {
                wish.call.request: wish
                for wish in reversed(wishes)
                if wish.call.request not in outcomes
            }
            try:
                new = self._insert(list(fresh.values())) if fresh else {}
            except IntegrityError:
                with self._database.read() as connection:
                    spent, stored = _spent(connection, fresh), _stored(connection, fresh)
                if not (spent or stored):
                    raise
                outcomes = {**outcomes, **spent, **stored}
            else:
                outcomes |= new
                return [outcomes[wish.call.request] for wish in wishes]

    def _insert(self, wishes: Sequence[_Wish]) -> dict[tuple[str, str], Call | LimitReached]:
        refused: dict[tuple[str, str], LimitReached] = {}
        new: list[_Wish] = []
        with self._database.write() as connection:
            limited = any(wish.limits != CallLimits() for wish in wishes)
            if limited and not self._database.is_sqlite:  # which has one writer at a time anyway
                connection.execute(select(func.pg_advisory_xact_lock(_INTAKE_LOCK)))
            tally = _tally(connection, wishes)
            tally.suppressed = self._suppressions.among(
                connection, {wish.call.phone for wish in wishes}
            )
            for wish in wishes:
                refusal = tally.refuses(wish.call, wish.limits, wish.agreement.token_id)
                if refusal:
                    refused[wish.call.request] = refusal
                else:
                    tally.add(wish.call, wish.agreement.token_id)
                    new.append(wish)
            if new:
                self._store(connection, new)
            # A repeated request gets the call it first made, whatever limit has been reached since.
            repeated = _stored(connection, refused) if refused else {}
        return {**refused, **repeated, **{wish.call.request: wish.call for wish in new}}

    def _store(self, connection: Connection, wishes: Sequence[_Wish]) -> None:
        connection.execute(_INSERT_CALLS, [values_of(wish.call) for wish in wishes])
        connection.execute(_INSERT_EVENTS, [_first_event(wish.call) for wish in wishes])
        connection.execute(
            _INSERT_EVIDENCE,
            [
                evidence_of(wish.call, wish.agreement, self._suppressions.fingerprint)
                for wish in wishes
            ],
        )
        post(connection, [_first_news(wish.call) for wish in wishes])
        announce(connection)


def _spent(
    connection: Connection, wishes: Mapping[tuple[str, str], _Wish]
) -> dict[tuple[str, str], LimitReached]:
    """A refusal for each request whose form's token has made a call already."""
    tokens = {wish.agreement.token_id: request for request, wish in wishes.items()}
    found = connection.scalars(
        select(call_evidence.c.token_id).where(call_evidence.c.token_id.in_(filter(None, tokens)))
    )
    return {tokens[token_id]: LimitReached(Limit.TOKEN_SPENT, timedelta()) for token_id in found}


def _stored(
    connection: Connection, requests: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Call]:
    rows = connection.execute(
        select(calls).where(tuple_(calls.c.site, calls.c.request_id).in_(list(requests)))
    ).all()
    return {(row.site, row.request_id): call_of(row) for row in rows}


def _tally(connection: Connection, wishes: Sequence[_Wish]) -> Tally:
    """Count the last day's calls, but only as far as these limits need."""
    tally = Tally()
    now = min(wish.call.created_at for wish in wishes)
    asked = {
        "phones": list({wish.call.phone for wish in wishes}),
        "sites": list({wish.call.site for wish in wishes}),
        "hour_ago": now - HOUR,
        "day_ago": now - DAY,
    }
    if any(one.limits.number_pause or one.limits.number_per_day for one in wishes):
        for row in connection.execute(_OF_NUMBERS, asked):
            tally.numbers[row.phone].append(row.created_at)
    if any(one.limits.site_per_hour or one.limits.site_per_day for one in wishes):
        for row in connection.execute(_OF_SITES, asked):
            tally.site_days[row.site] = row.day
            tally.site_hours[row.site] = row.hour
    if any(one.limits.installation_per_day for one in wishes):
        tally.day = connection.execute(_OF_ALL, asked).scalar_one()
    return tally


def _first_event(call: Call) -> dict[str, object]:
    return {"call_id": call.id, "at": call.created_at, "to_status": call.status}


def _first_news(call: Call) -> News:
    return News(call.id, HookEvent.ACCEPTED, call.status, call.created_at)
