"""How long orders to the vendor take, by how they end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from webapp.metrics import Metrics
from webapp.providers.base import NotSent, OutcomeUnknown, ProviderError, Refused

_OUTCOMES: dict[type[ProviderError], str] = {
    NotSent: "not_sent",
    Refused: "refused",
    OutcomeUnknown: "unknown",
}


@contextmanager
def timed_order(metrics: Metrics) -> Iterator[None]:
    """Around one order to the vendor; what it raises passes through."""
    started = time.monotonic()
    outcome = "crashed"
    try:
        yield
        outcome = "answered"
    except ProviderError as error:
        outcome = _OUTCOMES[type(error)]
        raise
    finally:
        metrics.vendor_seconds.labels(outcome).observe(time.monotonic() - started)
