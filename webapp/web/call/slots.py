"""The times that a visitor can choose from, and what is said where a chosen one is not free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import NamedTuple, TypedDict
from zoneinfo import ZoneInfo

from webapp.context import services
from webapp.domain.calls import Plan
from webapp.domain.refusals import Reason, Refusal
from webapp.services.planning import Lack, Slots, Who
from webapp.web.call.moment import require_open
from webapp.web.call.times import clock_time, day_in_words, in_words, place_of
from webapp.web.language import words
from webapp.web.problems import Choice, Problem


class PublicSlot(TypedDict):
    """A slot: the instant, and the wall time by the visitor's clock and by the owner's."""

    at: str
    local: str
    owner_local: str


class PublicDay(TypedDict):
    """The slots of a day by the visitor's clock."""

    date: str
    slots: list[PublicSlot]


class PublicSlots(TypedDict):
    """The times that can be chosen; `place` is the owner's where its clock shows another time."""

    timezone: str
    place: str
    days: list[PublicDay]
    reason: str | None


def public_slots(who: Who) -> PublicSlots:
    """The free slots as the API tells them."""
    slots, zone = services().planning.slots(who), services().planning.zone(who)
    differs = any(
        at.astimezone(zone).utcoffset() != at.astimezone(slots.owners).utcoffset()
        for at in slots.free
    )
    return {
        "timezone": zone.key,
        "place": place_of(slots.owners) if differs else "",
        "days": [
            {"date": day.isoformat(), "slots": [_slot(local, slots.owners) for local in times]}
            for day, times in by_day(slots, zone)
        ],
        "reason": reason_of(slots, zone) or None,
    }


class DayOfTimes(NamedTuple):
    """A day of the hosted page's list, with its times as values and in words."""

    day: str
    times: list[Choice]


def days_of_times(who: Who, own: datetime | None = None) -> list[DayOfTimes]:
    """The free slots for a page without scripts, and that of its `own` call."""
    slots, zone = services().planning.slots(who), services().planning.zone(who)
    if own:
        slots = replace(slots, free=sorted({*slots.free, own}))
    place = "" if who.timezone else f" ({place_of(zone)})"
    return [
        DayOfTimes(
            day_in_words(first, zone) + place,
            [Choice(instant(at), clock_time(at, zone)) for at in (first, *rest)],
        )
        for _, (first, *rest) in by_day(slots, zone)
    ]


def by_day(slots: Slots, zone: ZoneInfo) -> Iterator[tuple[date, Iterator[datetime]]]:
    """The free slots of each day, by that zone's clock."""
    return groupby((at.astimezone(zone) for at in slots.free), key=datetime.date)


def reason_of(slots: Slots, zone: ZoneInfo) -> str:
    """Why there is no slot; empty where there are some."""
    if slots.lack is None:
        return ""
    until = slots.until
    full = {"until": day_in_words(until, zone)} if until and slots.lack is Lack.FULL else {}
    return words().text(slots.lack.value, **full)


def instant(at: datetime) -> str:
    """As a form's `when`."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def plan_of(who: Who, when: str) -> Plan | None:
    """The plan that a form asks for, None for now. Raises Problem, with the nearest free times, where
    that cannot be."""
    try:
        if when:
            return services().planning.plan(who, when)
        require_open(who.site, who.receptionist)
    except Refusal as refusal:
        raise when_problem(refusal, who, when) from None
    return None


def when_problem(refusal: Refusal, who: Who, when: str = "") -> Problem:
    """The refusal of a time as a fault of `when`, with the nearest free times."""
    errors = refusal.errors if isinstance(refusal, Problem) else None
    slots, zone = services().planning.slots(who), services().planning.zone(who)
    try:
        wanted = datetime.fromisoformat(when)
        near = slots.nearest(wanted)
    except (ValueError, TypeError, OverflowError):
        near = slots.nearest(services().clock())
    if not who.site.offers_later(is_open=refusal.reason is not Reason.CLOSED):
        near = []
    return Problem(
        refusal.reason,
        errors=errors or {"when": [words().text(refusal.reason.sentence)]},
        choices=[Choice(instant(at), in_words(at, zone)) for at in near],
    )


def _slot(local: datetime, owners: ZoneInfo) -> PublicSlot:
    return {
        "at": instant(local),
        "local": _wall_time(local),
        "owner_local": _wall_time(local.astimezone(owners)),
    }


def _wall_time(local: datetime) -> str:
    return local.replace(tzinfo=None).isoformat(timespec="minutes")
