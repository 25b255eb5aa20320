"""`callme dispatch`."""

from __future__ import annotations

import signal

import click

from webapp.cli.database import ready_database
from webapp.cli.scrapes import listen_for_scrapes
from webapp.domain.clock import utc_now
from webapp.log import start_logging
from webapp.metrics import Metrics
from webapp.parts import create_background, create_prometheus_export
from webapp.settings import load_settings
from webapp.web.ops.monitoring import ScrapeServer


@click.command()
def dispatch() -> None:
    """The dispatcher alone: claims calls from the database and has the vendor ring them."""
    settings = load_settings()
    start_logging(settings.secrets, settings.log_format)
    scrapes = listen_for_scrapes(settings)
    database = ready_database(settings)
    metrics = Metrics()
    background = create_background(settings, database, utc_now, metrics)
    stop = {signal.SIGTERM, signal.SIGINT}
    # Blocked in every thread started from here on; this one waits for them below. A signal handler could
    # deadlock on a lock that the interrupted thread holds.
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    background.start()
    if scrapes:
        prometheus = create_prometheus_export(settings, database, utc_now, metrics)
        ScrapeServer(scrapes.fileno(), prometheus).start()
    click.echo("Callme's dispatcher is running")
    quick = signal.sigwait(stop) == signal.SIGINT
    background.stop(0 if quick else settings.vendor_patience.total_seconds())
