"""`callme db`."""

from __future__ import annotations

import click

from webapp.cli.database import new_database, upgrade_schema
from webapp.settings import load_settings


@click.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Run the missing migrations."""
    database = new_database(load_settings())
    upgrade_schema(database)
    click.echo(f"{database.name} is up to date")
