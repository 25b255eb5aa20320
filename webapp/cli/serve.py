"""`callme serve`, `callme web` and `callme dispatch`."""

from __future__ import annotations

import os
import signal
import sys
import threading

import click

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.errors import ConfigurationError
from webapp.factory import create_dispatcher, create_hooks, create_retention, vendor_patience
from webapp.listening import listen, origin_of
from webapp.logs import configure_logging
from webapp.services.housekeeping import Housekeeping
from webapp.settings import Settings, load_settings

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
    """The dispatcher alone: claims calls from the database and has them rung."""
    settings = load_settings()
    configure_logging(settings.secrets)
    database = ready_database(settings)
    dispatcher = create_dispatcher(settings, database, utc_now)
    housekeeping = Housekeeping(create_retention(settings, database, utc_now))
    hooks = create_hooks(database, utc_now)
    told = threading.Event()
    signals: list[int] = []

    def stop(number: int, _frame: object) -> None:
        signals.append(number)
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    dispatcher.start()
    housekeeping.start()
    hooks.start()
    click.echo("Callme's dispatcher is running")
    while not told.wait(1):
        pass  # in turns: a signal that another thread takes does not wake one that waits for good
    housekeeping.stop()
    quick = signals[0] == signal.SIGINT
    dispatcher.stop(0 if quick else vendor_patience(settings).total_seconds())
    hooks.stop()  # after the last calls, of which it may still tell


def gunicorn_command(listener_fd: int, *, dispatcher: bool) -> list[str]:
    """The server as a command of its own, on a socket that listens already."""
    return [
        sys.executable,
        *("-m", "gunicorn"),
        *("--config", "python:webapp.server"),
        *("--bind", f"fd://{listener_fd}"),
        f"webapp.factory:create_app(dispatcher={dispatcher})",
    ]


def _become_gunicorn(
    settings: Settings, host: str, port: int, *, dispatcher: bool, workers: int = 1
) -> None:
    """Check everything, then let gunicorn take this process over: what only the checks needed
    does not stay in memory, and signals reach gunicorn itself."""
    listener = listen(host, port)  # first: when that fails, no database has been made or migrated
    ready_database(settings).close()
    click.echo(f"Callme listens on {origin_of(listener)}, public address {settings.public_url}")
    sys.stdout.flush()
    listener.set_inheritable(True)
    environment = {
        **os.environ,
        "CALLME_WEB_WORKERS": str(workers),
        "CALLME_DRAIN_SECONDS": str(vendor_patience(settings).total_seconds()),
        "CALLME_LEAVE_SECONDS": str(settings.leave_seconds),
    }
    command = gunicorn_command(listener.fileno(), dispatcher=dispatcher)
    os.execve(command[0], command, environment)  # noqa: S606
