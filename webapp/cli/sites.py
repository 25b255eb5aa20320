"""`callme sites`: sites as TOML, in and out of the database."""

from __future__ import annotations

import json

import click
import tomli_w

from webapp.cli.database import ready_database
from webapp.cli.files import read_text
from webapp.domain.clock import utc_now
from webapp.services.operator.sites import SiteAdministration
from webapp.settings import Settings, load_settings


@click.group()
def sites() -> None:
    """The sites that may embed the button."""


@sites.command()
@click.argument("file")
@click.option("--prune", is_flag=True, help="Also remove the sites that FILE does not name.")
@click.option("--cancel-planned", is_flag=True, help="Cancel planned calls that would be broken.")
def apply(file: str, prune: bool, cancel_planned: bool) -> None:
    """Store the sites of a TOML FILE (- for standard input): all of them, or none if anything is
    wrong."""
    text = read_text(file)
    changes = _sites().apply(text, file, prune=prune, cancel_planned=cancel_planned)
    for key, change in changes.items():
        click.echo(f"{key}: {change.value}")


@sites.command()
def export() -> None:
    """Print all sites as TOML, as `apply` takes them."""
    click.echo(tomli_w.dumps(_sites().export()), nl=False)


@sites.command("list")
def list_sites() -> None:
    """One line per site: its key, its name, its pages, its receptionists, and whether it is paused."""
    for row in _sites().states():
        site, state = row.site, "paused" if row.paused else "active"
        who = ", ".join(receptionist.key for receptionist in site.receptionists)
        click.echo(f"{row.key}\t{site.name}\t{' '.join(site.origins)}\t{who}\t{state}")


@sites.command()
@click.argument("site")
@click.option("--integrity", is_flag=True, help="With hashes: browsers run these very files only.")
def snippet(site: str, integrity: bool) -> None:
    """Print what to paste into the pages of SITE. docs/embed.md has the details."""
    settings = load_settings()
    SiteAdministration(ready_database(settings), utc_now).require(site)
    if integrity:
        click.echo(_tags_with_hashes(settings))
        click.echo("<!-- where the button should be; with `floating` it floats in the corner -->")
    else:
        click.echo(f'<script async src="{settings.public_url}/w/{site}.js"></script>')
        click.echo("<!-- optional, where the button should be; without it, it floats -->")
    click.echo(f'<call-me site="{site}"></call-me>')


def _tags_with_hashes(settings: Settings) -> str:
    """Tags for the launcher that is the same for all sites, and for an import map with the hashes of the
    modules that it imports: the hash in its own tag does not cover those."""
    # Imported here, as no other command about sites needs the web half.
    from webapp.assets import LAUNCHER, STATIC
    from webapp.factory import create_widget
    from webapp.words import load_catalogues

    widget = create_widget(settings, load_catalogues(STATIC / "locales"))
    hashes = {widget.address(name): file.integrity for name, file in widget.files.items()}
    launcher = widget.address(LAUNCHER)
    own = hashes.pop(launcher)
    return (
        f'<script type="importmap">\n{json.dumps({"integrity": hashes}, indent=1)}\n</script>\n'
        f'<script async crossorigin="anonymous" integrity="{own}" src="{launcher}"></script>'
    )


def _sites() -> SiteAdministration:
    return SiteAdministration(ready_database(load_settings()), utc_now)
