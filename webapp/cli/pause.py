"""`callme pause` and `callme resume`: the operator's emergency brake."""

from __future__ import annotations

import click

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.errors import ConfigurationError
from webapp.settings import load_settings
from webapp.store.pauses import ALL, PauseRepository
from webapp.store.sites import SiteRepository

all_option = click.option("--all", "everything", is_flag=True, help="All sites.")


@click.command()
@click.argument("site", required=False)
@all_option
def pause(site: str | None, everything: bool) -> None:
    """Accept and dial nothing for SITE until `resume`, in every process within two seconds."""
    key, pauses = _chosen(site, everything)
    click.echo("paused" if pauses.pause(key) else "paused already")


@click.command()
@click.argument("site", required=False)
@all_option
def resume(site: str | None, everything: bool) -> None:
    """Lift the pause of SITE, or with --all the pause of all sites."""
    key, pauses = _chosen(site, everything)
    click.echo("resumed" if pauses.resume(key) else "was not paused")


def _chosen(site: str | None, everything: bool) -> tuple[str, PauseRepository]:
    if (site is None) != everything:
        raise ConfigurationError(["name one site, or say --all"])
    database = ready_database(load_settings())
    if site is not None and site not in SiteRepository(database, utc_now).all():
        raise ConfigurationError([f"there is no site {site!r}"])
    return site or ALL, PauseRepository(database, utc_now)
