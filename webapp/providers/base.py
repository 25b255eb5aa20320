"""What a vendor that rings phones must do, and the three ways in which it can fail.

ProviderError
├── NotSent             the vendor surely never got the request: safe to repeat
├── Refused             the vendor answered that it will not place this call: final
└── OutcomeUnknown      the vendor may have got the request: never repeated, the phone may ring
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
    """What the vendor says of a call that it did place."""

    CONNECTED = "connected"
    BUSY = "busy"


class ProviderError(CallmeError):
    """The vendor placed no call that we know of. `reason` is for the operator, free of secrets;
    `outcome` is the metrics' label."""

    outcome: ClassVar[str]

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSent(ProviderError):
    """Surely not received. `retry_after` is the vendor's own wish, in seconds, when it has one."""

    outcome = "not_sent"

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Refused(ProviderError):
    """Received and declined. `explained` if the vendor said so in its own terms; an HTTP error or a page
    of HTML may come from whatever stands before it."""

    outcome = "refused"

    def __init__(self, reason: str, *, explained: bool = False) -> None:
        super().__init__(reason)
        self.explained = explained


class OutcomeUnknown(ProviderError):
    """Received, perhaps; answered, no."""

    outcome = "unknown"


@dataclass(frozen=True, slots=True)
class CallOrder:
    """Ring `phone` (E.164) and join it to the vendor's menu. `call_id` is only for our log."""

    call_id: str
    phone: str
    menu_id: str


class Provider(ABC):
    """One vendor. This class times and logs each order; a subclass speaks the wire format.

    `observe` is given each order's outcome and how many seconds it took.
    """

    name: str

    def __init__(self, observe: Observe | None = None) -> None:
        self._observe = observe

    def place_call(self, order: CallOrder) -> Answer:
        """Ask the vendor to ring, and wait until the phone is answered or not.

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
        """Send one request and read its answer. Raises as place_call does."""

    @abstractmethod
    def check_reachable(self) -> None:
        """Connect without ordering a call. Raises NotSent when the vendor cannot be reached."""
