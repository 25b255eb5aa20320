"""How many calls may be placed: the limits that guard the owner's money and other people's phones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from webapp.domain.calls import WINDOW, Call
from webapp.domain.refusals import Reason, Refusal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

LONGEST_AHEAD = timedelta(days=60)
"""How far ahead a call can be planned."""


class LimitReached(Refusal):
    """The call was not accepted. `wait` is the time until a call may be accepted."""

    def __init__(self, reason: Reason, wait: timedelta = timedelta()) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The limits for one call; 0 means no limit. A number's calls count on all sites together.
    `per_slot` is for a planned call, of one receptionist."""

    number_pause: timedelta = timedelta()
    number_per_day: int = 0
    site_per_hour: int = 0
    site_per_day: int = 0
    installation_per_day: int = 0
    per_slot: int = 0


@dataclass(slots=True)
class Tally:
    """The counts that one call is checked against, read in the transaction that may add it.

    A planned call counts when it is accepted, and again when it is due. `number_times` are the latest
    times of the number's calls in the last day, oldest first; after the clock was set back, some lie in
    the future. `number_rings` are when its phone rang or will ring. `site_due` and `installation_due`
    have how many calls are planned for each instant around this call's."""

    suppressed: bool = False
    token_spent: bool = False
    number_times: list[datetime] = field(default_factory=list)
    number_rings: list[datetime] = field(default_factory=list)
    number_planned: bool = False
    planned_retries: list[str] = field(default_factory=list)
    """The ids of the number's planned retries, which count for nothing: a new wish replaces them."""
    site_hour: int = 0
    site_day: int = 0
    installation_day: int = 0
    slot: int = 0
    site_due: Mapping[datetime, int] = field(default_factory=dict)
    installation_due: Mapping[datetime, int] = field(default_factory=dict)

    def refuses(self, call: Call, limits: CallLimits) -> LimitReached | None:
        """The limit that keeps the call from being added, or None."""
        if self.token_spent:
            return LimitReached(Reason.TOKEN_SPENT)
        if self.suppressed:
            return LimitReached(Reason.SUPPRESSED)
        if call.plan and (reason := self._refuses_plan(call.plan.at, limits)):
            return LimitReached(reason)
        times = self.number_times
        pause = limits.number_pause
        # Concurrent calls are not always stored in the order of their `created_at`.
        recent = [at for at in self.number_rings if abs(at - call.due_at) < pause]
        if recent:
            wait = max(recent) + pause - call.due_at
            return LimitReached(Reason.NUMBER_PAUSE, min(wait, pause))
        if _full(len(times), limits.number_per_day):
            free_at = times[-limits.number_per_day] + DAY
            return LimitReached(Reason.NUMBER_PER_DAY, min(free_at - call.created_at, DAY))
        if _full(self.site_hour, limits.site_per_hour):
            return LimitReached(Reason.SITE_PER_HOUR, HOUR)
        if _full(self.site_day, limits.site_per_day):
            return LimitReached(Reason.SITE_PER_DAY, DAY)
        if _full(self.installation_day, limits.installation_per_day):
            return LimitReached(Reason.INSTALLATION_PER_DAY, DAY)
        return None

    def at_once(self, pause: timedelta, now: datetime) -> datetime:
        """When a planned call can ring that the visitor wants now: `now`, or soon, when the pause of its
        number is over. Raises LimitReached if that is later than anybody waits."""
        recent = [at for at in self.number_rings if now - pause < at <= now]
        at = max(recent) + pause if recent else now
        if at - now > WINDOW:
            raise LimitReached(Reason.NUMBER_PAUSE, at - now)
        return at

    def refuses_move(self, call: Call, limits: CallLimits) -> LimitReached | None:
        """The limit that keeps a call, counted already, from being moved, or None."""
        if reason := self._refuses_plan(call.due_at, limits):
            return LimitReached(reason)
        if any(abs(ring - call.due_at) < limits.number_pause for ring in self.number_rings):
            return LimitReached(Reason.NUMBER_PAUSE, limits.number_pause)
        return None

    def _refuses_plan(self, at: datetime, limits: CallLimits) -> Reason | None:
        if self.number_planned:
            return Reason.PLANNED_ALREADY
        taken = (
            _full(self.slot, limits.per_slot)
            or _full(busiest(self.site_due, at, HOUR), limits.site_per_hour)
            or _full(busiest(self.site_due, at, DAY), limits.site_per_day)
            or _full(busiest(self.installation_due, at, DAY), limits.installation_per_day)
        )
        return Reason.WHEN_FULL if taken else None


def busiest(times: Mapping[datetime, int], at: datetime, length: timedelta) -> int:
    """The most calls in any window of that length around `at`."""
    begins = [begin for begin in (*times, at) if timedelta() <= at - begin < length]
    return max(
        sum(count for time, count in times.items() if begin <= time < begin + length)
        for begin in begins
    )


def _full(count: int, limit: int) -> bool:
    return 0 < limit <= count
