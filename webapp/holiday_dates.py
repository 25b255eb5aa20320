"""Works out the dates of public holidays in a process of its own: `python -m webapp.holiday_dates`.

The package takes 11 to 19 MB, which a server should not keep for the rest of its life. JSON in and out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from datetime import date

from pydantic import TypeAdapter

from webapp.child import answer_of

_ANSWER = TypeAdapter(dict[str, frozenset[date] | None])


def holiday_dates(
    calendars: Collection[str], years: Collection[int]
) -> dict[str, frozenset[date] | None]:
    """The holidays of each calendar, such as "US-NY"; None for one that does not exist."""
    if not calendars:
        return {}
    answer = answer_of(__name__, {"calendars": sorted(calendars), "years": sorted(years)})
    return _ANSWER.validate_python(answer)


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
