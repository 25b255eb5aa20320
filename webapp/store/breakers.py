"""Whether the vendor answers, shared by all processes: one row per vendor.

The breaker is open once `threshold` orders in a row have failed. While it is open, one call at a time
is accepted as a trial: the one whose UPDATE takes it first. A threshold of 0 turns the breaker off.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from webapp.domain.calls import FINAL
from webapp.domain.clock import Clock
from webapp.store.engine import Database
from webapp.store.sites import FRESH_SECONDS
from webapp.store.tables import breakers, calls

TRIAL_PAUSE = timedelta(seconds=10)
"""How long after a failure no trial is made."""

TRIAL_GRACE = timedelta(seconds=5)
"""How long after it was taken a trial must be stored. One that a limit refused never will be."""


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    TRIAL_DUE = "trial_due"
    """Open, and the next call may be the trial."""


class BreakerRepository:
    def __init__(
        self, database: Database, clock: Clock, provider_name: str, threshold: int
    ) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider_name
        self._mine = breakers.c.provider == provider_name
        self.threshold = threshold

    def failed(self) -> int:
        """Count a failure; returns how many in a row all dispatchers together have counted."""
        now = self._clock()
        first = self._database.upsert(breakers).values(
            provider=self._provider, failures=1, failed_at=now, trial_call=""
        )
        counted = first.on_conflict_do_update(
            index_elements=["provider"],
            set_={"failures": breakers.c.failures + 1, "failed_at": now},
        ).returning(breakers.c.failures)
        with self._database.write() as connection:
            return int(connection.execute(counted).scalar_one())

    def answered(self) -> int:
        """Forget the failures and the trial; returns how many failures there were."""
        with self._database.write() as connection:
            asked = select(breakers.c.failures).where(self._mine).with_for_update()
            failures = connection.scalar(asked) or 0
            if failures:
                connection.execute(
                    update(breakers)
                    .where(self._mine)
                    .values(failures=0, trial_call="", trial_at=None)
                )
        return failures

    def failures(self) -> int:
        """How many orders in a row have failed."""
        with self._database.read() as connection:
            return connection.scalar(select(breakers.c.failures).where(self._mine)) or 0

    def state(self) -> BreakerState:
        asked = select(self._is_open(), self._trial_due(self._clock())).where(self._mine)
        with self._database.read() as connection:
            row = connection.execute(asked).one_or_none()
        is_open, due = row or (False, False)
        if not is_open:
            return BreakerState.CLOSED
        return BreakerState.TRIAL_DUE if due else BreakerState.OPEN

    def take_trial(self, call_id: str) -> bool:
        """Whether this call, not stored yet, may be the trial.

        Of all calls that ask at the same time, in all processes, it is true for one.
        """
        now = self._clock()
        with self._database.write() as connection:
            taken = connection.execute(
                update(breakers)
                .where(self._mine, self._trial_due(now))
                .values(trial_call=call_id, trial_at=now)
            ).rowcount
        return bool(taken)

    def _is_open(self) -> ColumnElement[bool]:
        return breakers.c.failures >= self.threshold

    def give_back(self, call_id: str) -> None:
        """Free the trial for the next call: this one had taken it, but was not accepted."""
        with self._database.write() as connection:
            connection.execute(
                update(breakers)
                .where(self._mine, breakers.c.trial_call == call_id)
                .values(trial_call="", trial_at=None)
            )

    def _trial_due(self, now: datetime) -> ColumnElement[bool]:
        """Open, TRIAL_PAUSE has passed since the last failure, and the last trial is over or was never
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


class BreakerCache:
    """The state as it was at most FRESH_SECONDS ago, so that refusals cost no query.

    Only while a trial is due does each call ask the database, as a trial can only be taken there.
    """

    def __init__(self, repository: BreakerRepository) -> None:
        self._repository = repository
        self._state = BreakerState.CLOSED
        self._read_at = float("-inf")

    @property
    def is_open(self) -> bool:
        """Raises StoreUnavailable if it cannot be read: then no call is accepted."""
        if not self._repository.threshold:
            return False
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._state = self._repository.state()
            self._read_at = time.monotonic()
        return self._state is not BreakerState.CLOSED

    @property
    def refuses_all(self) -> bool:
        """Open, and no trial is due."""
        return self.is_open and self._state is not BreakerState.TRIAL_DUE

    def take_trial(self, call_id: str) -> bool:
        """Like the repository's."""
        if self._state is not BreakerState.TRIAL_DUE:
            return False
        taken = self._repository.take_trial(call_id)
        self._read_at = float("-inf")  # this one or another took it, or the breaker is closed
        return taken

    def give_back(self, call_id: str) -> None:
        """Like the repository's, without a query if the breaker is closed."""
        if self._state is not BreakerState.CLOSED:
            self._repository.give_back(call_id)
