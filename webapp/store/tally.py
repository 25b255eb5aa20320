"""Counts what limits a call, within the transaction that may add it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from webapp.domain.calls import Call, CallStatus
from webapp.domain.limits import DAY, HOUR, LONGEST_AHEAD, CallLimits, Tally
from webapp.store.engine import Database
from webapp.store.tables import calls

_INTAKE_LOCK = 0x63616C6C73
"""The key of an advisory lock in PostgreSQL: any number that nothing else uses."""

_GIVEN_UP = (CallStatus.CANCELLED, CallStatus.EXPIRED)
_IS_UNCHOSEN = and_(calls.c.retry_of.is_not(None), calls.c.wall_time == "")
"""As of `Call`: another try at a time that we have chosen."""
_STANDS = calls.c.status.not_in(_GIVEN_UP)


def count_alone(connection: Connection, database: Database) -> None:
    """Until this transaction ends, no other one counts or adds calls."""
    if not database.is_sqlite:  # SQLite has one writer at a time anyway
        connection.execute(select(func.pg_advisory_xact_lock(_INTAKE_LOCK)))


def tally_of(connection: Connection, call: Call, limits: CallLimits) -> Tally:
    """What other calls count against this one, only as far as these limits need."""
    tally, now = Tally(), call.created_at
    others = calls.c.id != call.id
    _count_number(connection, call, tally)
    if limits.site_per_hour or limits.site_per_day:
        here = and_(calls.c.site == call.site, others)
        tally.site_day, tally.site_hour = _count_day(connection, here, now)
    if limits.installation_per_day:
        tally.installation_day, _ = _count_day(connection, others, now)
    if call.plan is None:
        return tally
    at = call.plan.at
    if limits.per_slot:
        tally.slot = slots_taken(connection, call.site, call.receptionist, at, at, others)[at]
    if limits.site_per_hour or limits.site_per_day:
        tally.site_due = _planned(connection, at - DAY, at + DAY, calls.c.site == call.site, others)
    if limits.installation_per_day:
        tally.installation_due = _planned(connection, at - DAY, at + DAY, others)
    return tally


def slots_taken(
    connection: Connection,
    site: str,
    receptionist: str,
    first: datetime,
    last: datetime,
    *which: ColumnElement[bool],
) -> Counter[datetime]:
    """How many calls each slot of a receptionist has, from `first` to `last`."""
    mine = calls.c.site == site, calls.c.receptionist == receptionist
    return _planned(connection, first, last, *mine, ~_IS_UNCHOSEN, *which)


def _planned(
    connection: Connection, first: datetime, last: datetime, *which: ColumnElement[bool]
) -> Counter[datetime]:
    """How many calls are planned for each instant."""
    of_slots = (
        select(calls.c.planned_at, func.count().label("times"))
        .where(calls.c.planned_at.between(first, last), _STANDS, *which)
        .group_by(calls.c.planned_at)
    )
    return Counter({row.planned_at: row.times for row in connection.execute(of_slots)})


def _count_number(connection: Connection, call: Call, tally: Tally) -> None:
    """A planned retry of the number does not count, as a new wish replaces it."""
    now, since = call.created_at, call.created_at - DAY
    its_own = select(
        calls.c.id,
        calls.c.created_at,
        calls.c.planned_at,
        calls.c.status,
        _IS_UNCHOSEN.label("unchosen"),
    ).where(
        calls.c.phone == call.phone,
        calls.c.id != call.id,
        calls.c.created_at > since - LONGEST_AHEAD,
    )
    for call_id, created_at, planned_at, status, unchosen in connection.execute(its_own):
        if status == CallStatus.SCHEDULED and unchosen:
            tally.planned_retries.append(call_id)
            continue
        due = planned_at if planned_at and status not in _GIVEN_UP else None
        counted = max(created_at, due) if due and due <= now else created_at
        if counted > since:
            tally.number_times.append(counted)
        if due or not planned_at:
            tally.number_rings.append(due or created_at)
        if status == CallStatus.SCHEDULED:
            tally.number_planned = True
    tally.number_times.sort()


def _count_day(
    connection: Connection, which: ColumnElement[bool], now: datetime
) -> tuple[int, int]:
    """How many calls were accepted or due in the last day, and how many of them in the last hour."""

    def due_in(length: timedelta) -> ColumnElement[bool]:
        return and_(calls.c.planned_at.between(now - length, now), _STANDS)

    def times(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((condition, 1)))

    # Two questions, as each has an index: those that are in both count once.
    this_hour = or_(calls.c.created_at > now - HOUR, due_in(HOUR))
    accepted = select(func.count(), times(this_hour), times(due_in(DAY)), times(due_in(HOUR)))
    day, hour, both_day, both_hour = connection.execute(
        accepted.where(which, calls.c.created_at > now - DAY)
    ).one()
    due = select(func.count(), times(due_in(HOUR))).where(which, due_in(DAY))
    due_day, due_hour = connection.execute(due).one()
    return day + due_day - both_day, hour + due_hour - both_hour
