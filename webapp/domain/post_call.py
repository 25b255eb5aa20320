"""What the vendor tells of a call once it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LOOK_BACK = timedelta(hours=1)
"""How much earlier than its talk a call may have been asked for: its window, the ringing, and the
report's own way."""

SLACK = timedelta(seconds=30)
"""By how much the vendor's count of seconds may exceed ours."""


@dataclass(frozen=True, slots=True)
class PostCall:
    """`phones` are the E.164 numbers that the vendor's digits may mean; `seconds` is how long people
    talked. `reference` stands for the vendor's own id of the call and is empty when it names none.
    """

    phones: frozenset[str]
    seconds: int
    reference: str
    busy: bool


class PostCallResult(StrEnum):
    SETTLED = "settled"
    """The call was `unknown` or still being dialled, and is not any more."""
    NOTED = "noted"
    """Only the seconds were new."""
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    """No call of ours fits: people also ring the receptionist by themselves."""
