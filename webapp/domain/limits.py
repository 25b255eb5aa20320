"""How many calls may be placed: the limits that guard the owner's money and other people's phones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from webapp.domain.calls import Call
from webapp.domain.refusals import Reason, Refusal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class LimitReached(Refusal):
    """The call was not accepted. `wait` is the time until a call may be accepted."""

    def __init__(self, reason: Reason, wait: timedelta = timedelta()) -> None:
        super().__init__(reason)
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
    """The counts that one call is checked against, read in the transaction that may add it.
    `number_times` are the times of the number's calls in the last day, oldest first. After the clock was
    set back, some lie in the future: they count for the day, but block no call if they are further away
    than the pause."""

    suppressed: bool = False
    token_spent: bool = False
    number_times: list[datetime] = field(default_factory=list)
    site_hour: int = 0
    site_day: int = 0
    installation_day: int = 0

    def refuses(self, call: Call, limits: CallLimits) -> LimitReached | None:
        """The limit that keeps the call from being added, or None."""
        if self.token_spent:
            return LimitReached(Reason.TOKEN_SPENT)
        if self.suppressed:
            return LimitReached(Reason.SUPPRESSED)
        times = self.number_times
        pause = limits.number_pause
        # Concurrent calls are not always stored in the order of their `created_at`.
        recent = [at for at in times if abs(at - call.created_at) < pause]
        if recent:
            wait = recent[-1] + pause - call.created_at
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


def _full(count: int, limit: int) -> bool:
    return 0 < limit <= count
