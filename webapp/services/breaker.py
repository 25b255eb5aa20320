"""Counts how each order to the vendor ends, so that the breaker can tell when the vendor is down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from webapp.events import get_logger
from webapp.providers.base import ProviderError
from webapp.store.breakers import BreakerRepository
from webapp.store.engine import StoreUnavailable

_log = get_logger(__name__)


class Breaker:
    """Used by one dispatcher. A call that goes well costs no write unless something failed before.

    No method raises StoreUnavailable: a call is worth more than its count.
    """

    def __init__(self, repository: BreakerRepository) -> None:
        self._repository = repository
        self._failing = False
        """True by mistake costs only one write; it is False only while no failure is known."""

    @contextmanager
    def record_outcome(self) -> Iterator[None]:
        """Wraps one order to the vendor; its exceptions pass through."""
        try:
            yield
        except ProviderError:
            self.failed()
            raise
        self.answered()

    def failed(self) -> None:
        """Count a failure: the vendor could not be reached, refused, or sent no answer we understand."""
        if not self._repository.threshold:
            return
        try:
            failures = self._repository.failed()
        except StoreUnavailable as error:
            _log.error("a failure of the vendor could not be counted", fault=str(error))
            return
        self._failing = True
        if failures == self._repository.threshold:
            _log.warning(
                "the vendor failed many times in a row: new calls are refused, but for one at a time",
                failures=failures,
            )

    def answered(self) -> None:
        """Forget the failures: the vendor rang the phone, whether anybody picked up or not."""
        if not self._failing:
            return
        self._failing = False  # before the write, so that a failure counted after it is not lost
        try:
            failures = self._repository.answered()
        except StoreUnavailable as error:
            self._failing = True
            _log.error("an answer of the vendor could not be counted", fault=str(error))
            return
        if failures >= self._repository.threshold:
            _log.info("the vendor answers again: calls are accepted")

    def refresh(self) -> None:
        """Read whether other dispatchers have counted failures."""
        if not self._repository.threshold or self._failing:
            return
        try:
            self._failing = self._repository.failures() > 0
        except StoreUnavailable as error:
            _log.error("the failures of the vendor cannot be read", fault=str(error))
