"""`callme check`: what is wrong, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import click

from webapp.cli.counters import open_counters
from webapp.cli.database import new_database, require_schema
from webapp.cli.pause import paused_sites
from webapp.domain.addresses import is_this_machine
from webapp.domain.clock import utc_now
from webapp.domain.phone.number import is_ambiguous_region
from webapp.domain.site.model import Site
from webapp.errors import ConfigurationError
from webapp.factory import create_provider
from webapp.providers.base import NotSent
from webapp.services.operator.sites import SiteAdministration
from webapp.settings import Settings, load_settings
from webapp.store.address import is_missing_file
from webapp.store.engine import StoreUnavailable
from webapp.store.sites import SiteRepository
from webapp.web.guards.counters import redis_state


@click.command()
def check() -> None:
    """Report what keeps calls from being placed: settings, database, sites, pauses, Redis, the way to
    DialogTech. Exits with 1 if there is anything to report."""
    settings = load_settings()
    faults = [*_database(settings), *_redis(settings), *_vendor(settings)]
    if faults:
        raise ConfigurationError(faults)
    click.echo("all is well")


def _database(settings: Settings) -> list[str]:
    if is_missing_file(settings.database_url):
        return ["CALLME_DATABASE_URL: there is no such file yet; run: callme db upgrade"]
    try:
        database = new_database(settings)
        require_schema(database)
        sites = SiteRepository(database, utc_now).all()
        paused = paused_sites(SiteAdministration(database, utc_now))
        return [*paused, *_sites(settings, sites)]
    except ConfigurationError as error:
        return error.faults
    except StoreUnavailable as error:
        return [f"CALLME_DATABASE_URL: the database cannot be used: {error}"]


def _sites(settings: Settings, sites: Mapping[str, Site]) -> list[str]:
    """What the sites need and this installation does not have."""
    if not sites:
        return ["no site is stored yet; run: callme sites apply FILE"]
    faults = []
    elsewhere = [key for key, site in sites.items() if not all(map(_is_here, site.origins))]
    if elsewhere and _is_here(settings.public_url):
        faults.append(
            f"CALLME_PUBLIC_URL: browsers on the pages of {', '.join(elsewhere)} cannot reach"
            f" {settings.public_url}; for example https://callme.example"
        )
    for key, site in sites.items():
        if is_ambiguous_region(site.region):
            faults.append(
                f"site {key}: most numbers of its region {site.region} read as North American ones and"
                " are refused"
            )
        if site.captcha and not settings.captcha:
            faults.append(
                f"site {key}: captcha = true needs CALLME_CAPTCHA; until then it takes no calls"
            )
    return faults


def _is_here(origin: str) -> bool:
    return is_this_machine(urlsplit(origin).hostname or "")


def _redis(settings: Settings) -> list[str]:
    try:
        counters = open_counters(settings)
    except ConfigurationError as error:
        return error.faults
    state = redis_state(counters) if counters else "ok"
    return [] if state == "ok" else [f"CALLME_REDIS_URL: Redis {state}"]


def _vendor(settings: Settings) -> list[str]:
    try:
        create_provider(settings).check_reachable()
    except NotSent as error:
        return [f"CALLME_DIALOGTECH_URL: the endpoint cannot be reached: {error.reason}"]
    return []
