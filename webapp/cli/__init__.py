"""The console script `callme`, on Flask's click CLI."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from webapp import __version__
from webapp.cli.calls import calls
from webapp.cli.check import check
from webapp.cli.db import db
from webapp.cli.demo import demo
from webapp.cli.hooks import hooks
from webapp.cli.pause import pause, resume
from webapp.cli.refusals import refusals
from webapp.cli.retention import forget, purge
from webapp.cli.sandbox import sandbox
from webapp.cli.serve import dispatch, serve, web
from webapp.cli.sites import sites
from webapp.cli.suppress import suppress
from webapp.errors import ConfigurationError
from webapp.store.engine import StoreUnavailable


class CallmeGroup(AppGroup):
    """Reports faults that the operator can mend, one line each, and exits with 1."""

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


COMMANDS = (
    demo,
    serve,
    web,
    dispatch,
    sandbox,
    sites,
    suppress,
    calls,
    forget,
    purge,
    pause,
    resume,
    refusals,
    hooks,
    check,
    db,
)
for command in COMMANDS:
    main.add_command(command)
