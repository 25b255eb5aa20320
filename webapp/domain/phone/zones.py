"""Where a number's phone may be."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

from webapp.domain.zones import zone_names, zone_of


def zones_of_number(e164: str) -> list[ZoneInfo]:
    """The zones of the number's area by libphonenumber's metadata; all of its country's where the number
    has no area, none where not even that is known."""
    names = time_zones_for_number(phonenumbers.parse(e164))
    return [zone_of(name) for name in names if name in zone_names()]
