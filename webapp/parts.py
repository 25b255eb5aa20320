"""Builds each part of Callme from the settings. Nothing is started."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from webapp.domain.clock import Clock
from webapp.domain.suppression import Fingerprint
from webapp.metrics import Metrics
from webapp.providers.base import Observe, Provider
from webapp.providers.captcha import SERVICES, Captcha
from webapp.providers.dialogtech import DialogTech
from webapp.providers.hooks import HookPost
from webapp.providers.http import WayOut
from webapp.services.background import Background
from webapp.services.breaker import Breaker
from webapp.services.dispatch import Dispatcher, DispatchLimits
from webapp.services.due_calls import DueCalls
from webapp.services.holidays import HolidayCalendars
from webapp.services.hooks import HookSender
from webapp.services.housekeeping import Housekeeping
from webapp.services.operator.forget import ForgetNumber
from webapp.services.place_call import PlaceCall
from webapp.services.prometheus import Installation, PrometheusExport
from webapp.services.retention import Retention
from webapp.services.retries import Retries
from webapp.services.sites import SiteCache
from webapp.settings import Settings
from webapp.store.breakers import BreakerRepository
from webapp.store.engine import Database
from webapp.store.holidays import HolidayRepository
from webapp.store.intake import Intake
from webapp.store.listen_notify import Listener
from webapp.store.outbox import OutboxRepository
from webapp.store.pauses import PauseRepository
from webapp.store.planned import PlannedCalls
from webapp.store.queue import CallQueue
from webapp.store.retention import RetentionRepository
from webapp.store.sites import SiteRepository
from webapp.store.suppressions import SuppressionRepository
from webapp.store.totals import TotalsRepository


def create_prometheus_export(
    settings: Settings, database: Database, clock: Clock, metrics: Metrics
) -> PrometheusExport:
    """The content of `/metrics`, on either port."""
    installation = Installation(
        TotalsRepository(database),
        create_breakers(settings, database, clock),
        SiteRepository(database, clock),
        clock,
        settings.calls_per_day,
    )
    return PrometheusExport(metrics, installation, settings.metrics_token.get_secret_value())


def create_background(
    settings: Settings, database: Database, clock: Clock, metrics: Metrics
) -> Background:
    """The dispatcher and what runs beside it, not started."""
    return Background(
        create_dispatcher(settings, database, clock, metrics),
        create_housekeeping(settings, database, clock),
        HookSender(OutboxRepository(database), HookPost(way_out_of(settings)), clock),
    )


def create_housekeeping(settings: Settings, database: Database, clock: Clock) -> Housekeeping:
    """What is done now and then, not started."""
    calendars = HolidayCalendars(HolidayRepository(database), clock)
    refresh = partial(calendars.refresh, SiteRepository(database, clock))
    return Housekeeping(create_retention(settings, database, clock), refresh)


def create_dispatcher(
    settings: Settings,
    database: Database,
    clock: Clock,
    metrics: Metrics,
    provider: Provider | None = None,
) -> Dispatcher:
    """The dispatcher, not started; with another `provider` than the settings name, if there is one."""
    limits = DispatchLimits(
        in_flight=settings.max_calls_in_flight,
        per_minute=settings.dialogtech_calls_per_minute,
        lease=timedelta(seconds=settings.lease_seconds),
        patience=settings.vendor_patience,
    )
    queue = CallQueue(database, create_suppressions(settings, database, clock))
    provider = provider or create_provider(settings, metrics.ordered)
    breaker = Breaker(create_breakers(settings, database, clock))
    sites = create_site_cache(database, clock)
    retries = Retries(sites, clock, settings.calls_per_day)
    intake = Intake(database, create_suppressions(settings, database, clock))
    return Dispatcher(
        queue,
        PlaceCall(queue, provider, breaker, retries, clock),
        breaker,
        clock,
        limits,
        partial(Listener, database),
        metrics,
        DueCalls(PlannedCalls(database), intake, sites, clock, metrics),
    )


def create_site_cache(database: Database, clock: Clock) -> SiteCache:
    """The sites as the database has them, at most a second old."""
    return SiteCache(
        SiteRepository(database, clock),
        PauseRepository(database, clock),
        HolidayRepository(database),
    )


def create_suppressions(
    settings: Settings, database: Database, clock: Clock
) -> SuppressionRepository:
    """The suppression list: numbers that must never be called."""
    fingerprint = Fingerprint(settings.secret_key.get_secret_value())
    return SuppressionRepository(database, fingerprint, clock)


def create_breakers(settings: Settings, database: Database, clock: Clock) -> BreakerRepository:
    """The circuit breaker's state in the database."""
    return BreakerRepository(database, clock, DialogTech.name, settings.breaker_failures)


def create_retention(settings: Settings, database: Database, clock: Clock) -> Retention:
    """Deletes old calls, and all calls of one number."""
    fingerprint = Fingerprint(settings.secret_key.get_secret_value())
    records = RetentionRepository(database, fingerprint)
    return Retention(records, SiteRepository(database, clock), clock)


def create_forget(settings: Settings, database: Database, clock: Clock) -> ForgetNumber:
    """Deletes what is known of a number."""
    retention = create_retention(settings, database, clock)
    return ForgetNumber(retention, SiteRepository(database, clock))


def create_provider(settings: Settings, observe: Observe | None = None) -> Provider:
    """The vendor that the settings name."""
    return DialogTech(
        settings.dialogtech_url,
        settings.dialogtech_access_key.get_secret_value(),
        settings.dialogtech_secret_access_key.get_secret_value(),
        settings.dialogtech_connect_timeout,
        settings.dialogtech_read_timeout,
        observe,
        way_out_of(settings),
    )


def way_out_of(settings: Settings) -> WayOut:
    """The proxy and certificates for outgoing requests."""
    return WayOut(settings.proxy_url, settings.ca_file)


def create_captcha(settings: Settings) -> Captcha | None:
    """The captcha service that the settings name, if any."""
    if not settings.captcha:
        return None
    return Captcha(
        SERVICES[settings.captcha],
        settings.captcha_site_key,
        settings.captcha_secret.get_secret_value(),
        settings.captcha_url,
        way_out=way_out_of(settings),
    )
