"""The console script `callme`, on Flask's click CLI."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

import click
from flask.cli import AppGroup

from webapp import __version__
from webapp.errors import ConfigurationError
from webapp.store.engine import StoreUnavailable

COMMANDS = {
    "demo": "demo",
    "serve": "serve",
    "web": "serve",
    "dispatch": "dispatch",
    "sandbox": "sandbox",
    "sites": "sites",
    "suppress": "suppress",
    "calls": "calls",
    "forget": "retention",
    "purge": "retention",
    "pause": "pause",
    "resume": "pause",
    "refusals": "refusals",
    "hooks": "hooks",
    "check": "check",
    "db": "db",
}
"""Each command and the module that defines it. Importing only that one halves most commands' start-up
time."""


class CallmeGroup(AppGroup):
    """Prints configuration and database faults, one line each, and exits with 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"{__name__}.{COMMANDS[cmd_name]}"), cmd_name)
        return cast(click.Command, command)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            faults = error.faults
        except StoreUnavailable as error:
            faults = [f"CALLME_DATABASE_URL: the database cannot be used: {error}"]
        for fault in faults:
            click.echo(f"callme: {fault}", err=True)
        return ctx.exit(1)


@click.group(cls=CallmeGroup)
@click.version_option(__version__)
def main() -> None:
    """A "Call me" button for websites, rung through DialogTech."""
