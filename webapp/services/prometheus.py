"""The metrics at `/metrics`: this process's own, and the installation's from the database."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from webapp.domain.calls import FINAL
from webapp.domain.clock import Clock
from webapp.metrics import Metrics
from webapp.store.breakers import WHOLE_VENDOR, BreakerRepository
from webapp.store.engine import StoreUnavailable
from webapp.store.sites import SiteRepository
from webapp.store.totals import Totals, TotalsRepository

CONTENT_TYPE = CONTENT_TYPE_LATEST
MENU_MEMORY = timedelta(hours=1)
"""How long a menu without calls is still reported as down."""


class Installation(Collector):
    """Metrics of the whole installation, read on each scrape: the same in every process."""

    def __init__(
        self,
        totals: TotalsRepository,
        breaker: BreakerRepository,
        sites: SiteRepository,
        clock: Clock,
        calls_per_day: int,
    ) -> None:
        self._totals = totals
        self._breaker = breaker
        self._sites = sites
        self._clock = clock
        self._calls_per_day = calls_per_day

    def describe(self) -> list[Metric]:
        """Empty; otherwise a registry would call collect() for the names, and so read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        now = self._clock()
        try:
            totals = self._totals.read(now)
            is_open, menus = self._breakers(now)
            per_day = {key: site.limits.per_day for key, site in self._sites.all().items()}
        except StoreUnavailable:
            yield _gauge("callme_database_up", "Whether the database can be read.", 0)
            return
        age = (now - totals.waiting_since).total_seconds() if totals.waiting_since else 0.0
        yield _gauge("callme_database_up", "Whether the database can be read.", 1)
        yield _ended(totals, per_day)
        yield _gauge("callme_calls_in_flight", "Calls that are being dialled.", totals.in_flight)
        yield _gauge("callme_calls_queued", "Calls that wait to be dialled.", totals.queued)
        yield _gauge("callme_calls_scheduled", "Calls planned for later.", totals.scheduled)
        yield _gauge(
            "callme_queue_age_seconds", "How long the call that is due for longest waits.", age
        )
        yield _gauge("callme_breaker_open", "Whether the vendor counts as down.", is_open)
        yield _gauge(
            "callme_menus_down", "Menus that count as down, and failed within the hour.", menus
        )
        yield from self._budgets(totals, per_day)

    def _breakers(self, now: datetime) -> tuple[bool, int]:
        """Whether the vendor counts as down, and how many menus do. A menu without calls, as its site is
        paused or has another menu now, never closes its breaker, so old failures are ignored."""
        if not self._breaker.threshold:
            return False, 0
        return WHOLE_VENDOR in self._breaker.states(), self._breaker.open_menus(now - MENU_MEMORY)

    def _budgets(self, totals: Totals, per_day: Mapping[str, int]) -> Iterator[Metric]:
        yield _gauge(
            "callme_calls_last_day",
            "Calls accepted in the last 24 hours, all sites together.",
            sum(totals.last_day.values()),
        )
        yield _gauge(
            "callme_calls_per_day_limit",
            "The most calls in 24 hours, all sites together; 0 for no limit.",
            self._calls_per_day,
        )
        used = GaugeMetricFamily(
            "callme_site_calls_last_day", "Calls accepted in the last 24 hours.", labels=["site"]
        )
        limit = GaugeMetricFamily(
            "callme_site_calls_per_day_limit",
            "The most calls in 24 hours; 0 for no limit.",
            labels=["site"],
        )
        for site, allowed in per_day.items():
            used.add_metric([site], totals.last_day.get(site, 0))
            limit.add_metric([site], allowed)
        yield used
        yield limit


class PrometheusExport:
    """Serves only requests with the `token`, or all if it is empty."""

    def __init__(self, metrics: Metrics, installation: Installation, token: str) -> None:
        self._metrics = metrics
        self._installation = installation
        self._token = token

    @property
    def is_guarded(self) -> bool:
        return bool(self._token)

    def admits(self, authorization: str) -> bool:
        """Whether this Authorization header grants access."""
        wanted = f"Bearer {self._token}"
        return not self._token or hmac.compare_digest(authorization.encode(), wanted.encode())

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(self._metrics.collector())
        registry.register(self._installation)
        return generate_latest(registry)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _ended(totals: Totals, sites: Iterable[str]) -> Metric:
    """Includes zeros: Prometheus sees no increase when a series starts at one."""
    family = CounterMetricFamily(
        "callme_calls", "Calls that came to their end, by how.", labels=["site", "state"]
    )
    none = {(site, status): 0 for site in sites for status in FINAL}
    for (site, status), times in sorted({**none, **totals.ended}.items()):
        family.add_metric([site, status.value], times)
    return family
