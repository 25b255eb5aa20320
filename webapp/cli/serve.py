"""`callme serve`, `callme web` and `callme dispatch`."""

from __future__ import annotations

import os
import signal
import socket
import sys

import click

from webapp.cli.counters import open_counters
from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.errors import ConfigurationError
from webapp.events import start_logging
from webapp.factory import (
    create_background,
    create_exposition,
    vendor_patience,
)
from webapp.listening import listen, origin_of
from webapp.metrics import Metrics
from webapp.settings import Settings, load_settings
from webapp.web.scraping import ScrapeServer

DRAIN_SECONDS = "_CALLME_DRAIN_SECONDS"
"""The variable that webapp/server.py, gunicorn's configuration, reads. It is not a setting, so it is
not named like one."""

host_option = click.option("--host", default="127.0.0.1", show_default=True)
port_option = click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))


@click.command()
@host_option
@port_option
def serve(host: str, port: int) -> None:
    """Web and dispatcher in one process: production on one machine."""
    _become_gunicorn(load_settings(), host, port, dispatcher=True)


@click.command()
@host_option
@port_option
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def web(host: str, port: int, workers: int) -> None:
    """The web half alone; `callme dispatch` is the other."""
    settings = load_settings()
    if workers > 1 and not settings.redis_url:
        raise ConfigurationError(
            [
                "CALLME_REDIS_URL: needed with more than one web worker, as their limits are shared; "
                "for example redis://127.0.0.1:6379/0"
            ]
        )
    _become_gunicorn(settings, host, port, dispatcher=False, workers=workers)


@click.command()
def dispatch() -> None:
    """The dispatcher alone: claims calls from the database and has the vendor ring them."""
    settings = load_settings()
    start_logging(settings.secrets, settings.log_format)
    scrapes = _listen_for_scrapes(settings)
    database = ready_database(settings)
    metrics = Metrics()
    background = create_background(settings, database, utc_now, metrics)
    stop = {signal.SIGTERM, signal.SIGINT}
    # Blocked in all threads that are started from here on; this one then waits for them. A handler
    # could run while this thread holds a lock that the handler needs, and neither would go on.
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    background.start()
    if scrapes:
        exposition = create_exposition(settings, database, utc_now, metrics)
        ScrapeServer(scrapes.fileno(), exposition).start()
    click.echo("Callme's dispatcher is running")
    quick = signal.sigwait(stop) == signal.SIGINT
    background.stop(0 if quick else vendor_patience(settings).total_seconds())


def gunicorn_command(
    listener_fd: int, *, dispatcher: bool, metrics_fd: int | None = None, workers: int = 1
) -> list[str]:
    """The command that runs the server, on sockets that listen already."""
    return [
        sys.executable,
        *("-m", "gunicorn"),
        *("--config", "python:webapp.server"),
        *("--bind", f"fd://{listener_fd}"),
        *("--workers", str(workers)),
        f"webapp.factory:create_app(dispatcher={dispatcher}, metrics_fd={metrics_fd})",
    ]


def _become_gunicorn(
    settings: Settings, host: str, port: int, *, dispatcher: bool, workers: int = 1
) -> None:
    """Check everything, then replace this process by gunicorn: what only the checks needed does not
    stay in memory, and signals reach gunicorn itself."""
    listener = listen(host, port)  # first: if it fails, no database has been made or migrated
    scrapes = _listen_for_scrapes(settings)
    open_counters(settings)
    ready_database(settings).close()
    click.echo(f"Callme listens on {origin_of(listener)}, public address {settings.public_url}")
    sys.stdout.flush()
    listener.set_inheritable(True)
    environment = {
        **os.environ,
        DRAIN_SECONDS: str(vendor_patience(settings).total_seconds()),
        "CALLME_LEAVE_SECONDS": str(settings.leave_seconds),
        "CALLME_LOG_FORMAT": settings.log_format,
    }
    if scrapes:
        scrapes.set_inheritable(True)
    command = gunicorn_command(
        listener.fileno(),
        dispatcher=dispatcher,
        metrics_fd=scrapes.fileno() if scrapes else None,
        workers=workers,
    )
    os.execve(command[0], command, environment)  # noqa: S606


def _listen_for_scrapes(settings: Settings) -> socket.socket | None:
    """The socket for Prometheus, if the settings name a port for it."""
    if not settings.metrics_port:
        return None
    return listen(settings.metrics_host, settings.metrics_port, chosen_by="CALLME_METRICS_PORT")
