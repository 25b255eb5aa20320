"""`callme sites`: sites as TOML, in and out of the database."""

from __future__ import annotations

from pathlib import Path

import click
import tomli_w

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.domain.sites import parse_sites
from webapp.errors import ConfigurationError
from webapp.settings import load_settings
from webapp.store.sites import SiteRepository


@click.group()
def sites() -> None:
    """The sites that may embed the button."""


@sites.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--prune", is_flag=True, help="Also remove the sites that FILE does not name.")
def apply(file: Path, prune: bool) -> None:
    """Store the sites of a TOML FILE: all of them, or none when anything is wrong."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is no UTF-8 text"
        raise ConfigurationError([f"{file}: {why}"]) from None
    wanted = parse_sites(text, str(file))
    for key, change in _repository().apply(wanted, prune=prune).items():
        click.echo(f"{key}: {change.value}")


@sites.command()
def export() -> None:
    """Print all sites as TOML, as `apply` takes them."""
    tables = {
        key: site.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        for key, site in _repository().all().items()
    }
    click.echo(tomli_w.dumps(tables), nl=False)


@sites.command("list")
def list_sites() -> None:
    """One line a site."""
    for key, site in _repository().all().items():
        who = ", ".join(one.key for one in site.receptionists)
        click.echo(f"{key}\t{site.name}\t{' '.join(site.origins)}\t{who}")


@sites.command()
@click.argument("site")
def snippet(site: str) -> None:
    """Print what to paste into the pages of SITE."""
    known = _repository().all()
    if site not in known:
        raise ConfigurationError(
            [f"there is no site {site!r}; there is: {', '.join(known) or 'none'}"]
        )
    public_url = load_settings().public_url
    click.echo(f'<script async src="{public_url}/w/{site}.js"></script>')
    click.echo("<!-- optional, where the button should be; without it, it floats in the corner -->")
    click.echo(f'<call-me site="{site}"></call-me>')


def _repository() -> SiteRepository:
    return SiteRepository(ready_database(load_settings()), utc_now)
