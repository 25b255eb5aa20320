"""The right moment: whether a receptionist answers now, and the sentence that says when again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TypedDict

from webapp.context import services
from webapp.domain.phone.zones import called_zones
from webapp.domain.refusals import Reason
from webapp.domain.site.model import Receptionist, Site
from webapp.services.moments import Moment
from webapp.web.call.times import clock_time, place_of, told, visitors_timezone
from webapp.web.language import words
from webapp.web.problems import Problem

_NEVER = datetime.max.replace(tzinfo=UTC)
_EVER = datetime.min.replace(tzinfo=UTC)


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
        "later": moment.later,
    }


def closed_sentence(moments: Collection[Moment]) -> str:
    """Empty if anybody answers; else since when all are closed, and when the first is open again."""
    if any(moment.open for moment in moments):
        return ""
    last = max(moments, key=lambda moment: moment.since or _EVER)
    first = min(moments, key=lambda moment: moment.until or _NEVER)
    known = all(moment.since for moment in moments)
    return " ".join(_since(last) * known + _until(first)) or words().text("error.closed")


def sentence_of(moment: Moment) -> str:
    """Empty while open; else since when it is closed and when it is open again, by the visitor's clock
    and by the owner's where they differ."""
    return closed_sentence([moment])


def _since(moment: Moment) -> list[str]:
    if moment.since is None or moment.zone is None:
        return []
    since = told(moment.since, moment.zone, visitors_timezone())
    return [words().text("closed.since", since=since)]


def _until(moment: Moment) -> list[str]:
    if moment.until is None or moment.zone is None:
        return []
    until = told(moment.until, moment.zone, visitors_timezone())
    return [words().text("closed.sentence", until=until)]


def require_open(site: Site, receptionist: Receptionist) -> None:
    """Raise Problem unless the receptionist answers now."""
    moment = services().moments.of(site, receptionist)
    if not moment.open:
        raise Problem(Reason.CLOSED, errors={"when": [sentence_of(moment)]})


def require_day(site: Site, phone: str, timezone: str) -> None:
    """Raise Problem if it is night at the phone's place, or by the browser's clock; where the site has
    quiet hours at all. The visitor may want the call all the same."""
    if site.quiet is None:
        return
    now = services().clock()
    zones = called_zones(phone, timezone)
    # The browser's own zone last: the visitor knows it best, so it is the one that is named.
    quiet = next((zone for zone in reversed(zones) if site.quiet.holds(now, zone)), None)
    if quiet is None:
        return
    title = words().text("night.title", time=clock_time(now, quiet), place=place_of(quiet))
    sentences = [title, words().text(Reason.QUIET_HOURS.sentence)]
    raise Problem(Reason.QUIET_HOURS, errors={"night": sentences})
