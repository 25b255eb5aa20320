"""A clock that a test sets by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from webapp.domain.clock import utc_now


class HandClock:
    """Stands still until it is moved. It can be passed wherever Callme takes a clock."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class ClockAhead:
    """Goes as the real one does, ahead of it by as much as tests have moved it."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def move(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
