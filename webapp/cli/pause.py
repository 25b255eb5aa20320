"""`callme pause` and `callme resume`: the operator's emergency brake."""

from __future__ import annotations

import click

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.errors import ConfigurationError
from webapp.services.operator.sites import SiteAdministration
from webapp.settings import load_settings

all_option = click.option("--all", "everything", is_flag=True, help="All sites.")


@click.command()
@click.argument("site", required=False)
@all_option
def pause(site: str | None, everything: bool) -> None:
    """Accept and dial no calls for SITE until `resume`. Every process obeys within two seconds."""
    _require_choice(site, everything)
    click.echo("paused" if _sites().pause(site) else "paused already")


@click.command()
@click.argument("site", required=False)
@all_option
def resume(site: str | None, everything: bool) -> None:
    """Lift the pause of SITE, or with --all the pause of all sites. Neither lifts the other."""
    _require_choice(site, everything)
    sites = _sites()
    click.echo("resumed" if sites.resume(site) else "was not paused")
    for line in paused_sites(sites):
        click.echo(line)


def paused_sites(sites: SiteAdministration) -> list[str]:
    """What is paused, one line each, with the command that resumes it."""
    return [
        f"site {key} is paused; callme resume {key} resumes it"
        if key
        else "all sites are paused; callme resume --all resumes them"
        for key in sites.paused()
    ]


def _require_choice(site: str | None, everything: bool) -> None:
    if (site is None) != everything:
        raise ConfigurationError(["name one site, or say --all"])


def _sites() -> SiteAdministration:
    return SiteAdministration(ready_database(load_settings()), utc_now)
