"""Places one claimed call. The order's outcome decides whether the call may be dialled again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from webapp.domain.calls import Call, CallStatus
from webapp.domain.clock import Clock
from webapp.domain.refusals import Refusal
from webapp.log import get_logger
from webapp.providers.base import (
    Answer,
    CallOrder,
    NotSent,
    OutcomeUnknown,
    Provider,
    Refused,
)
from webapp.services.breaker import Breaker
from webapp.services.retries import Retries
from webapp.store.engine import StoreUnavailable
from webapp.store.queue import CallQueue

_log = get_logger(__name__)

FIRST_PAUSE = timedelta(seconds=1)
"""The pause after the first NotSent; it doubles each time."""

LONGEST_PAUSE = timedelta(seconds=20)
"""For a planned call, which may be placed as long as its slot lasts."""

SETTLE_SECONDS = 60.0
"""How long storing the vendor's answer is retried while the database is unavailable."""

_RETRY_SECONDS = 0.5


class PlaceCall:
    """Shared by the threads of one dispatcher."""

    def __init__(
        self,
        queue: CallQueue,
        provider: Provider,
        breaker: Breaker,
        retries: Retries,
        clock: Clock,
    ) -> None:
        self._queue = queue
        self._retries = retries
        self._provider = provider
        self._breaker = breaker
        self._clock = clock

    def __call__(self, call: Call, leased_until: float) -> None:
        """Place one order and store its outcome. Only NotSent may be retried.

        `leased_until` (`time.monotonic()`) is when others may settle the call, in case this process was
        suspended. Raises StoreUnavailable if the outcome cannot be stored.
        """
        try:
            if time.monotonic() >= leased_until:
                raise NotSent("lease_passed")
            with self._breaker.record_outcome(call.menu_id):
                answer = self._provider.place_call(CallOrder(call.id, call.phone, call.menu_id))
        except NotSent as error:
            self._try_later(call, error)
        except Refused as error:
            self._settle(call, CallStatus.FAILED, error.reason)
        except OutcomeUnknown as error:
            self._settle(call, CallStatus.UNKNOWN, error.reason)
        else:
            if answer is Answer.BUSY:
                self._settle_busy(call)
            else:
                self._settle(call, CallStatus.CONNECTED)

    def _try_later(self, call: Call, error: NotSent) -> None:
        """Requeue the call after a growing pause; if the pause ends after its window, it expires."""
        pause = FIRST_PAUSE * 2 ** min(call.attempt - 1, 10)
        if call.plan:
            pause = min(pause, LONGEST_PAUSE)
        if error.retry_after is not None:
            pause = max(pause, timedelta(seconds=error.retry_after))
        now = self._clock()
        if self._write(call, lambda: self._queue.requeue(call, now + pause, now, error.reason)):
            _log.info("put back", call=call.id, reason=error.reason, pause=pause.total_seconds())

    def _settle_busy(self, call: Call) -> None:
        """Settle the call and plan its next try, if there is one, in one transaction."""

        def change() -> bool:
            reason, another = "", None
            try:
                another = self._retries.after(call)
            except Refusal as refusal:
                reason = refusal.reason.code
            return self._queue.settle(call, CallStatus.BUSY, self._clock(), reason, another)

        if self._write(call, change):
            _log.info("settled", call=call.id, status=CallStatus.BUSY.value)

    def _settle(self, call: Call, status: CallStatus, reason: str = "") -> None:
        if self._write(call, lambda: self._queue.settle(call, status, self._clock(), reason)):
            _log.info("settled", call=call.id, status=status.value, reason=reason)

    def _write(self, call: Call, change: Callable[[], bool]) -> bool:
        """Retry until the change is stored, as the vendor will not repeat its answer.

        Raises StoreUnavailable after SETTLE_SECONDS; False if the call was settled meanwhile.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                stored = change()
                break
            except StoreUnavailable:
                if time.monotonic() > deadline:
                    raise
                threading.Event().wait(_RETRY_SECONDS)
        if not stored:
            _log.warning("a call was settled before the vendor's answer came", call=call.id)
        return stored
