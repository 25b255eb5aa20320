"""How many calls may be placed: the limits that guard the owner's money and other people's phones."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.domain.calls import Call
from webapp.errors import CallmeError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Limit(StrEnum):
    """Which limit is reached, as a reason code for the operator."""

    SUPPRESSED = "suppressed"
    TOKEN_SPENT = "token_spent"
    NUMBER_PAUSE = "number_pause"
    NUMBER_PER_DAY = "number_per_day"
    SITE_PER_HOUR = "site_per_hour"
    SITE_PER_DAY = "site_per_day"
    INSTALLATION_PER_DAY = "installation_per_day"

    @property
    def of_the_number(self) -> bool:
        """Whether it protects one phone. The other limits are budgets."""
        return self in (Limit.NUMBER_PAUSE, Limit.NUMBER_PER_DAY)


class LimitReached(CallmeError):
    """The call was not accepted. `wait` is the time until one may be."""

    def __init__(self, limit: Limit, wait: timedelta) -> None:
        super().__init__(limit.value)
        self.limit = limit
        self.wait = wait


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The limits for one call; 0 means no limit. A number's calls count on all sites together."""

    number_pause: timedelta = timedelta()
    number_per_day: int = 0
    site_per_hour: int = 0
    site_per_day: int = 0
    installation_per_day: int = 0


@dataclass
class Tally:
    """Counts of the last day's calls, as seen by the transaction that may add more."""

    numbers: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    site_hours: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    site_days: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    day: int = 0
    suppressed: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)

    def refuses(
        self, call: Call, limits: CallLimits, token_id: str | None = None
    ) -> LimitReached | None:
        """The limit that keeps the call from being added, or None."""
        if token_id in self.tokens:
            return LimitReached(Limit.TOKEN_SPENT, timedelta())
        if call.phone in self.suppressed:
            return LimitReached(Limit.SUPPRESSED, timedelta())
        times = sorted(at for at in self.numbers[call.phone] if at > call.created_at - DAY)
        if times and limits.number_pause:
            wait = times[-1] + limits.number_pause - call.created_at
            if wait > timedelta():
                return LimitReached(Limit.NUMBER_PAUSE, wait)
        if _full(len(times), limits.number_per_day):
            free_at = times[-limits.number_per_day] + DAY
            return LimitReached(Limit.NUMBER_PER_DAY, free_at - call.created_at)
        if _full(self.site_hours[call.site], limits.site_per_hour):
            return LimitReached(Limit.SITE_PER_HOUR, HOUR)
        if _full(self.site_days[call.site], limits.site_per_day):
            return LimitReached(Limit.SITE_PER_DAY, DAY)
        if _full(self.day, limits.installation_per_day):
            return LimitReached(Limit.INSTALLATION_PER_DAY, DAY)
        return None

    def add(self, call: Call, token_id: str | None = None) -> None:
        """Count a call that is being added."""
        if token_id:
            self.tokens.add(token_id)
        self.numbers[call.phone].append(call.created_at)
        self.site_hours[call.site] += 1
        self.site_days[call.site] += 1
        self.day += 1


def _full(count: int, limit: int) -> bool:
    return 0 < limit <= count
