"""`callme suppress`: numbers that must never be called."""

from __future__ import annotations

import click

from webapp.cli.database import ready_database
from webapp.cli.files import read_text
from webapp.domain.clock import utc_now
from webapp.errors import ConfigurationError
from webapp.parts import create_suppressions
from webapp.services.operator.suppressions import SuppressionList
from webapp.settings import load_settings
from webapp.store.sites import SiteRepository


@click.group()
def suppress() -> None:
    """Numbers that must never be called. They are kept as keyed hashes."""


@suppress.command()
@click.argument("number")
@click.option("--prefix", is_flag=True, help="All numbers that begin so, for example +1900.")
def add(number: str, prefix: bool) -> None:
    """Never call NUMBER: all that it may mean, if its country code is left out."""
    suppressions = _list()
    new = suppressions.add_prefix(number) if prefix else suppressions.add(number)
    click.echo("added" if new else "known already")


@suppress.command()
@click.argument("number")
def remove(number: str) -> None:
    """Take NUMBER, or a prefix, off the list again."""
    if not _list().remove(number):
        raise ConfigurationError([f"{number[:2]}…: is not on the list"])
    click.echo("removed")


@suppress.command("list")
def list_suppressions() -> None:
    """One line per entry: when it was added, by whom, and the last two digits or the prefix."""
    for entry in _list().all():
        shown = entry.prefix + "…" if entry.prefix else f"…{entry.last_two}"
        click.echo(f"{entry.added_at:%Y-%m-%d %H:%M}\t{entry.source.value}\t{shown}")


@suppress.command("import")
@click.argument("file")
def import_file(file: str) -> None:
    """Never call the numbers of FILE (- for standard input), one per line: all are added, or none if any
    is wrong."""
    suppressions = _list()
    click.echo(f"{suppressions.add_lines(read_text(file).splitlines(), file)} added")


def _list() -> SuppressionList:
    settings = load_settings()
    database = ready_database(settings)
    suppressions = create_suppressions(settings, database, utc_now)
    return SuppressionList(suppressions, SiteRepository(database, utc_now))
