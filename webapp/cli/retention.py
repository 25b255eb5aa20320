"""`callme forget` and `callme purge`: deleting what is kept about calls."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import click

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.domain.phone.number import international
from webapp.domain.retention import Forgotten
from webapp.errors import ConfigurationError
from webapp.parts import create_forget, create_retention
from webapp.settings import load_settings


@click.command()
@click.argument("number")
@click.option("--all-readings", is_flag=True, help="Every number that NUMBER may mean; do not ask.")
def forget(number: str, all_readings: bool) -> None:
    """Delete what is kept about NUMBER, now. If it may mean several numbers, you are asked first.

    Calls that wait to be dialled are cancelled. Calls of the last 24 hours stay as rows that say nothing
    about the person, as the limits count them. An entry in the suppression list stays too: it is a keyed
    hash, and it keeps the person from being called again.
    """
    settings = load_settings()
    database = ready_database(settings)
    forget_number = create_forget(settings, database, utc_now)
    wanted = forget_number.readings(number)
    if len(wanted) > 1 and not all_readings:
        click.echo("That may be any of these numbers:")
        for reading in wanted:
            click.echo(f"  {international(reading)}")
        click.confirm("Forget all of them?", abort=True)
    done = forget_number(wanted)
    for reading, result in done.items():
        click.echo(
            f"…{reading[-2:]}: {result.deleted} calls deleted, {result.blanked} of today blanked,"
            f" {result.evidence} records of consent deleted"
        )
    if faults := [fault for result in done.values() for fault in _faults(result)]:
        raise ConfigurationError(faults)


def _faults(result: Forgotten) -> Iterator[str]:
    """What could not be deleted yet."""
    if result.left:
        are = "1 call is" if result.left == 1 else f"{result.left} calls are"
        yield f"{are} being placed now; run this again in a few minutes"
    if not result.wiped:
        yield (
            "another program reads the database, and keeps deleted rows in its log;"
            " run this again when that has ended"
        )


@click.command()
def purge() -> None:
    """Delete everything older than the sites' retention_days and evidence_days, now.

    A dispatcher does this every hour anyway.
    """
    settings = load_settings()
    done = create_retention(settings, ready_database(settings), utc_now).purge(threading.Event())
    click.echo(
        f"{done.calls} calls, {done.evidence} records of consent and {done.refusals} counts of"
        " refusals deleted"
    )
