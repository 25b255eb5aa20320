"""`callme forget` and `callme purge`: deleting what is kept about calls."""

from __future__ import annotations

import threading

import click

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.domain.phone.number import international
from webapp.errors import ConfigurationError
from webapp.factory import create_retention
from webapp.services.operator.numbers import all_numbers
from webapp.services.retention import Retention
from webapp.settings import load_settings
from webapp.store.sites import SiteRepository


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
    wanted = all_numbers(number, SiteRepository(database, utc_now))
    if len(wanted) > 1 and not all_readings:
        click.echo("That may be any of these numbers:")
        for reading in wanted:
            click.echo(f"  {international(reading)}")
        click.confirm("Forget all of them?", abort=True)
    retention = create_retention(settings, database, utc_now)
    faults = [fault for reading in wanted for fault in _forget(retention, reading)]
    if faults:
        raise ConfigurationError(faults)


def _forget(retention: Retention, number: str) -> list[str]:
    """Forget the number; returns what stays."""
    done = retention.forget(number)
    click.echo(
        f"…{number[-2:]}: {done.deleted} calls deleted, {done.blanked} of today blanked,"
        f" {done.evidence} records of consent deleted"
    )
    faults = []
    if done.left:
        are = "1 call is" if done.left == 1 else f"{done.left} calls are"
        faults.append(f"{are} being placed now; run this again in a few minutes")
    if not done.wiped:
        faults.append(
            "another program reads the database, and keeps deleted rows in its log;"
            " run this again when that has ended"
        )
    return faults


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
