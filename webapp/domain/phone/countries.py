"""The countries that a site calls, for its visitors to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from babel.core import Locale

from webapp.domain.phone.patterns import countries
from webapp.domain.site.model import Site


@dataclass(frozen=True, slots=True)
class CountryChoice:
    """A region as `<option>`: its name with the calling code."""

    region: str
    label: str


def country_name(region: str, locale: str) -> str:
    """The region's name in a language, or its code if the language has none."""
    return str(Locale.parse(locale).territories.get(region, region))


def country_choices(site: Site, locale: str) -> list[CountryChoice]:
    """The regions to choose from; none if all share a calling code, as the number itself tells them
    apart."""
    groups = countries(site.region, site.regions)
    if len(groups) < 2:
        return []
    return [
        CountryChoice(region, f"{country_name(region, locale)} (+{group.code})")
        for group in groups
        for region in group.regions
    ]
