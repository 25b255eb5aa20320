"""The right moment: whether a receptionist answers now, and the sentence that says when again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from flask import request

from webapp.context import services
from webapp.domain.phone.zones import zones_of_number
from webapp.domain.refusals import Reason
from webapp.domain.site.model import Site
from webapp.domain.zones import zone_of
from webapp.services.moments import Moment
from webapp.services.request_call import CallRequest
from webapp.web.language import words
from webapp.web.problems import Problem

_NEVER = datetime.max.replace(tzinfo=UTC)


class PublicMoment(TypedDict):
    """Whether a receptionist answers now."""

    open: bool
    since: str | None
    until: str | None
    later: bool


def moments_of(site: Site) -> dict[str, Moment]:
    """What is true now of each receptionist, by key."""
    return {
        receptionist.key: services().moments.of(site, receptionist)
        for receptionist in site.receptionists
    }


def public_moment(moment: Moment) -> PublicMoment:
    """As the API tells it."""
    return {
        "open": moment.open,
        "since": moment.since.isoformat() if moment.since else None,
        "until": moment.until.isoformat() if moment.until else None,
        "later": False,
    }


def closed_sentence(moments: Collection[Moment]) -> str:
    """Empty if anybody answers; else since when all are closed, and when the first is open again."""
    if any(moment.open for moment in moments):
        return ""
    return sentence_of(min(moments, key=lambda moment: moment.until or _NEVER))


def require_open(site: Site, wish: CallRequest) -> None:
    """Raise Problem unless the receptionist answers now, or the request has its call already."""
    moment = services().moments.of(site, wish.receptionist)
    if not moment.open and not services().request_call.is_stored(wish.site, wish.request_id):
        raise Problem(Reason.CLOSED, errors={"when": [sentence_of(moment)]})


def require_day(site: Site, wish: CallRequest) -> None:
    """Raise Problem if it is night at the phone's place, or by the browser's clock, and the visitor has
    not wanted the call all the same; where the site has quiet hours at all."""
    if site.quiet is None or wish.agreement.night:
        return
    now = services().clock()
    browsers = _visitors_zone()
    zones = [*zones_of_number(wish.phone.e164), *([browsers] if browsers else ())]
    quiet = next((zone for zone in zones if site.quiet.holds(now, zone)), None)
    if quiet is None or services().request_call.is_stored(wish.site, wish.request_id):
        return
    time = format_time(now, "short", tzinfo=quiet, locale=words().locale)
    title = words().text("night.title", time=time, place=_place(quiet))
    sentences = [title, words().text(Reason.QUIET_HOURS.sentence)]
    raise Problem(Reason.QUIET_HOURS, errors={"night": sentences})


def sentence_of(moment: Moment) -> str:
    """Empty while open; else since when it is closed and when it is open again, by the visitor's clock
    and by the owner's where they differ."""
    if moment.open or moment.zone is None:
        return ""
    sentences = []
    if moment.since:
        sentences.append(words().text("closed.since", since=_told(moment.since, moment.zone)))
    if moment.until:
        sentences.append(words().text("closed.sentence", until=_told(moment.until, moment.zone)))
    return " ".join(sentences) or words().text("error.closed")


def _told(at: datetime, owners: ZoneInfo) -> str:
    """The time by the visitor's clock, and beside it by the owner's where they differ. Without the
    visitor's zone it is the owner's time, with the place."""
    zone = _visitors_zone()
    if zone is None:
        return f"{_in_words(at, owners)} ({_place(owners)})"
    if at.astimezone(zone).utcoffset() == at.astimezone(owners).utcoffset():
        return _in_words(at, zone)
    return f"{_in_words(at, zone)} ({_in_words(at, owners)}, {_place(owners)})"


def _place(zone: ZoneInfo) -> str:
    return str(get_timezone_location(zone, locale=words().locale, return_city=True))


def _visitors_zone() -> ZoneInfo | None:
    """The browser's own zone, if it told one that exists."""
    try:
        return zone_of(request.values.get("timezone", ""))
    except ValueError:
        return None


def _in_words(at: datetime, zone: ZoneInfo) -> str:
    """Such as "Monday, 9:00 AM"; a time that is more than six days away has its date instead."""
    local, now = at.astimezone(zone), services().clock().astimezone(zone)
    locale = Locale.parse(words().locale)
    near = abs(local.date() - now.date()) < timedelta(days=7)
    if near:
        day = format_date(local, "EEEE", locale=locale)
    else:
        day = format_skeleton("MMMEd", local, tzinfo=zone, locale=locale)
    time = format_time(local, "short", tzinfo=zone, locale=locale)
    return str(locale.datetime_formats["medium"]).format(time, day)
