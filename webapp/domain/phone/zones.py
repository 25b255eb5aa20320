"""Where a number's phone may be."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

from webapp.domain.phone.number import region_of
from webapp.domain.zones import known_zone, zone_names, zone_of, zone_rules, zones_of_regions

_ALSO_MEANT = {"Europe/Bucharest": "Europe/Kaliningrad"}
"""libphonenumber has one zone for all places with the same time, which may be another country's."""


def called_zones(e164: str, timezone: str) -> list[ZoneInfo]:
    """Every zone that a visitor's phone may be in: its number's, and the browser's; each may be empty,
    for not known."""
    numbers = zones_of_number(e164) if e164 else []
    browsers = known_zone(timezone)
    return [*numbers, *([browsers] if browsers else ())]


def zones_of_number(e164: str) -> list[ZoneInfo]:
    """The zones of the number's area by libphonenumber's metadata; all of its region's where the number
    has no area, none where not even that is known.

    Without an area, libphonenumber names the zones of all regions that share the calling code: those of
    +1 for a phone in Jamaica. Where none of them is the region's own, it means places of the same time.
    """
    names = time_zones_for_number(phonenumbers.parse(e164))
    known = [name for name in names if name in zone_names()]
    meant = {zone_rules(other) for name in known for other in (name, _ALSO_MEANT.get(name, name))}
    own = zones_of_regions().get(region_of(e164), [])
    return [zone_of(name) for name in own if zone_rules(name) in meant] or [
        zone_of(name) for name in known
    ]
