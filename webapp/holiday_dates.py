"""Works out the dates of public holidays in a process of its own: `python -m webapp.holiday_dates`.

The package takes 11 to 19 MB, which a server should not keep for the rest of its life. JSON in and out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection
from datetime import date

from webapp.errors import CallmeError

_SECONDS = 60


def holiday_dates(
    calendars: Collection[str], years: Collection[int]
) -> dict[str, frozenset[date] | None]:
    """The holidays of each calendar, such as "US-NY"; None for one that does not exist."""
    if not calendars:
        return {}
    child = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps({"calendars": sorted(calendars), "years": sorted(years)}),
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    if child.returncode:
        raise CallmeError(f"the holidays cannot be worked out: {child.stderr[-500:]}")
    return {
        str(name): None if days is None else frozenset(map(date.fromisoformat, days))
        for name, days in json.loads(child.stdout).items()
    }


def _dates(calendar: str, years: list[int]) -> list[str] | None:
    import holidays

    country, _, subdivision = calendar.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=years)
    except NotImplementedError:
        return None
    return sorted(day.isoformat() for day in found)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    json.dump({name: _dates(name, given["years"]) for name in given["calendars"]}, sys.stdout)
