"""The metrics of one process. Totals that all processes share are read from the database
(`webapp.services.prometheus`).

No label has a value that a visitor can choose: routes, methods, codes and outcomes are closed sets.
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector

from webapp import metrics_folder
from webapp.domain.refusals import OUR_FAULTS

# The `_created` series would double the output, and nobody needs them.
disable_created_metrics()  # type: ignore[no-untyped-call]

_WEB = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_CLAIM = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120)
_VENDOR = (0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180)


class Metrics:
    """Built once per process. Times are in seconds.

    If PROMETHEUS_MULTIPROC_DIR is set before this module is loaded, the processes that share the
    folder are counted together, including those that have ended.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "callme_http_requests",
            "HTTP requests that were answered.",
            ["route", "method", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "callme_http_request_seconds",
            "How long an answer took.",
            ["route"],
            buckets=_WEB,
            registry=registry,
        )
        self.refusals = Counter(
            "callme_refusals",
            "Requests that were refused, by the reason code.",
            ["reason"],
            registry=registry,
        )
        self.claim_seconds = Histogram(
            "callme_claim_seconds",
            "How long a call that was due waited for a dispatcher.",
            buckets=_CLAIM,
            registry=registry,
        )
        self.vendor_seconds = Histogram(
            "callme_vendor_seconds",
            "How long the vendor took over an order, ringing included.",
            ["outcome"],
            buckets=_VENDOR,
            registry=registry,
        )
        self.lease_expiries = Counter(
            "callme_lease_expiries",
            "Calls that were lost with their dispatcher, and settled as unknown.",
            registry=registry,
        )

        self.broken_promises = Counter(
            "callme_broken_promises",
            "Planned calls that were not placed within their slot.",
            registry=registry,
        )

        # Shown as 0 from the start, as Prometheus sees no increase when a series begins at 1.
        for reason in OUR_FAULTS:
            self.refusals.labels(reason.code)

    def answered(self, route: str, method: str, status: str, seconds: float) -> None:
        """Count one response. `route` is a pattern, never the requested address."""
        self.requests.labels(route, method, status).inc()
        self.request_seconds.labels(route).observe(seconds)

    def ordered(self, outcome: str, seconds: float) -> None:
        """Count one order to the vendor."""
        self.vendor_seconds.labels(outcome).observe(seconds)

    def collector(self) -> CollectorRegistry:
        """The metrics of this process, or of all that share the folder."""
        folder = os.environ.get(metrics_folder.VARIABLE, "")
        # If the folder was deleted, the next worker recreates it: until then, only our own metrics.
        if not os.path.isdir(folder):
            return self._registry
        together = CollectorRegistry()
        MultiProcessCollector(together, folder)  # type: ignore[no-untyped-call]
        return together
