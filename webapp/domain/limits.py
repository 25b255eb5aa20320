"""How many calls may be placed: the limits that guard the owner's money and other people's phones."""

from __future__ import annotations

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


@dataclass(slots=True)
class Tally:
    """What counts against one call, as seen by the transaction that may add it. `number_times` are when
    the number was called in the last day, oldest first. After the clock was set back some lie in the
    future: they count for the day, and those further away than the pause hold up no call."""

    suppressed: bool = False
    token_spent: bool = False
    number_times: list[datetime] = field(default_factory=list)
    site_hour: int = 0
    site_day: int = 0
    installation_day: int = 0

    def refuses(self, call: Call, limits: CallLimits) -> LimitReached | None:
        """The limit that keeps the call from being added, or None."""
        if self.token_spent:
            return LimitReached(Limit.TOKEN_SPENT, timedelta())
        if self.suppressed:
            return LimitReached(Limit.SUPPRESSED, timedelta())
        times = self.number_times
        pause = limits.number_pause
        # Calls of the same moment are not stored in the order in which they were asked for.
        recent = [at for at in times if abs(at - call.created_at) < pause]
        if recent:
            wait = recent[-1] + pause - call.created_at
            return LimitReached(Limit.NUMBER_PAUSE, min(wait, pause))
        if _full(len(times), limits.number_per_day):
            free_at = times[-limits.number_per_day] + DAY
            return LimitReached(Limit.NUMBER_PER_DAY, min(free_at - call.created_at, DAY))
        if _full(self.site_hour, limits.site_per_hour):
            return LimitReached(Limit.SITE_PER_HOUR, HOUR)
        if _full(self.site_day, limits.site_per_day):
            return LimitReached(Limit.SITE_PER_DAY, DAY)
        if _full(self.installation_day, limits.installation_per_day):
            return LimitReached(Limit.INSTALLATION_PER_DAY, DAY)
        return None


def _full(count: int, limit: int) -> bool:
    return 0 < limit <= count
