"""`callme forget` and `callme purge`: deleting what is kept about calls."""

from __future__ import annotations

import threading

import click

from webapp.cli.database import ready_database
from webapp.cli.numbers import full_number
from webapp.domain.clock import utc_now
from webapp.errors import ConfigurationError
from webapp.factory import create_retention
from webapp.services.retention import Retention
from webapp.settings import load_settings


@click.command()
@click.argument("number")
def forget(number: str) -> None:
    """Delete what is kept about NUMBER (with its country code), now.

    Calls that wait to be dialled are cancelled. Calls of the last 24 hours stay as rows that say nothing
    about the person, as the limits count them. An entry in the suppression list stays too: it is a keyed
    hash, and it keeps the person from being called again.
    """
    wanted = full_number(number)
    done = _retention().forget(wanted)
    click.echo(
        f"…{wanted[-2:]}: {done.deleted} calls deleted, {done.blanked} of today blanked,"
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
    if faults:
        raise ConfigurationError(faults)


@click.command()
def purge() -> None:
    """Delete everything older than the sites' retention_days and evidence_days, now.

    A dispatcher does this every hour anyway.
    """
    done = _retention().purge(threading.Event())
    click.echo(
        f"{done.calls} calls, {done.evidence} records of consent and {done.refusals} counts of"
        " refusals deleted"
    )


def _retention() -> Retention:
    settings = load_settings()
    return create_retention(settings, ready_database(settings), utc_now)
