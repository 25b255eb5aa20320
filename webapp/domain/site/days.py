"""Days as owners name them in a table of hours."""

from __future__ import annotations

import re
from datetime import date, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_SPAN = timedelta(days=366)

_DATE = re.compile("2[0-9]{3}-[0-9]{2}-[0-9]{2}")


def weekdays_of(text: str) -> list[int]:
    """The days of "mon", "mon-fri" or "sat-mon" as numbers, Monday 0. Raises ValueError."""
    first, _, last = text.partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS or text.endswith("-"):
        raise ValueError(f'{text!r} is no weekday; write it like "mon" or "mon-fri"')
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return [day % 7 for day in range(begin, end + 1 + 7 * (end < begin))]


def dates_of(text: str) -> list[date]:
    """The dates of "2026-12-24" or "2026-12-27/2026-12-31". Raises ValueError."""
    first, slash, last = text.partition("/")
    begin, end = _date(first, text), _date(last if slash else first, text)
    if not timedelta() <= end - begin <= LONGEST_SPAN:
        raise ValueError(f"{text!r} ends before it begins, or lasts for more than a year")
    return [begin + timedelta(days=days) for days in range((end - begin).days + 1)]


def _date(day: str, text: str) -> date:
    try:
        # Of the ways of ISO 8601, only the one that everybody reads.
        return date.fromisoformat(day if _DATE.fullmatch(day) else "")
    except ValueError:
        raise ValueError(
            f'{text!r} is no date; write it like "2026-12-24" or "2026-12-27/2026-12-31"'
        ) from None
