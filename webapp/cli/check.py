"""`callme check`: what is wrong, one line each."""

from __future__ import annotations

import click

from webapp.cli.counters import open_counters
from webapp.cli.database import new_database, require_schema
from webapp.cli.pause import paused_sites
from webapp.domain.clock import utc_now
from webapp.errors import ConfigurationError
from webapp.parts import create_provider
from webapp.providers.base import NotSent
from webapp.services.operator.check import what_sites_lack
from webapp.services.operator.sites import SiteAdministration
from webapp.settings import Settings, load_settings
from webapp.store.address import is_missing_file
from webapp.store.counters import redis_state
from webapp.store.engine import StoreUnavailable


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
        sites = SiteAdministration(database, utc_now)
        lacking = what_sites_lack(sites, settings.public_url, bool(settings.captcha))
        return [*paused_sites(sites), *lacking]
    except ConfigurationError as error:
        return error.faults
    except StoreUnavailable as error:
        return [f"CALLME_DATABASE_URL: the database cannot be used: {error}"]


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
