"""Planned calls: what is due, which slots are taken, and what a site has promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from webapp.domain.calls import Call, CallStatus
from webapp.store.calls import record
from webapp.store.engine import Database
from webapp.store.pauses import is_paused
from webapp.store.rows import call_of
from webapp.store.tables import calls
from webapp.store.tally import slots_taken

_SCHEDULED = calls.c.status == CallStatus.SCHEDULED

# Only as it was read: the call may have been moved or cancelled since.
_RELEASE = (
    update(calls)
    .where(
        calls.c.id == bindparam("call_id"), _SCHEDULED, calls.c.due_at == bindparam("was_due_at")
    )
    .values(status=bindparam("new"), menu_id=bindparam("menu"), reason=bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class Released:
    """A planned call that is due: to be dialled, or with the reason why not."""

    call: Call
    menu_id: str
    reason: str = ""

    @property
    def status(self) -> CallStatus:
        return CallStatus.EXPIRED if self.reason else CallStatus.QUEUED


class PlannedCalls:
    def __init__(self, database: Database) -> None:
        self._database = database

    def taken(
        self, site: str, receptionist: str, first: datetime, last: datetime
    ) -> Counter[datetime]:
        """How many calls each slot of a receptionist has, from `first` to `last`."""
        with self._database.read() as connection:
            return slots_taken(connection, site, receptionist, first, last)

    def due(self, now: datetime, limit: int) -> list[Call]:
        """The planned calls that are due, longest due first; those of paused sites stay planned."""
        query = select(calls).where(_SCHEDULED, calls.c.due_at <= now, ~is_paused())
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(calls.c.due_at).limit(limit))
            return [call_of(row) for row in rows]

    def all(self) -> list[Call]:
        """Every planned call, the next first."""
        with self._database.read() as connection:
            return planned_calls(connection, None)

    def release(self, released: Iterable[Released], now: datetime) -> list[Released]:
        """Queue or expire these calls. Returns those that had not been moved or cancelled meanwhile."""
        done = []
        with self._database.write() as connection:
            for each in released:
                values = {
                    "call_id": each.call.id,
                    "was_due_at": each.call.due_at,
                    "new": each.status,
                    "menu": each.menu_id,
                    "why": each.reason,
                }
                if connection.execute(_RELEASE, values).rowcount:
                    old = CallStatus.SCHEDULED
                    record(connection, [each.call.id], now, old, each.status, each.reason)
                    done.append(each)
        return done


def planned_calls(connection: Connection, sites: Collection[str] | None) -> list[Call]:
    """The planned calls of these sites, or of all (None), the next first; those that are due and wait
    to be dialled as well."""
    waits = and_(calls.c.status == CallStatus.QUEUED, calls.c.planned_at.is_not(None))
    query = select(calls).where(or_(_SCHEDULED, waits)).order_by(calls.c.due_at)
    if sites is not None:
        query = query.where(calls.c.site.in_(sites))
    return [call_of(row) for row in connection.execute(query)]
