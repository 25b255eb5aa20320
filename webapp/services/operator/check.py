"""Checks what the sites need and this installation lacks."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from webapp.domain.addresses import is_this_machine
from webapp.domain.phone.number import is_ambiguous_region
from webapp.services.operator.sites import SiteAdministration


def what_sites_lack(
    administration: SiteAdministration, public_url: str, has_captcha: bool
) -> Iterator[str]:
    """One line for each fault. Raises StoreUnavailable."""
    sites = {state.key: state.site for state in administration.states()}
    if not sites:
        yield "no site is stored yet; run: callme sites apply FILE"
    elsewhere = [key for key, site in sites.items() if not all(map(_is_local, site.origins))]
    if elsewhere and _is_local(public_url):
        yield (
            f"CALLME_PUBLIC_URL: browsers on the pages of {', '.join(elsewhere)} cannot reach"
            f" {public_url}; for example https://callme.example"
        )
    for key, site in sites.items():
        if is_ambiguous_region(site.region):
            yield (
                f"site {key}: most numbers of its region {site.region} read as North American ones and"
                " are refused"
            )
        if site.captcha and not has_captcha:
            yield f"site {key}: captcha = true needs CALLME_CAPTCHA; until then it takes no calls"


def _is_local(origin: str) -> bool:
    return is_this_machine(urlsplit(origin).hostname or "")
