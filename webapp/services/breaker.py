"""Counts the outcomes of orders, so that the circuit breakers open when the vendor is down or refuses
everything for one of its menus.

| order              | counts for                                               |
|--------------------|----------------------------------------------------------|
| not sent           | the whole vendor: the menu is not the cause              |
| refused, explained | the menu: a wrong menu_id is no fault of the other sites |
| failed otherwise   | both, as it is ambiguous; only the menu, once it is open |
| answered           | neither: resets the failures of both                     |
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from webapp.log import get_logger
from webapp.providers.base import NotSent, ProviderError, Refused
from webapp.store.breakers import WHOLE_VENDOR, BreakerRepository, BreakerState
from webapp.store.cached import Cached
from webapp.store.engine import StoreUnavailable

_log = get_logger(__name__)


class Breaker:
    """Used by one dispatcher. A successful call costs no write unless something failed before.

    No method raises StoreUnavailable: a failure to count must not fail a call.
    """

    def __init__(self, repository: BreakerRepository) -> None:
        self._repository = repository
        self._failing: set[str] = set()
        """The menus, and perhaps WHOLE_VENDOR, with known failures. One too many costs only one
        write."""

    @contextmanager
    def record_outcome(self, menu_id: str) -> Iterator[None]:
        """Wraps one order to the vendor; its exceptions pass through."""
        try:
            yield
        except NotSent:
            self._failed(WHOLE_VENDOR)
            raise
        except ProviderError as error:
            explained = isinstance(error, Refused) and error.explained
            was_open = self._failed(menu_id) > self._repository.threshold
            if not explained and not was_open:
                self._failed(WHOLE_VENDOR)
            raise
        self._answered(WHOLE_VENDOR)
        self._answered(menu_id)

    def refresh(self) -> None:
        """Read the failures that other dispatchers have counted."""
        if not self._repository.threshold:
            return
        try:
            self._failing.update(self._repository.failures())
        except StoreUnavailable as error:
            _log.error("the failures of the vendor cannot be read", fault=str(error))

    def _failed(self, menu_id: str) -> int:
        """Count a failure. Returns how many there were in a row, 0 if unknown."""
        if not self._repository.threshold:
            return 0
        try:
            failures = self._repository.failed(menu_id)
        except StoreUnavailable as error:
            _log.error("a failure of the vendor could not be counted", fault=str(error))
            return 0
        self._failing.add(menu_id)
        if failures == self._repository.threshold:
            _log.warning(
                "orders failed many times in a row: new calls are refused, but for one at a time",
                menu=_menu_name(menu_id),
                failures=failures,
            )
        return failures

    def _answered(self, menu_id: str) -> None:
        """Reset the failures: the vendor rang the phone, answered or not."""
        if menu_id not in self._failing:
            return
        self._failing.discard(menu_id)  # before the write: a failure counted after it is not lost
        try:
            failures = self._repository.answered(menu_id)
        except StoreUnavailable as error:
            self._failing.add(menu_id)
            _log.error("an answer of the vendor could not be counted", fault=str(error))
            return
        if failures >= self._repository.threshold:
            _log.info("the vendor answers again: calls are accepted", menu=_menu_name(menu_id))


class BreakerCache:
    """The breakers' states for web requests, at most a second old.

    A call queries the database only while a trial is due, as trials are taken there. Each call is
    subject to one breaker: its menu's if that is open, else the whole vendor's. So a menu that always
    fails or hangs uses up no other menu's trial.
    """

    def __init__(
        self, repository: BreakerRepository, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._repository = repository
        self._states: Cached[Mapping[str, BreakerState]] = Cached(repository.states, {}, seconds)

    def state(self, menu_id: str) -> BreakerState:
        """The state of the breaker for this menu. Raises StoreUnavailable if it cannot be read: then no
        call is accepted."""
        if not self._repository.threshold:
            return BreakerState.CLOSED
        states = self._states.get()
        return states.get(_breaker_of(menu_id, states), BreakerState.CLOSED)

    def take_trial(self, menu_id: str, call_id: str) -> bool:
        """Whether this call, not stored yet, may be the trial of its breaker."""
        if (state := self.state(menu_id)) is not BreakerState.TRIAL_DUE:
            return state is BreakerState.CLOSED
        taken = self._repository.take_trial(_breaker_of(menu_id, self._states.last), call_id)
        self._states.expire()  # this call or another took it, or the breaker is closed
        return taken

    def give_back(self, call_id: str) -> None:
        """Give back a trial, without a query if all breakers are closed."""
        if self._states.last:
            self._repository.give_back(call_id)


def _breaker_of(menu_id: str, states: Mapping[str, BreakerState]) -> str:
    return menu_id if menu_id in states else WHOLE_VENDOR


def _menu_name(menu_id: str) -> str:
    return "all" if menu_id == WHOLE_VENDOR else menu_id
