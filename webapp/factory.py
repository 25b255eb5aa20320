"""Puts the application together. Nothing is built at import."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from threading import Event

from flask import Flask

from webapp.assets import STATIC, Widget
from webapp.domain.clock import Clock, utc_now
from webapp.domain.proof import Proofs
from webapp.domain.suppression import Fingerprint
from webapp.domain.tokens import Tokens
from webapp.log import start_logging
from webapp.metrics import Metrics
from webapp.providers.base import Observe, Provider
from webapp.providers.captcha import SERVICES, Captcha
from webapp.providers.dialogtech import DialogTech
from webapp.providers.hooks import HookPost
from webapp.providers.http import WayOut
from webapp.services.attack import AttackWatch
from webapp.services.background import Background
from webapp.services.breaker import Breaker, BreakerCache
from webapp.services.dispatch import Dispatcher, DispatchLimits
from webapp.services.follow_call import FollowCall
from webapp.services.hooks import HookSender
from webapp.services.housekeeping import Housekeeping
from webapp.services.opt_out import OptOut
from webapp.services.place_call import PlaceCall
from webapp.services.post_call import TakePostCall
from webapp.services.prometheus import Installation, PrometheusExport
from webapp.services.refusals import Refusals
from webapp.services.request_call import RequestCall
from webapp.services.retention import Retention
from webapp.services.sites import SiteCache
from webapp.settings import Settings, load_settings
from webapp.store.attacks import AttackRepository
from webapp.store.breakers import BreakerRepository
from webapp.store.engine import Database
from webapp.store.intake import Intake
from webapp.store.listen_notify import Listener
from webapp.store.outbox import OutboxRepository
from webapp.store.pauses import PauseRepository
from webapp.store.post_calls import PostCallRepository
from webapp.store.progress import ProgressRepository
from webapp.store.queue import CallQueue
from webapp.store.refusals import RefusalRepository
from webapp.store.retention import RetentionRepository
from webapp.store.sites import SiteRepository
from webapp.store.suppressions import SuppressionRepository
from webapp.store.totals import TotalsRepository
from webapp.web.application import Application
from webapp.web.call.api import api
from webapp.web.call.pages import pages
from webapp.web.call.stop import stop
from webapp.web.context import EXTENSION, HealthChecks, Services
from webapp.web.error_handlers import handle_problems
from webapp.web.guards.gate import hold_back
from webapp.web.guards.limits import VisitorLimits, limit_visitors
from webapp.web.guards.security import secure_answers
from webapp.web.language import speak_languages
from webapp.web.ops.health import create_health
from webapp.web.ops.metering import meter_responses
from webapp.web.ops.ops import ops
from webapp.web.ops.post_call import post_call
from webapp.web.ops.reference import reference
from webapp.web.ops.request_ids import name_requests
from webapp.web.ops.scraping import ScrapeServer
from webapp.web.site.find import find_sites
from webapp.web.site.widget import widget
from webapp.words import Catalogues, load_catalogues


def create_app(
    settings: Settings | None = None,
    *,
    dispatcher: bool = False,
    metrics_fd: int | None = None,
    clock: Clock = utc_now,
) -> Flask:
    """The web half of Callme; with `dispatcher`, the other half too. That half is built but not
    started, and so is the server for Prometheus on the listening socket `metrics_fd`.

    Raises ConfigurationError.
    """
    settings = settings or load_settings()
    start_logging(settings.secrets, settings.log_format)
    database = Database(settings.database_url)
    metrics = Metrics()
    background = create_background(settings, database, clock, metrics) if dispatcher else None
    dialling = background.dispatcher if background else None

    app = Application()
    name_requests(app, trusted=settings.trusted_proxy_hops > 0)
    meter_responses(app, metrics)
    handle_problems(app)
    secure_answers(app, https=settings.public_url.startswith("https:"))
    speak_languages(app)
    find_sites(app)
    limits = VisitorLimits(
        redis_url=settings.redis_url, trusted_proxy_hops=settings.trusted_proxy_hops
    )
    limit_visitors(app, limits)
    hold_back(app)
    leaving = Event()
    redis = limits.storage if settings.redis_url else None
    health = create_health(database, dialling, redis, leaving)
    services = create_services(settings, database, dialling, clock, health, metrics)
    app.extensions |= {
        EXTENSION: services,
        "callme_database": database,
        "callme_background": background,
        "callme_scrapes": ScrapeServer(metrics_fd, services.prometheus) if metrics_fd else None,
        "callme_refusals": services.refusals,
        "callme_leaving": leaving,
    }
    for blueprint in (api, widget, pages, stop, post_call, ops, reference):
        app.register_blueprint(blueprint)
    return app


def create_widget(settings: Settings, catalogues: Catalogues) -> Widget:
    """The widget's files, the same bytes in every process of this installation."""
    return Widget(settings.public_url, catalogues)


def create_services(
    settings: Settings,
    database: Database,
    dispatcher: Dispatcher | None,
    clock: Clock,
    health: HealthChecks,
    metrics: Metrics,
) -> Services:
    """The services that the views use."""
    sites = SiteCache(SiteRepository(database, clock), PauseRepository(database, clock))
    catalogues = load_catalogues(STATIC / "locales")
    secret_key = settings.secret_key.get_secret_value()
    suppressions = create_suppressions(settings, database, clock)
    intake = Intake(database, suppressions)
    return Services(
        public_url=settings.public_url,
        clock=clock,
        calls_per_day=settings.calls_per_day,
        sites=sites,
        follow_call=FollowCall(ProgressRepository(database), clock),
        request_call=RequestCall(
            intake,
            BreakerCache(create_breakers(settings, database, clock)),
            clock,
            dispatcher.wake if dispatcher else _nobody,
        ),
        opt_out=OptOut(suppressions, sites),
        take_post_call=TakePostCall(PostCallRepository(database), clock),
        tokens=Tokens(secret_key, clock),
        proofs=Proofs(secret_key),
        attack=AttackWatch(AttackRepository(database, clock)),
        refusals=Refusals(RefusalRepository(database), clock, metrics),
        catalogues=catalogues,
        widget=create_widget(settings, catalogues),
        health=health,
        prometheus=create_prometheus_export(settings, database, clock, metrics),
        captcha=create_captcha(settings),
    )


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
    """The half that rings phones, not started."""
    return Background(
        create_dispatcher(settings, database, clock, metrics),
        Housekeeping(create_retention(settings, database, clock)),
        HookSender(OutboxRepository(database), HookPost(way_out_of(settings)), clock),
    )


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
    return Dispatcher(
        queue,
        PlaceCall(queue, provider, breaker, clock),
        breaker,
        clock,
        limits,
        partial(Listener, database),
        metrics,
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
    """Deletes old calls, and those of one number."""
    fingerprint = Fingerprint(settings.secret_key.get_secret_value())
    records = RetentionRepository(database, fingerprint)
    return Retention(records, SiteRepository(database, clock), clock)


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
    """How requests to others leave this network."""
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


def _nobody() -> None:
    """Wakes nobody: the dispatchers are other processes, which look at the table by themselves."""
