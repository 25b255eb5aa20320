"""`callme serve` and `callme web`."""

from __future__ import annotations

import gc
import os
import sys

import click
from gunicorn.app.wsgiapp import WSGIApplication

from webapp.cli.counters import open_counters
from webapp.cli.database import ready_database
from webapp.cli.scrapes import listen_for_scrapes
from webapp.errors import ConfigurationError
from webapp.listening import listen, origin_of
from webapp.settings import Settings, load_settings

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


def gunicorn_arguments(
    listener_fd: int, *, dispatcher: bool, metrics_fd: int | None = None, workers: int = 1
) -> list[str]:
    """gunicorn's command line, for sockets that listen already."""
    return [
        *("--config", "python:webapp.server"),
        *("--bind", f"fd://{listener_fd}"),
        *("--workers", str(workers)),
        f"webapp.factory:create_app(dispatcher={dispatcher}, metrics_fd={metrics_fd})",
    ]


def _become_gunicorn(
    settings: Settings, host: str, port: int, *, dispatcher: bool, workers: int = 1
) -> None:
    """Check everything, then run gunicorn in this process, so that nothing is imported twice. Its
    workers import the application."""
    listener = listen(host, port)  # first: if it fails, no database has been made or migrated
    scrapes = listen_for_scrapes(settings)
    open_counters(settings)
    ready_database(settings).close()
    click.echo(f"Callme listens on {origin_of(listener)}, public address {settings.public_url}")
    sys.stdout.flush()
    os.environ |= {
        DRAIN_SECONDS: str(settings.vendor_patience.total_seconds()),
        "CALLME_LEAVE_SECONDS": str(settings.leave_seconds),
        "CALLME_LOG_FORMAT": settings.log_format,
    }
    # Freezing what is loaded by now lets the workers share its memory pages.
    gc.collect()
    gc.freeze()
    sys.argv[1:] = gunicorn_arguments(
        listener.fileno(),
        dispatcher=dispatcher,
        metrics_fd=scrapes.fileno() if scrapes else None,
        workers=workers,
    )
    WSGIApplication(prog="callme").run()
