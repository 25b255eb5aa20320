"""`callme check`: what is wrong, one line each."""

from __future__ import annotations

from collections.abc import Mapping

import click
from limits.errors import StorageError

from webapp.cli.counters import open_counters
from webapp.cli.database import new_database, require_schema
from webapp.domain.clock import utc_now
from webapp.domain.sites import Site
from webapp.errors import ConfigurationError
from webapp.factory import create_provider
from webapp.providers.base import NotSent
from webapp.settings import Settings, load_settings
from webapp.store.engine import StoreUnavailable, is_missing_file
from webapp.store.sites import SiteRepository


@click.command()
def check() -> None:
    """Read the settings, open database and Redis, connect to DialogTech; exit 1 if any is wrong."""
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
        return _sites(settings, SiteRepository(database, utc_now).all())
    except ConfigurationError as error:
        return error.faults
    except StoreUnavailable as error:
        return [f"CALLME_DATABASE_URL: the database cannot be used: {error}"]


def _sites(settings: Settings, sites: Mapping[str, Site]) -> list[str]:
    """What the sites ask for and this installation does not have."""
    if settings.captcha:
        return []
    return [
        f"site {key}: captcha = true needs CALLME_CAPTCHA; until then it takes no calls"
        for key, site in sites.items()
        if site.captcha
    ]


def _redis(settings: Settings) -> list[str]:
    try:
        counters = open_counters(settings)
        answers = counters is None or counters.check()
    except ConfigurationError as error:
        return error.faults
    except StorageError:
        answers = False
    return [] if answers else ["CALLME_REDIS_URL: Redis does not answer"]


def _vendor(settings: Settings) -> list[str]:
    try:
        create_provider(settings).check_reachable()
    except NotSent as error:
        return [f"CALLME_DIALOGTECH_URL: the endpoint cannot be reached: {error.reason}"]
    return []
