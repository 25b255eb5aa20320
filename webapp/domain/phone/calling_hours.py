"""When the law of a region lets a business ring a phone unasked. It binds another try of a busy phone; a
visitor who wants to be rung at a time has asked for that.

| region | hours at the phone's place | source |
|---|---|---|
| CA | Mon–Fri 9:00–21:30, Sat–Sun 10:00–18:00 | CRTC, Unsolicited Telecommunications Rules III |
| FR | Mon–Fri 10:00–13:00 and 14:00–20:00 | Code de la consommation, D223-9 (décret 2022-1313) |
| AU | Mon–Fri 9:00–20:00, Sat 9:00–17:00 | Telemarketing Industry Standard 2017, section 8 |

The public holidays of FR and AU are not known here.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.domain.hours import OpeningHours, Windows, read_window


def _windows(*texts: str) -> Windows:
    return tuple(map(read_window, texts))


def _week(weekday: Windows, saturday: Windows = (), sunday: Windows = ()) -> tuple[Windows, ...]:
    return (weekday,) * 5 + (saturday, sunday)


_WEEKEND_OF_CANADA = _windows("10:00-18:00")
_WEEKS = {
    "CA": _week(_windows("09:00-21:30"), _WEEKEND_OF_CANADA, _WEEKEND_OF_CANADA),
    "FR": _week(_windows("10:00-13:00", "14:00-20:00")),
    "AU": _week(_windows("09:00-20:00"), _windows("09:00-17:00")),
}


def may_ring_unasked(region: str, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a phone of that region may be rung again at that instant, if it is in that zone."""
    week = _WEEKS.get(region)
    return week is None or OpeningHours(zone, week).is_open(at)
