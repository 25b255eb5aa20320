"""`callme refusals`: how many requests were refused, for charts and alerts."""

from __future__ import annotations

from datetime import timedelta

import click

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.domain.refusals import meaning_of
from webapp.settings import load_settings
from webapp.store.refusals import RefusalRepository


@click.command()
@click.argument("site", required=False)
@click.option("--hours", type=click.IntRange(1, 24 * 90), default=24, show_default=True)
def refusals(site: str | None, hours: int) -> None:
    """Refused requests, one line each: the hour (UTC), the site, the reason code, how often, and what it
    means. No phone numbers."""
    since = utc_now() - timedelta(hours=hours)
    for one, count in RefusalRepository(ready_database(load_settings())).since(since, site).items():
        line = (
            f"{one.hour:%Y-%m-%d %H:00}",
            one.site or "-",
            one.reason,
            count,
            meaning_of(one.reason),
        )
        click.echo("\t".join(map(str, line)))
