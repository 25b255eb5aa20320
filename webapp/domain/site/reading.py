"""Reads sites from TOML, and words every fault for somebody who writes TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from webapp.domain.site.hours import CALENDAR
from webapp.domain.site.model import Site
from webapp.errors import ConfigurationError

SITE_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """What is in a file of sites: those that can be read, the calendars of holidays by the place that
    names them, also in other sites, and every fault."""

    sites: dict[str, Site]
    calendars: dict[str, str]
    faults: list[str]


def parse_sites(text: str, where: str) -> dict[str, Site]:
    """Read a file of sites; `where` names it in messages.

    Raises ConfigurationError with every fault of every site.
    """
    reading = read_sites(text, where)
    if reading.faults:
        raise ConfigurationError(reading.faults)
    return reading.sites


def read_sites(text: str, where: str) -> Reading:
    """As `parse_sites`, for a caller who adds faults. Raises ConfigurationError if it is no TOML."""
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError([f"{where}: no valid TOML: {error}"]) from None
    sites: dict[str, Site] = {}
    faults: list[str] = []
    for key, table in tables.items():
        if not SITE_KEY.match(key):
            faults.append(
                f"{where}: {key!r} is no site key; use a-z, 0-9 and -, for example [acme]"
            )
        try:
            sites[key] = Site.model_validate(table)
        except ValidationError as error:
            faults += [f"{where}: {fault}" for fault in _faults(key, error)]
    if not tables:
        faults.append(f"{where}: no site in it; begin with a table such as [acme]")
    calendars = dict(named for key in tables for named in _calendars(key, tables[key]))
    return Reading(sites, calendars, faults)


def _calendars(key: str, table: object) -> Iterator[tuple[str, str]]:
    """The calendars that a table of a site names, which may have faults, by their places."""
    site = table if isinstance(table, dict) else {}
    places = {f"{_printable(key)}.hours": site.get("hours")}
    receptionists = site.get("receptionists")
    if isinstance(receptionists, list):
        for number, receptionist in enumerate(receptionists):
            if isinstance(receptionist, dict):
                place = f"{_printable(key)}.receptionists[{number}].hours"
                places[place] = receptionist.get("hours")
    for place, hours in places.items():
        calendar = hours.get("holidays") if isinstance(hours, dict) else None
        if isinstance(calendar, str) and CALENDAR.fullmatch(calendar):
            yield f"{place}.holidays", calendar


def _faults(key: str, error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        place = _printable(key) + "".join(
            f"[{part}]" if isinstance(part, int) else f".{_printable(part)}"
            for part in fault["loc"]
            if part != "[key]"
        )
        yield f"{place}: {_fault_message(fault['type'], fault['msg'])}"


def _printable(key: str) -> str:
    """The key as it is in the file, escaped if a terminal would interpret it instead of showing it."""
    return key if key.isprintable() else repr(key)


def _fault_message(kind: str, message: str) -> str:
    """pydantic's fault in words for somebody who writes TOML."""
    if kind == "extra_forbidden":
        return "unknown key; is it misspelt, or in the wrong table?"
    if kind == "missing":
        return "missing"
    if kind == "model_type":
        return "must be a table"
    if kind == "string_too_short":
        return "must not be empty"
    if kind == "too_short":
        return "needs at least one entry"
    if kind == "string_type":
        return 'must be text: put it in quotes, like "55443322"'
    return message.removeprefix("Value error, ")
