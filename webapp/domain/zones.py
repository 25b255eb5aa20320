"""Time zones from the `tzdata` package, whatever the system has: its rules may be years old."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

_TZDATA = files("tzdata")


@cache
def zone_names() -> frozenset[str]:
    """All IANA names, links included; not "Factory", which says that no zone is set."""
    return frozenset(_TZDATA.joinpath("zones").read_text("ascii").split()) - {"Factory"}


@cache
def zone_rules(name: str) -> bytes:
    """The zone's file: equal for all names of one zone, as Asia/Calcutta and Asia/Kolkata."""
    return _TZDATA.joinpath("zoneinfo", *name.split("/")).read_bytes()


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone with that IANA name. Raises ValueError if there is none."""
    if name not in zone_names():
        raise ValueError(f'{name!r} is no time zone; write it like "America/New_York"')
    return ZoneInfo.from_file(BytesIO(zone_rules(name)), key=name)


@cache
def zones_of_regions() -> dict[str, list[str]]:
    """The names of each region's zones, by IANA's `zone.tab`: region, place, name, remarks."""
    names = defaultdict(list)
    for line in _TZDATA.joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            region, _, name, *_ = line.split("\t")
            names[region].append(name)
    return dict(names)


def known_zone(name: str) -> ZoneInfo | None:
    """The zone with that name, None for an empty one and for one that the package has no longer."""
    return zone_of(name) if name in zone_names() else None
