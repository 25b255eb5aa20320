"""`callme db`."""

from __future__ import annotations

import click

from webapp.cli.database import new_database
from webapp.settings import load_settings
from webapp.store.schema import upgrade


@click.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Run the migrations that are missing."""
    database = new_database(load_settings())
    upgrade(database)
    click.echo(f"{database.name} is up to date")
