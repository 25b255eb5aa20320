"""`callme pause` and `callme resume`: the operator's emergency brake."""

from __future__ import annotations

import click

from webapp.cli.database import ready_database, require_site
from webapp.domain.clock import utc_now
from webapp.errors import ConfigurationError
from webapp.settings import load_settings
from webapp.store.engine import Database
from webapp.store.pauses import ALL, PauseRepository
from webapp.store.sites import SiteRepository

all_option = click.option("--all", "everything", is_flag=True, help="All sites.")


@click.command()
@click.argument("site", required=False)
@all_option
def pause(site: str | None, everything: bool) -> None:
    """Accept and dial no calls for SITE until `resume`. Every process obeys within two seconds."""
    key, database = _chosen(site, everything)
    new = PauseRepository(database, utc_now).pause(key)
    click.echo("paused" if new else "paused already")


@click.command()
@click.argument("site", required=False)
@all_option
def resume(site: str | None, everything: bool) -> None:
    """Lift the pause of SITE, or with --all the pause of all sites. Neither lifts the other."""
    key, database = _chosen(site, everything)
    lifted = PauseRepository(database, utc_now).resume(key)
    click.echo("resumed" if lifted else "was not paused")
    for line in paused_sites(database):
        click.echo(line)


def paused_sites(database: Database) -> list[str]:
    """What is paused, one line each, with the command that resumes it."""
    paused = PauseRepository(database, utc_now).all()
    if ALL in paused:
        return ["all sites are paused; callme resume --all resumes them"]
    known = SiteRepository(database, utc_now).all()
    return [
        f"site {key} is paused; callme resume {key} resumes it" for key in known if key in paused
    ]


def _chosen(site: str | None, everything: bool) -> tuple[str, Database]:
    if (site is None) != everything:
        raise ConfigurationError(["name one site, or say --all"])
    database = ready_database(load_settings())
    if site is not None:
        require_site(database, site)
    return site or ALL, database
