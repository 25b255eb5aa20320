"""`callme suppress`: numbers that must never be called."""

from __future__ import annotations

import re

import click

from webapp.cli.database import ready_database
from webapp.cli.files import read_text
from webapp.cli.numbers import full_number
from webapp.domain.clock import utc_now
from webapp.domain.phone import PhoneError, parse_phone
from webapp.domain.suppression import Source
from webapp.errors import ConfigurationError
from webapp.factory import create_suppressions
from webapp.settings import load_settings
from webapp.store.suppressions import SuppressionRepository

_PREFIX = re.compile(r"\+[1-9]\d{0,13}\Z")


@click.group()
def suppress() -> None:
    """Numbers that must never be called. They are kept as keyed hashes."""


@suppress.command()
@click.argument("number")
@click.option("--prefix", is_flag=True, help="All numbers that begin so, for example +1900.")
def add(number: str, prefix: bool) -> None:
    """Never call NUMBER (with its country code)."""
    if prefix:
        new = _repository().add_prefix(_prefix(number))
    else:
        new = bool(_repository().add([full_number(number)], Source.OPERATOR))
    click.echo("added" if new else "known already")


@suppress.command()
@click.argument("number")
def remove(number: str) -> None:
    """Take NUMBER, or a prefix, off the list again."""
    repository = _repository()
    removed = _PREFIX.match(number) and repository.remove(number)
    if not removed and not repository.remove(full_number(number)):
        raise ConfigurationError([f"{number[:2]}…: is not on the list"])
    click.echo("removed")


@suppress.command("list")
def list_suppressions() -> None:
    """One line per entry: when it was added, by whom, and the last two digits or the prefix."""
    for one in _repository().all():
        shown = one.prefix + "…" if one.prefix else f"…{one.last_two}"
        click.echo(f"{one.added_at:%Y-%m-%d %H:%M}\t{one.source.value}\t{shown}")


@suppress.command("import")
@click.argument("file")
def import_file(file: str) -> None:
    """Never call the numbers of FILE (- for standard input), one per line: all are added, or none if any
    is wrong."""
    numbers: list[str] = []
    faults: list[str] = []
    for at, line in enumerate(read_text(file).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            numbers.append(parse_phone(line, "ZZ").e164)
        except PhoneError:
            faults.append(f"{file}, line {at}: no full international number")
    if faults:
        raise ConfigurationError(faults)
    click.echo(f"{_repository().add(numbers, Source.OPERATOR)} added")


def _prefix(text: str) -> str:
    if not _PREFIX.match(text):
        raise ConfigurationError(["that is no prefix; write it like +1900"])
    return text


def _repository() -> SuppressionRepository:
    settings = load_settings()
    return create_suppressions(settings, ready_database(settings), utc_now)
