"""The circuit breakers, shared by all processes.

There is a breaker for each menu and one for WHOLE_VENDOR. A breaker opens after `threshold` failed
orders in a row. While it is open, one call at a time is accepted as a trial: the one whose UPDATE comes
first. A threshold of 0 turns all breakers off.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

from webapp.domain.calls import FINAL
from webapp.domain.clock import Clock
from webapp.store.engine import Database
from webapp.store.tables import breakers, calls

WHOLE_VENDOR = ""
"""Used in place of a menu_id."""

TRIAL_PAUSE = timedelta(seconds=10)
"""How long after a counted failure a breaker admits no trial."""

TRIAL_GRACE = timedelta(seconds=5)
"""How soon after being taken a trial must be stored. One refused by a limit is never stored."""


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    TRIAL_DUE = "trial_due"
    """Open, and the next call may be the trial."""


class BreakerRepository:
    """Each write changes one row in its own transaction, so that no two can deadlock."""

    def __init__(
        self, database: Database, clock: Clock, provider_name: str, threshold: int
    ) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider_name
        self._mine = breakers.c.provider == provider_name
        self.threshold = threshold

    def failed(self, menu_id: str) -> int:
        """Count a failure. Returns how many in a row all dispatchers have counted."""
        now = self._clock()
        first = self._database.upsert(breakers).values(
            provider=self._provider, menu_id=menu_id, failures=1, failed_at=now, trial_call=""
        )
        counted = first.on_conflict_do_update(
            index_elements=["provider", "menu_id"],
            set_={"failures": breakers.c.failures + 1, "failed_at": now},
        ).returning(breakers.c.failures)
        with self._database.write() as connection:
            return int(connection.execute(counted).scalar_one())

    def answered(self, menu_id: str) -> int:
        """Reset the failures and the trial. Returns how many failures there were."""
        forgotten = delete(breakers).where(self._is(menu_id)).returning(breakers.c.failures)
        with self._database.write() as connection:
            return connection.execute(forgotten).scalar_one_or_none() or 0

    def failures(self) -> dict[str, int]:
        """The number of failed orders in a row of each menu that has any."""
        query = select(breakers.c.menu_id, breakers.c.failures).where(self._mine)
        with self._database.read() as connection:
            return {row.menu_id: row.failures for row in connection.execute(query)}

    def states(self) -> dict[str, BreakerState]:
        """The state of each breaker that is not closed."""
        due = self._trial_due(self._clock())
        query = select(breakers.c.menu_id, due).where(self._mine, self._is_open())
        with self._database.read() as connection:
            return {
                menu_id: BreakerState.TRIAL_DUE if due else BreakerState.OPEN
                for menu_id, due in connection.execute(query)
            }

    def open_menus(self, failed_since: datetime) -> int:
        """How many menus have an open breaker and failed since that time."""
        query = select(func.count()).where(
            self._mine,
            self._is_open(),
            breakers.c.menu_id != WHOLE_VENDOR,
            breakers.c.failed_at >= failed_since,
        )
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def take_trial(self, menu_id: str, call_id: str) -> bool:
        """Whether this call, not stored yet, may be the trial.

        Of concurrent calls in all processes, only one gets True.
        """
        now = self._clock()
        with self._database.write() as connection:
            taken = connection.execute(
                update(breakers)
                .where(self._is(menu_id), self._trial_due(now))
                .values(trial_call=call_id, trial_at=now)
            ).rowcount
        return bool(taken)

    def give_back(self, call_id: str) -> None:
        """Free the trial for the next call: this one took it but was not accepted."""
        with self._database.write() as connection:
            connection.execute(
                update(breakers)
                .where(self._mine, breakers.c.trial_call == call_id)
                .values(trial_call="", trial_at=None)
            )

    def _is(self, menu_id: str) -> ColumnElement[bool]:
        return and_(self._mine, breakers.c.menu_id == menu_id)

    def _is_open(self) -> ColumnElement[bool]:
        return breakers.c.failures >= self.threshold

    def _trial_due(self, now: datetime) -> ColumnElement[bool]:
        """Open, TRIAL_PAUSE has passed since the last failure, and the last trial has ended or was never
        stored."""
        its_row = calls.c.id == breakers.c.trial_call
        return and_(
            self._is_open(),
            breakers.c.failed_at <= now - TRIAL_PAUSE,
            or_(
                breakers.c.trial_at.is_(None),
                exists().where(its_row, calls.c.status.in_(FINAL)).correlate(breakers),
                and_(
                    breakers.c.trial_at < now - TRIAL_GRACE,
                    ~exists().where(its_row).correlate(breakers),
                ),
            ),
        )
