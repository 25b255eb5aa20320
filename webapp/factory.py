"""Puts the application together. Nothing is built at import."""

from __future__ import annotations

from threading import Event

from flask import Flask

from webapp.assets import STATIC, Widget
from webapp.context import EXTENSION, Services
from webapp.domain.call_keys import CallKeys
from webapp.domain.clock import Clock, utc_now
from webapp.domain.proof import Proofs
from webapp.domain.tokens import Tokens
from webapp.log import start_logging
from webapp.metrics import Metrics
from webapp.parts import (
    create_background,
    create_breakers,
    create_captcha,
    create_prometheus_export,
    create_site_cache,
    create_suppressions,
)
from webapp.services.attack import AttackWatch
from webapp.services.breaker import BreakerCache
from webapp.services.dispatch import Dispatcher
from webapp.services.follow_call import FollowCall
from webapp.services.gate import Gate
from webapp.services.health import HealthChecks, create_health
from webapp.services.moments import Moments
from webapp.services.opt_out import OptOut
from webapp.services.planning import Planning
from webapp.services.post_call import TakePostCall
from webapp.services.proof import ProofOfWork
from webapp.services.refusals import Refusals
from webapp.services.request_call import RequestCall
from webapp.settings import Settings, load_settings
from webapp.store.attacks import AttackRepository
from webapp.store.calls import CallRepository
from webapp.store.engine import Database
from webapp.store.intake import Intake
from webapp.store.planned import PlannedCalls
from webapp.store.post_calls import PostCallRepository
from webapp.store.progress import ProgressRepository
from webapp.store.refusals import RefusalRepository
from webapp.web.application import Application
from webapp.web.call.api import api
from webapp.web.call.pages import pages
from webapp.web.call.plans import plans
from webapp.web.call.status import status
from webapp.web.call.stop import stop
from webapp.web.error_handlers import handle_problems
from webapp.web.guards.limits import limit_visitors
from webapp.web.guards.security import secure_answers
from webapp.web.language import speak_languages
from webapp.web.ops.metering import meter_responses
from webapp.web.ops.monitoring import ScrapeServer, ops
from webapp.web.ops.post_call import post_call
from webapp.web.ops.reference import reference
from webapp.web.ops.request_ids import name_requests
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
    for blueprint in (api, plans, widget, pages, status, stop, post_call, ops, reference):
        app.register_blueprint(blueprint)
    counters = limit_visitors(
        app, redis_url=settings.redis_url, trusted_proxy_hops=settings.trusted_proxy_hops
    )
    leaving = Event()
    health = create_health(database, dialling, counters, leaving)
    services = create_services(settings, database, dialling, clock, health, metrics)
    app.extensions |= {
        EXTENSION: services,
        "callme_database": database,
        "callme_background": background,
        "callme_scrapes": ScrapeServer(metrics_fd, services.prometheus) if metrics_fd else None,
        "callme_refusals": services.refusals,
        "callme_leaving": leaving,
    }
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
    sites = create_site_cache(database, clock)
    catalogues = load_catalogues(STATIC / "locales")
    secret_key = settings.secret_key.get_secret_value()
    suppressions = create_suppressions(settings, database, clock)
    intake = Intake(database, suppressions)
    wake = dispatcher.wake if dispatcher else _wake_nobody
    attack = AttackWatch(AttackRepository(database, clock))
    return Services(
        public_url=settings.public_url,
        clock=clock,
        calls_per_day=settings.calls_per_day,
        sites=sites,
        follow_call=FollowCall(ProgressRepository(database), clock),
        moments=Moments(sites, clock),
        request_call=RequestCall(
            intake,
            BreakerCache(create_breakers(settings, database, clock)),
            clock,
            wake,
        ),
        planning=Planning(
            PlannedCalls(database), intake, CallRepository(database), sites, clock, wake
        ),
        call_keys=CallKeys(secret_key),
        opt_out=OptOut(suppressions, sites),
        take_post_call=TakePostCall(PostCallRepository(database), clock),
        tokens=Tokens(secret_key, clock),
        attack=attack,
        gate=Gate(attack.level),
        proof=ProofOfWork(Proofs(secret_key), attack),
        refusals=Refusals(RefusalRepository(database), clock, metrics),
        catalogues=catalogues,
        widget=create_widget(settings, catalogues),
        health=health,
        prometheus=create_prometheus_export(settings, database, clock, metrics),
        captcha=create_captcha(settings),
    )


def _wake_nobody() -> None:
    """There is no dispatcher in this process; those in others poll the table."""
