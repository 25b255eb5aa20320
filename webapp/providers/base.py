"""The interface of a vendor that rings phones, and the three ways in which it can fail.

ProviderError
├── NotSent             the vendor never received the request: safe to repeat
├── Refused             the vendor declined this call: final
└── OutcomeUnknown      the vendor may have received the request: never repeated, the phone may ring
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from webapp.domain.masking import mask_phone
from webapp.errors import CallmeError
from webapp.log import get_logger

_log = get_logger(__name__)

Observe = Callable[[str, float], None]


class Answer(StrEnum):
    """The vendor's result of a call that it placed."""

    CONNECTED = "connected"
    BUSY = "busy"


class ProviderError(CallmeError):
    """No call is known to be placed. `reason` is for the operator, free of secrets; `outcome` is the
    label in metrics."""

    outcome: ClassVar[str]

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSent(ProviderError):
    """The vendor never received the request. `retry_after` is its Retry-After in seconds, if any."""

    outcome = "not_sent"

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Refused(ProviderError):
    """The vendor declined. `explained` if it said so in its own format; an HTTP error or an HTML page
    may come from a proxy before it."""

    outcome = "refused"

    def __init__(self, reason: str, *, explained: bool = False) -> None:
        super().__init__(reason)
        self.explained = explained


class OutcomeUnknown(ProviderError):
    """The vendor may have received the request but never answered."""

    outcome = "unknown"


@dataclass(frozen=True, slots=True)
class CallOrder:
    """Ring `phone` (E.164) and connect it to the vendor's menu. `call_id` is only for our log."""

    call_id: str
    phone: str
    menu_id: str


class Provider(ABC):
    """One vendor. This class times and logs each order; a subclass implements the wire format.

    `observe` receives each order's outcome and duration in seconds.
    """

    name: str

    def __init__(self, observe: Observe | None = None) -> None:
        self._observe = observe

    def place_call(self, order: CallOrder) -> Answer:
        """Order the call and wait for its result.

        Raises NotSent, Refused or OutcomeUnknown.
        """
        started = time.monotonic()
        outcome = detail = "crashed"
        try:
            answer = self._send(order)
            outcome, detail = "answered", answer.value
            return answer
        except ProviderError as error:
            outcome, detail = error.outcome, f"{type(error).__name__} {error.reason}"
            raise
        finally:
            seconds = time.monotonic() - started
            if self._observe:
                self._observe(outcome, seconds)
            _log.info(
                "asked the vendor",
                vendor=self.name,
                call=order.call_id,
                phone=mask_phone(order.phone),
                seconds=round(seconds, 3),
                outcome=detail,
            )

    @abstractmethod
    def _send(self, order: CallOrder) -> Answer:
        """Send one request and read the response. Raises as place_call does."""

    @abstractmethod
    def check_reachable(self) -> None:
        """Connect without ordering a call. Raises NotSent if the vendor is unreachable."""
