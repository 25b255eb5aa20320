"""Time zones from the `tzdata` package, whatever the system has: its rules may be years old."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

_TZDATA = files("tzdata")


@cache
def zone_names() -> frozenset[str]:
    """All IANA names, links included."""
    return frozenset(_TZDATA.joinpath("zones").read_text("ascii").split())


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone with that IANA name. Raises ValueError if there is none."""
    if name not in zone_names():
        raise ValueError(f'{name!r} is no time zone; write it like "America/New_York"')
    with _TZDATA.joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)
