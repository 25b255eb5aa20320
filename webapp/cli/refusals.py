"""`callme refusals`: how many requests were refused, for charts and alerts."""

from __future__ import annotations

import click

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.services.operator.refusals import refusals_of
from webapp.settings import load_settings


@click.command()
@click.argument("site", required=False)
@click.option("--hours", type=click.IntRange(1, 24 * 90), default=24, show_default=True)
def refusals(site: str | None, hours: int) -> None:
    """Refused requests, one line each: the hour (UTC), the site, the reason code, how often, and what it
    means. No phone numbers."""
    database = ready_database(load_settings())
    for refusal in refusals_of(database, utc_now, site, hours):
        line = (
            f"{refusal.hour:%Y-%m-%d %H:00}",
            refusal.site or "-",
            refusal.code,
            str(refusal.count),
            refusal.meaning,
        )
        click.echo("\t".join(line))
