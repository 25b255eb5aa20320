"""`callme refusals`: how many requests were refused, for charts and alerts."""

from __future__ import annotations

from datetime import timedelta

import click

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.settings import load_settings
from webapp.store.refusals import RefusalRepository


@click.command()
@click.argument("site", required=False)
@click.option("--hours", type=click.IntRange(1, 24 * 90), default=24, show_default=True)
def refusals(site: str | None, hours: int) -> None:
    """Refused requests, one line each: the hour (UTC), the site, the reason code, and how often. No
    phone numbers."""
    since = utc_now() - timedelta(hours=hours)
    for one, count in RefusalRepository(ready_database(load_settings())).since(since, site).items():
        click.echo(f"{one.hour:%Y-%m-%d %H:00}\t{one.site or '-'}\t{one.reason}\t{count}")
