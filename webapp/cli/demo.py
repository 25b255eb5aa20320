"""`callme demo`: everything on this machine, on three loopback origins."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from webapp.child import python_path
from webapp.cli.serve import gunicorn_arguments
from webapp.domain.clock import utc_now
from webapp.domain.site.reading import parse_sites
from webapp.errors import ConfigurationError
from webapp.listening import listen, origin_of
from webapp.sandbox.landing import create_landing, sample_sites
from webapp.sandbox.planned import Planned
from webapp.sandbox.serving import serve_in_thread, server_on
from webapp.sandbox.vendor import ACCESS_KEY, SECRET_ACCESS_KEY, create_vendor
from webapp.store.engine import Database
from webapp.store.schema import upgrade
from webapp.store.sites import SiteRepository

HOST = "127.0.0.1"
STOP_SECONDS = 3.0


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65533))
@click.option(
    "--delay",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 600),
    help="Ringing time.",
)
def demo(port: int, delay: float) -> None:
    """A sample landing page, Callme, and a stand-in DialogTech. Needs no settings."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        landing, callme, sandbox = (
            stack.enter_context(listen(HOST, port + at if port else 0)) for at in range(3)
        )
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="callme-demo-")))
        environment = _environment(folder, origin_of(callme), origin_of(sandbox))
        _store_sample_site(environment["CALLME_DATABASE_URL"], landing)
        serve_in_thread(server_on(sandbox, create_vendor(delay)))
        database = Database(environment["CALLME_DATABASE_URL"])
        page = create_landing(origin_of(callme), origin_of(sandbox), Planned(database, utc_now))
        serve_in_thread(server_on(landing, page))
        server = stack.enter_context(_callme(callme, environment, folder))
        click.echo(f"Callme's demo is at {origin_of(landing)}/  (Ctrl-C ends it)")
        try:
            code = _wait_for(server)
        except KeyboardInterrupt:
            click.echo("ended")
        else:
            raise ConfigurationError([f"the server ended by itself with code {code}"])


def _environment(folder: Path, callme_url: str, sandbox_url: str) -> dict[str, str]:
    """The settings of the demo's server. Those that the demo does not set come from the environment."""
    return {
        "CALLME_DIALOGTECH_READ_TIMEOUT": "40",
        "CALLME_BREAKER_FAILURES": "0",  # in the demo, some numbers are meant to make the vendor fail
        **os.environ,
        "PYTHONPATH": python_path(),
        "CALLME_SECRET_KEY": secrets.token_urlsafe(48),
        "CALLME_DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
        "CALLME_REDIS_URL": "",
        "CALLME_PUBLIC_URL": callme_url,
        "CALLME_DIALOGTECH_URL": f"{sandbox_url}/ibp_api.php",
        "CALLME_DIALOGTECH_ACCESS_KEY": ACCESS_KEY,
        "CALLME_DIALOGTECH_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
    }


def _store_sample_site(database_url: str, landing: socket.socket) -> None:
    database = Database(database_url)
    upgrade(database)
    port = landing.getsockname()[1]
    origins = [origin_of(landing), f"http://localhost:{port}"]
    sites = parse_sites(sample_sites(origins, utc_now()), "the sample site")
    SiteRepository(database, utc_now).apply(sites, prune=False)
    database.close()


def _wait_for(server: subprocess.Popen[bytes]) -> int:
    """Returns its exit code. Polls, as a signal delivered to another thread does not interrupt a wait
    without a timeout."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            return server.wait(1)


@contextmanager
def _callme(
    listener: socket.socket, environment: dict[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """The production server in its own process and session: Ctrl-C reaches only this process, which then
    stops the server."""
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *gunicorn_arguments(listener.fileno(), dispatcher=True)],
        env=environment,
        cwd=folder,  # so that the demo reads no .env of the working directory
        pass_fds=[listener.fileno()],
        start_new_session=True,
    )
    try:
        yield server
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
