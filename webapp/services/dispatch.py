"""The dispatcher: claims queued calls and orders them from the vendor, each at most once.

One loop claims calls and renews their leases. Each call has its own thread, as the vendor responds only
after the phone was answered.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from webapp.domain.calls import Call, Cause
from webapp.domain.clock import Clock
from webapp.log import get_logger, working_on
from webapp.metrics import Metrics
from webapp.services.breaker import Breaker
from webapp.services.due_calls import DueCalls
from webapp.services.pace import Pace
from webapp.services.place_call import FIRST_PAUSE, PlaceCall
from webapp.store.engine import StoreUnavailable
from webapp.store.listen_notify import Listener
from webapp.store.queue import CallQueue

_log = get_logger(__name__)

POLL_SECONDS = 0.5
SWEEP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class DispatchLimits:
    """How many calls one dispatcher takes, and for how long.

    A claim is valid for a `lease`, renewed at every third of its length; a dispatcher that fails to
    renew it loses the call. `patience` is the longest that one order may last: after that the lease is
    no longer renewed, so that a stuck connection cannot hold a call forever.
    """

    in_flight: int
    per_minute: int
    lease: timedelta
    patience: timedelta


class Dispatcher:
    """Started once per process. `wake()` makes it poll at once."""

    def __init__(
        self,
        queue: CallQueue,
        place_call: PlaceCall,
        breaker: Breaker,
        clock: Clock,
        limits: DispatchLimits,
        listener: Callable[[Callable[[], None]], Listener],
        metrics: Metrics,
        due_calls: DueCalls,
    ) -> None:
        self._queue = queue
        self._due_calls = due_calls
        self._place_call = place_call
        self._breaker = breaker
        self._clock = clock
        self._limits = limits
        self._metrics = metrics
        self._pace = Pace(limits.per_minute)
        self._lease = limits.lease.total_seconds()
        self.owner = f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(6)}"
        self._in_flight: dict[tuple[str, int], float] = {}
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._claiming = False
        self._stopping = False
        self._abandoned = False
        self._last_turn = self._last_sweep = self._last_heartbeat = 0.0
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._listener = listener(self.wake)
        self._steps = (self._keep_up, self._due_calls.release, self._claim)

    def start(self) -> None:
        self._last_turn = time.monotonic()
        self._thread.start()
        self._listener.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self, drain_seconds: float) -> None:
        """Claim nothing more and wait for the calls in flight.

        The leases of calls that take longer expire: they become `unknown` and are not redialled.
        """
        with self._changed:
            self._stopping = True
            waits_for = len(self._in_flight)
        if waits_for and drain_seconds:
            _log.info("stopping: waits for calls in flight", in_flight=waits_for)
        self._listener.stop()
        self.wake()
        deadline = time.monotonic() + drain_seconds
        with self._changed:
            self._changed.wait_for(
                lambda: not (self._in_flight or self._claiming), timeout=drain_seconds
            )
            left = len(self._in_flight)
            self._abandoned = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join(max(deadline - time.monotonic(), POLL_SECONDS))
        if left:
            _log.warning("stopped before its calls ended: they will be unknown", in_flight=left)

    @property
    def alive(self) -> bool:
        """Whether the loop has run in the last ten seconds."""
        return self._thread.is_alive() and time.monotonic() - self._last_turn < 10

    @property
    def in_flight(self) -> int:
        return len(self._in_flight)

    def _run(self) -> None:
        while not (self._stopping and (self._abandoned or not self._in_flight)):
            self._wake.clear()
            for step in self._steps:  # the next one goes on even if one fails
                self._last_turn = time.monotonic()  # each may wait for the database
                try:
                    step()
                except StoreUnavailable as error:
                    _log.error("the database cannot be used", fault=str(error))
                except Exception:  # no error in a step may end the thread
                    _log.exception("a turn of the dispatcher failed")
            self._wake.wait(POLL_SECONDS)

    def _keep_up(self) -> None:
        """Renew the leases and end overdue calls, each at its interval."""
        now = time.monotonic()
        sweeping = now - self._last_sweep >= SWEEP_SECONDS
        # Also before each sweep: if the clock has jumped ahead, our own leases must not look expired.
        if sweeping or now - self._last_heartbeat >= self._lease / 3:
            self._heartbeat(now)
            self._last_heartbeat = now
        if sweeping:
            self._sweep()
            self._last_sweep = now

    def _heartbeat(self, now: float) -> None:
        patience = self._limits.patience.total_seconds()
        alive = [
            call_id
            for (call_id, _), since in list(self._in_flight.items())
            if now - since < patience
        ]
        if alive:
            self._queue.extend_leases(self.owner, alive, self._clock() + self._limits.lease)

    def _sweep(self) -> None:
        now = self._clock()
        for call_id, reason in self._queue.expire_overdue(now):
            _log.warning("settled", call=call_id, status="expired", reason=reason)
            if reason != Cause.WINDOW_CLOSED:
                self._metrics.broken_promises.inc()
        for call_id in self._queue.end_lost_leases(now):
            _log.warning("settled", call=call_id, status="unknown", reason="lease_expired")
            self._metrics.lease_expiries.inc()
        self._breaker.refresh()

    def _claim(self) -> None:
        free = self._pace.allows(self._limits.in_flight - len(self._in_flight))
        with self._changed:
            if self._stopping or free <= 0:
                return
            self._claiming = True  # stop() also waits for calls that are being claimed
        began = time.monotonic()
        claimed: list[Call] = []
        try:
            claimed = self._queue.claim(self.owner, self._clock(), self._limits.lease, free)
        finally:
            with self._changed:
                self._in_flight.update((_claim_of(call), began) for call in claimed)
                self._claiming = False
                self._changed.notify_all()
        for call in claimed:
            self._pace.count()
            self._metrics.claim_seconds.observe((self._clock() - call.due_at).total_seconds())
            self._begin(call, began + self._lease)

    def _begin(self, call: Call, leased_until: float) -> None:
        dialling = threading.Thread(
            target=self._dial, args=(call, leased_until), name="call", daemon=True
        )
        try:
            dialling.start()
        except RuntimeError:  # cannot start a thread: the call was not sent
            now = self._clock()
            try:
                self._queue.requeue(call, now + FIRST_PAUSE, now, "no_thread")
            except StoreUnavailable:
                _log.warning("a call is left to its lease: no thread, no database", call=call.id)
            self._leave(call)

    def _dial(self, call: Call, leased_until: float) -> None:
        with working_on(call=call.id, request=call.web_request):
            try:
                _log.info("claimed", call=call.id, attempt=call.attempt)
                self._place_call(call, leased_until)
            except Exception:  # outermost handler: the call's lease expires
                _log.exception("a call could not be settled", call=call.id)
            finally:
                self._leave(call)

    def _leave(self, call: Call) -> None:
        with self._changed:
            full = len(self._in_flight) >= self._limits.in_flight
            self._in_flight.pop(_claim_of(call), None)
            self._changed.notify_all()
        if full or self._stopping:
            self.wake()


def _claim_of(call: Call) -> tuple[str, int]:
    """Identifies one claim: a call may be claimed again while its last attempt is still in
    `_in_flight`."""
    return call.id, call.attempt
