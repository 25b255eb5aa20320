"""Whether the vendor answers, as all processes know it together: one row for each vendor.

The breaker is open once `threshold` orders in a row have failed. While it is open one call at a time
is accepted as a trial, by whoever wins the UPDATE that takes it. A threshold of 0 turns it all off.
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
"""How long the vendor is left alone after a failure before a trial."""

TRIAL_GRACE = timedelta(seconds=5)
"""How long a trial has from being taken to being stored; one that a limit refused never is."""


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    TRIAL_DUE = "trial_due"
    """Open, and the next call may try."""


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
        """Count a failure; answers how many there have been in a row, by all dispatchers together."""
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
        """Forget the failures and the trial; answers how many failures there were."""
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
        """Whether this call, not stored yet, is the one that may try the vendor.

        Of all that ask at the same time, in whatever process, one is told so.
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
        """A call that was to be the trial was not accepted: the next may be."""
        with self._database.write() as connection:
            connection.execute(
                update(breakers)
                .where(self._mine, breakers.c.trial_call == call_id)
                .values(trial_call="", trial_at=None)
            )

    def _trial_due(self, now: datetime) -> ColumnElement[bool]:
        """Open, left alone for long enough, and the last trial is over or was never stored."""
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
    """The state as it was at most FRESH_SECONDS ago: what is refused meanwhile costs no query.

    Only when a trial is due is the database asked each time, as only there can one be taken.
    """

    def __init__(self, repository: BreakerRepository) -> None:
        self._repository = repository
        self._state = BreakerState.CLOSED
        self._read_at = float("-inf")

    @property
    def is_open(self) -> bool:
        """Raises StoreUnavailable when it cannot be read: then nobody knows, and nothing is accepted."""
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
        """As the repository's."""
        if self._state is not BreakerState.TRIAL_DUE:
            return False
        taken = self._repository.take_trial(call_id)
        self._read_at = float("-inf")  # this one or another took it, or the breaker is closed
        return taken

    def give_back(self, call_id: str) -> None:
        """As the repository's; without a query where the breaker is closed."""
        if self._state is not BreakerState.CLOSED:
            self._repository.give_back(call_id)
