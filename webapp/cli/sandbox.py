"""`callme sandbox`."""

from __future__ import annotations

import signal

import click

from webapp.listening import listen, origin_of
from webapp.sandbox.serving import server_on
from webapp.sandbox.vendor import create_vendor


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--delay",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 600),
    help="Ringing time in seconds of the usual outcome.",
)
def sandbox(host: str, port: int, delay: float) -> None:
    """The stand-in DialogTech alone: keys foo and bar, real HTTP, no phone."""
    listener = listen(host, port)
    server = server_on(listener, create_vendor(delay))
    click.echo(f"The stand-in DialogTech answers at {origin_of(listener)}/ibp_api.php")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("ended")
