"""Slots lie on the wall clock of the hours and are wholly open, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.test_hours import at, daily, hours, instants, near_a_clock_change
from webapp.domain.hours import OpeningHours
from webapp.domain.limits import busiest
from webapp.domain.site.quiet import Quiet
from webapp.domain.slots import SlotRules, always_open
from webapp.domain.zones import zone_names, zone_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LENGTHS = st.sampled_from([5, 15, 20, 30, 60, 120])


def rules(opening: OpeningHours, minutes: int = 15, days: int = 3) -> SlotRules:
    return SlotRules(opening, minutes, days, 10 * MINUTE, "24:00")


def check(opening: OpeningHours, minutes: int, now: datetime) -> list[datetime]:
    """Check each slot, minute by minute, and return them."""
    starts = rules(opening, minutes).starts(now)
    assert starts == sorted(set(starts))
    assert all(start >= now + 10 * MINUTE for start in starts)
    today = now.astimezone(opening.zone).date()
    for start in starts:
        assert 0 <= (start.astimezone(opening.zone).date() - today).days < 3
        closed = [
            passed for passed in range(minutes) if not opening.is_open(start + passed * MINUTE)
        ]
        assert closed == [], f"{start} is closed after {closed[0]} minutes"
    return starts


@given(hours(), LENGTHS, instants())
@settings(max_examples=50)
def test_each_slot_is_wholly_open_and_within_notice_and_horizon(
    opening: OpeningHours, minutes: int, now: datetime
) -> None:
    check(opening, minutes, now)


@given(near_a_clock_change(), LENGTHS)
@settings(max_examples=50)
def test_so_it_is_around_a_change_of_clocks(
    near: tuple[OpeningHours, datetime, datetime], minutes: int
) -> None:
    opening, _, now = near
    check(opening, minutes, now)


@given(st.sampled_from(sorted(zone_names())), instants())
@settings(max_examples=40)
def test_a_wall_time_is_offered_at_most_once(zone: str, now: datetime) -> None:
    """Where clocks are set back, an hour comes twice."""
    starts = rules(always_open(zone_of(zone))).starts(now)
    walls = [start.astimezone(zone_of(zone)).replace(tzinfo=None) for start in starts]
    assert len(walls) == len(set(walls))


def shown(zone: str, window: str, now: str) -> list[str]:
    opening = daily(zone, window)
    starts = rules(opening, 30, days=1).starts(at(now))
    return [f"{start.astimezone(opening.zone):%H:%M%z}" for start in starts]


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("America/New_York", "2026-03-08T00:00-05:00", ["01:30-0500", "03:00-0400"]),
        (
            "America/New_York",
            "2026-11-01T00:00-04:00",
            ["01:30-0400", "02:00-0500", "02:30-0500", "03:00-0500"],
        ),
        (
            "Australia/Lord_Howe",
            "2026-10-04T00:00+10:30",
            ["01:30+1030", "02:30+1100", "03:00+1100"],
        ),
    ],
)
def test_slots_keep_to_the_wall_clock_where_clocks_change(
    zone: str, now: str, expected: list[str]
) -> None:
    """An hour that is skipped is not offered, one that comes twice is offered once."""
    assert shown(zone, "01:30-03:30", now) == expected


def test_the_wall_clock_leads_from_the_beginning_of_each_window() -> None:
    opening = daily("Europe/Berlin", "09:10-10:00")
    starts = rules(opening, days=1).starts(at("2026-12-01T00:00+01:00"))
    assert [f"{start.astimezone(opening.zone):%H:%M}" for start in starts] == [
        "09:10",
        "09:25",
        "09:40",
    ]


def test_a_window_past_midnight_has_slots_on_both_days() -> None:
    opening = daily("UTC", "23:30-00:30")
    starts = SlotRules(opening, 30, 1, timedelta(), "24:00").starts(at("2026-12-01T00:00+00:00"))
    assert [f"{start:%H:%M}" for start in starts] == ["00:00", "23:30"]


@given(
    st.sampled_from(sorted(zone_names())),
    instants(),
    st.integers(1, 120),
    st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda pair: pair[0] != pair[1]),
)
@example("America/New_York", at("2026-12-01T12:00+00:00"), 60, (430, 431))
@settings(max_examples=100)
def test_quiet_hours_touch_a_slot_if_any_of_its_minutes_is_quiet(
    zone: str, now: datetime, length: int, edges: tuple[int, int]
) -> None:
    since, until = (f"{minute // 60:02}:{minute % 60:02}" for minute in edges)
    quiet = Quiet.model_validate({"from": since, "until": until})
    begin = now.replace(second=0, microsecond=0)
    minutes = [begin + passed * MINUTE for passed in range(length)]
    offsets = {minute.astimezone(zone_of(zone)).utcoffset() for minute in minutes}
    if len(offsets) == 1:
        said = quiet.touches(begin, begin + length * MINUTE, zone_of(zone))
        assert said == any(quiet.holds(minute, zone_of(zone)) for minute in minutes)


@given(st.dictionaries(st.integers(-180, 180), st.integers(1, 5), max_size=8))
def test_the_busiest_hour_is_that_of_some_window_around_the_instant(counts: dict[int, int]) -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    times = {now + passed * MINUTE: count for passed, count in counts.items()}
    windows = [now - passed * MINUTE for passed in range(60)]
    expected = max(
        sum(count for time, count in times.items() if begin <= time < begin + HOUR)
        for begin in windows
    )
    assert busiest(times, now, HOUR) == expected
