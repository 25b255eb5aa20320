"""What the vendor reports about a call once it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LOOK_BACK = timedelta(hours=1)
"""How long before the conversation the call may have been requested: its window, the ringing, and the
report's delay."""

SLACK = timedelta(seconds=30)
"""How far the vendor's count of seconds may exceed ours."""


@dataclass(frozen=True, slots=True)
class PostCall:
    """The report. `phones` are the E.164 numbers that the vendor's digits may mean, and `seconds` is how
    long people talked. `reference` is a hash of the vendor's id of the call; empty if the report has
    none.
    """

    phones: frozenset[str]
    seconds: int
    reference: str
    busy: bool


class PostCallResult(StrEnum):
    SETTLED = "settled"
    """The call was `unknown` or still being dialled, and now has another state."""
    NOTED = "noted"
    """The call's state stays; only the seconds were new."""
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    """No call of ours matches: people also ring the receptionist by themselves."""
