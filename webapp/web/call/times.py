"""Instants in the visitor's words: by which clock, and how they are written."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from flask import request

from webapp.context import services
from webapp.domain.zones import zone_of
from webapp.web.language import words

_UNDETERMINED = "Etc/Unknown"
"""What browsers say that cannot find out their zone."""


def visitors_timezone() -> str:
    """The browser's own zone by name, if it told one that exists; else empty."""
    name = request.values.get("timezone", "")
    try:
        return name if name and zone_of(name) else ""
    except ValueError:
        return ""


def names_no_zone() -> bool:
    """Whether the request names a zone that does not exist."""
    named = request.values.get("timezone", "")
    return named not in ("", _UNDETERMINED) and not visitors_timezone()


def told(at: datetime, owners: ZoneInfo, timezone: str) -> str:
    """The time by the visitor's clock, and beside it by the owner's where they differ. Where the
    visitor's zone is not known it is the owner's time, with the place."""
    if not timezone:
        return f"{in_words(at, owners)} ({place_of(owners)})"
    zone = zone_of(timezone)
    here, there = at.astimezone(zone), at.astimezone(owners)
    if here.utcoffset() == there.utcoffset():
        return in_words(at, zone)
    same_day = here.date() == there.date()
    owners_time = clock_time(at, owners) if same_day else in_words(at, owners)
    return f"{in_words(at, zone)} ({owners_time}, {place_of(owners)})"


def place_of(zone: ZoneInfo) -> str:
    return str(get_timezone_location(zone, locale=words().locale, return_city=True))


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    return format_time(at, "short", tzinfo=zone, locale=words().locale)


def day_in_words(at: datetime, zone: ZoneInfo) -> str:
    """Such as "Monday"; one that is more than six days away is a date."""
    local, today = at.astimezone(zone), services().clock().astimezone(zone).date()
    if abs(local.date() - today) < timedelta(days=7):
        return format_date(local, "EEEE", locale=words().locale)
    return format_skeleton("MMMEd", local, tzinfo=zone, locale=words().locale)


def in_words(at: datetime, zone: ZoneInfo) -> str:
    """Such as "Monday, 9:00 AM"."""
    pattern = Locale.parse(words().locale).datetime_formats["medium"]
    return str(pattern).format(clock_time(at, zone), day_in_words(at, zone))
