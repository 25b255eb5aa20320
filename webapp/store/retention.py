"""Deletes data past its retention period, or a person's data on request, permanently."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    true,
    update,
)

from webapp.domain.calls import FINAL
from webapp.domain.limits import DAY
from webapp.domain.retention import Forgotten
from webapp.domain.suppression import Fingerprint
from webapp.store.calls import cancel, log_cancelled
from webapp.store.ended import keep_count
from webapp.store.engine import Database
from webapp.store.tables import KEPT, call_events, call_evidence, call_refusals, calls

BATCH = 500
"""Rows deleted per transaction; others can write in between."""

LOG_SECONDS = 5.0
"""How long to wait for other programs that keep SQLite's write-ahead log from being emptied."""

_LOG_TURN_MS = 200
"""How long each try may block writers; they continue between tries."""

_OVER = calls.c.status.in_(FINAL)


def _blank(column: Column[Any]) -> object:
    """The value of a blanked column. Raises TypeError for a kind that has none: mark it as kept, or make
    it nullable."""
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return {}
    if isinstance(column.type, String):
        return ""
    raise TypeError(f"calls.{column.name} has no empty value")


_BLANK = {column.name: _blank(column) for column in calls.columns if KEPT not in column.info}


@dataclass(frozen=True, slots=True)
class Purgeable:
    """Rows whose retention period their site sets; rows that are not `over` at a time stay."""

    table: Table
    key: Column[str]
    site: Column[str]
    at: Column[datetime]
    over: Callable[[datetime], ColumnElement[bool]]


def _over(before: datetime) -> ColumnElement[bool]:
    """A planned call may have been accepted long before it rang."""
    due_before = or_(calls.c.planned_at.is_(None), calls.c.planned_at < before)
    return and_(_OVER, due_before)


CALLS = Purgeable(calls, calls.c.id, calls.c.site, calls.c.created_at, _over)
"""Deletes their events as well."""

EVIDENCE = Purgeable(
    call_evidence,
    call_evidence.c.call_id,
    call_evidence.c.site,
    call_evidence.c.at,
    lambda _: true(),
)


class RetentionRepository:
    def __init__(self, database: Database, fingerprint: Fingerprint) -> None:
        self._database = database
        self._fingerprint = fingerprint

    def sites(self, kind: Purgeable) -> list[str]:
        """The sites that have rows, including removed sites."""
        found: list[str] = []
        with self._database.read() as connection:
            # One index lookup per site; DISTINCT would read the whole index.
            last: str | None = ""
            while last := connection.scalar(select(func.min(kind.site)).where(kind.site > last)):
                found.append(last)
        return found

    def delete_batch(self, kind: Purgeable, site: str, before: datetime) -> tuple[int, bool]:
        """Delete rows of `site` older than that. Returns how many, and whether there may be more.

        Safe to run concurrently: each row is deleted and counted once.
        """
        query = (
            select(kind.key)
            .where(kind.site == site, kind.at < before, kind.over(before))
            .order_by(kind.at)
            .limit(BATCH)
        )
        with self._database.read() as connection:
            due = list(connection.scalars(query))
        if not due:
            return 0, False
        free = select(kind.key.label("key")).where(kind.key.in_(due))
        mine = free.with_for_update(skip_locked=True).cte("mine")
        with self._database.write() as connection:
            theirs = kind.key.in_(select(mine.c.key))
            if kind.table is calls:
                deleted = self._delete_calls(connection, theirs)
            else:
                gone = delete(kind.table).where(theirs).returning(kind.key)
                deleted = len(connection.scalars(gone).all())
        return deleted, len(due) == BATCH

    def _delete_calls(self, connection: Connection, which: ColumnElement[bool]) -> int:
        """Delete calls, preserving the counts of final states. Returns how many there were."""
        gone = connection.execute(
            delete(calls).where(which).returning(calls.c.site, calls.c.status)
        ).all()
        keep_count(connection, self._database, [(row.site, row.status) for row in gone])
        return len(gone)

    def delete_refusals(self, before: datetime) -> int:
        """Delete the counts of refusals in the hours before that time."""
        old = call_refusals.c.hour < before
        with self._database.read() as connection:
            if connection.execute(select(call_refusals.c.hour).where(old).limit(1)).first() is None:
                return 0
        with self._database.write() as connection:
            return connection.execute(delete(call_refusals).where(old)).rowcount

    def forget(self, number: str, now: datetime) -> Forgotten:
        """Delete everything about a number (E.164). Calls that a limit still counts are blanked; a call
        in flight stays, but is not retried."""
        with self._database.write() as connection:
            # First, as this locks the rows, so that no dispatcher requeues one meanwhile.
            open_calls = and_(calls.c.phone == number, calls.c.status.not_in(FINAL))
            connection.execute(update(calls).where(open_calls).values(expires_at=now))
            cancelled = cancel(connection, calls.c.phone == number, now, "forgotten")
            theirs = and_(calls.c.phone == number, _OVER)
            counted = (at > now - DAY for at in (calls.c.created_at, calls.c.planned_at))
            blanked = connection.execute(
                update(calls).where(theirs, or_(*counted)).values(_BLANK)
            ).rowcount
            deleted = self._delete_calls(connection, theirs)
            evidence = connection.execute(
                delete(call_evidence).where(call_evidence.c.digest == self._fingerprint(number))
            ).rowcount
            left = connection.execute(
                select(func.count()).select_from(calls).where(calls.c.phone == number)
            ).scalar_one()
        log_cancelled(cancelled, "forgotten")
        return Forgotten(deleted, blanked, evidence, left)

    def wipe(self, forgotten: Forgotten) -> Forgotten:
        """Remove the forgotten data from the database's files as well.

        VACUUM rewrites SQLite's file: secure_delete overwrites deleted rows, but not the copies left
        when rows moved between pages. Writers wait meanwhile.
        """
        if self._database.is_sqlite:
            self._database.maintain("VACUUM")
        else:
            names = ", ".join(table.name for table in (calls, call_events, call_evidence))
            self._database.maintain("SET statement_timeout = 0", f"VACUUM {names}")
        return replace(forgotten, wiped=self.empty_log())

    def empty_log(self) -> bool:
        """Remove the deleted data from SQLite's write-ahead log by truncating it.

        False if another program still reads from the log.
        """
        deadline = time.monotonic() + LOG_SECONDS
        while self._database.is_sqlite:
            busy, *_ = self._database.maintain(
                f"PRAGMA busy_timeout = {_LOG_TURN_MS}", "PRAGMA wal_checkpoint(TRUNCATE)"
            )
            if not busy:
                break
            if time.monotonic() > deadline:
                return False
            threading.Event().wait(_LOG_TURN_MS / 1000)
        return True
