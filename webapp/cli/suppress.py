"""`callme suppress`: numbers that must never be called."""

from __future__ import annotations

import re

import click

from webapp.cli.database import ready_database
from webapp.cli.files import read_text
from webapp.cli.numbers import all_numbers
from webapp.domain.clock import utc_now
from webapp.domain.phone import PhoneError
from webapp.domain.sites import readings_of
from webapp.domain.suppression import Source
from webapp.errors import ConfigurationError
from webapp.factory import create_suppressions
from webapp.settings import load_settings
from webapp.store.sites import SiteRepository
from webapp.store.suppressions import SuppressionRepository

_PREFIX = re.compile(r"\+[1-9]\d{0,13}\Z")


@click.group()
def suppress() -> None:
    """Numbers that must never be called. They are kept as keyed hashes."""


@suppress.command()
@click.argument("number")
@click.option("--prefix", is_flag=True, help="All numbers that begin so, for example +1900.")
def add(number: str, prefix: bool) -> None:
    """Never call NUMBER: all that it may mean, if its country code is left out."""
    suppressions, sites = _repositories()
    if prefix:
        new = suppressions.add_prefix(_prefix(number))
    else:
        new = bool(suppressions.add(all_numbers(number, sites), Source.OPERATOR))
    click.echo("added" if new else "known already")


@suppress.command()
@click.argument("number")
def remove(number: str) -> None:
    """Take NUMBER, or a prefix, off the list again."""
    suppressions, sites = _repositories()
    removed = bool(_PREFIX.match(number)) and suppressions.remove(number)
    if not removed and not any([*map(suppressions.remove, all_numbers(number, sites))]):
        raise ConfigurationError([f"{number[:2]}…: is not on the list"])
    click.echo("removed")


@suppress.command("list")
def list_suppressions() -> None:
    """One line per entry: when it was added, by whom, and the last two digits or the prefix."""
    suppressions, _ = _repositories()
    for one in suppressions.all():
        shown = one.prefix + "…" if one.prefix else f"…{one.last_two}"
        click.echo(f"{one.added_at:%Y-%m-%d %H:%M}\t{one.source.value}\t{shown}")


@suppress.command("import")
@click.argument("file")
def import_file(file: str) -> None:
    """Never call the numbers of FILE (- for standard input), one per line: all are added, or none if any
    is wrong."""
    suppressions, sites = _repositories()
    known = sites.all().values()
    numbers: list[str] = []
    faults: list[str] = []
    for at, line in enumerate(read_text(file).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            numbers += readings_of(line, known)
        except PhoneError:
            faults.append(f"{file}, line {at}: no full international number")
    if faults:
        raise ConfigurationError(faults)
    click.echo(f"{suppressions.add(numbers, Source.OPERATOR)} added")


def _prefix(text: str) -> str:
    if not _PREFIX.match(text):
        raise ConfigurationError(["that is no prefix; write it like +1900"])
    return text


def _repositories() -> tuple[SuppressionRepository, SiteRepository]:
    settings = load_settings()
    database = ready_database(settings)
    return create_suppressions(settings, database, utc_now), SiteRepository(database, utc_now)
