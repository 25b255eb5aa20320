"""Sends the outbox's messages to the owners' systems, independently of the calls."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from secrets import SystemRandom

from webapp.domain.clock import Clock
from webapp.domain.hooks import pause_after, payload_of
from webapp.log import get_logger
from webapp.providers.hooks import HookFailed, HookGone, HookPost
from webapp.store.engine import StoreUnavailable
from webapp.store.outbox import Claimed, OutboxRepository

_RANDOM = SystemRandom()
_log = get_logger(__name__)

POLL_SECONDS = 1.0
DRAIN_SECONDS = 2.0
AT_ONCE = 8
AT_ONCE_TO_A_SITE = 2
AT_ONCE_TO_SLOW_SITES = 4
SLOW_SECONDS = 1.0
"""Sites whose receiver took longer the last time share half of the slots, so that a hanging receiver
does not block the others."""

LEASE = timedelta(seconds=60)
"""Longer than any attempt lasts: an older claim belongs to a process that died."""


class HookSender:
    """Started once per process. Due messages are sent within about a second."""

    def __init__(
        self,
        outbox: OutboxRepository,
        post: HookPost,
        clock: Clock,
        chance: Callable[[], float] = _RANDOM.random,
    ) -> None:
        self._outbox = outbox
        self._post = post
        self._clock = clock
        self._chance = chance
        self._changed = threading.Condition()
        self._in_flight: Counter[str] = Counter()
        self._slow: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Start no more attempts and wait briefly for those in flight. The leases of the others expire,
        and they are sent again."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(DRAIN_SECONDS)
        with self._changed:
            self._changed.wait_for(lambda: not self._in_flight.total(), DRAIN_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                while self._begin_one():
                    pass
            except StoreUnavailable as error:
                _log.error("no messages to the owners for now", fault=str(error))
            except Exception:  # no error in a turn may end the thread
                _log.exception("a turn of the messages to the owners failed")
            with self._changed:
                self._changed.wait(POLL_SECONDS)

    def _begin_one(self) -> bool:
        """Claim a message and start sending it. False if there is none, or too many are in flight."""
        with self._changed:
            if self._stopping.is_set() or self._in_flight.total() >= AT_ONCE:
                return False
            full = self._full()
        claimed = self._outbox.claim(self._clock(), LEASE, full)
        if claimed is None:
            return False
        with self._changed:
            self._in_flight[claimed.message.site] += 1
        try:
            threading.Thread(target=self._send, args=(claimed,), name="hook", daemon=True).start()
        except RuntimeError:  # cannot start a thread: its lease expires
            self._leave(claimed)
            return False
        return True

    def _full(self) -> set[str]:
        """The sites that may have no more messages in flight for now."""
        full = {site for site, many in self._in_flight.items() if many >= AT_ONCE_TO_A_SITE}
        if sum(self._in_flight[site] for site in self._slow) >= AT_ONCE_TO_SLOW_SITES:
            full |= self._slow
        return full

    def _send(self, claimed: Claimed) -> None:
        began = time.monotonic()
        try:
            self._deliver(claimed)
        except StoreUnavailable as error:
            _log.error("hook left to its lease", message=claimed.message.id, fault=str(error))
        except Exception:  # the thread's outermost handler
            _log.exception("hook could not be sent", message=claimed.message.id)
        finally:
            self._leave(claimed, time.monotonic() - began)

    def _leave(self, claimed: Claimed, seconds: float = 0.0) -> None:
        site = claimed.message.site
        with self._changed:
            if seconds > SLOW_SECONDS:
                self._slow.add(site)
            else:
                self._slow.discard(site)
            self._in_flight[site] -= 1
            self._changed.notify_all()

    def _deliver(self, claimed: Claimed) -> None:
        message, hooks = claimed.message, claimed.hooks
        if hooks is None or not hooks.url or not hooks.secret:
            self._give_up(claimed, "no_hooks")
            return
        if claimed.gone:
            self._give_up(claimed, "gone")
            return
        payload = payload_of(message, claimed.call)
        try:
            outcome = self._post.send(
                hooks.url, hooks.secret, hooks.allow_private, message.id, payload, self._clock()
            )
        except HookGone as error:
            self._outbox.mark_gone(message.site, hooks.url, self._clock())
            self._give_up(claimed, error.reason)
        except HookFailed as error:
            self._try_later(claimed, error)
        else:
            self._outbox.delivered(message, outcome)
            self._log_attempt("delivered", claimed, outcome)

    def _try_later(self, claimed: Claimed, error: HookFailed) -> None:
        pause = pause_after(claimed.message.attempt, error.retry_after, self._chance())
        if pause is None:
            self._give_up(claimed, error.reason)
            return
        self._outbox.put_off(claimed.message, self._clock() + pause, error.reason)
        self._log_attempt("put off", claimed, error.reason)

    def _give_up(self, claimed: Claimed, reason: str) -> None:
        self._outbox.give_up(claimed.message, reason)
        self._log_attempt("given up", claimed, reason)

    def _log_attempt(self, what: str, claimed: Claimed, outcome: str) -> None:
        _log.info(
            f"hook {what}",  # one of three, and no value
            message=claimed.message.id,
            call=claimed.message.call_id,
            told=claimed.message.event,
            attempt=claimed.message.attempt,
            outcome=outcome,
        )
