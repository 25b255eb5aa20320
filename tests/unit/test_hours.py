"""Opening hours: no instant is both open and closed, and each change is found to the instant."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webapp.domain.hours import DAY_MINUTES, OpeningHours, Window, read_window
from webapp.domain.zones import zone_names, zone_of

TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
WEEKDAYS = tuple(((read_window("09:00-17:00"),),) * 5 + ((),) * 2)
ALWAYS = ((Window(0, DAY_MINUTES),),) * 7


def at(text: str) -> datetime:
    """An instant, from its text with an offset."""
    return datetime.fromisoformat(text).astimezone(UTC)


ANY_MINUTE = st.integers(0, DAY_MINUTES + 240)


@st.composite
def windows(draw: st.DrawFn, minutes: st.SearchStrategy[int] = ANY_MINUTE) -> tuple[Window, ...]:
    """Windows of one day that do not overlap; the last may pass midnight."""
    edges = sorted(draw(st.sets(minutes, max_size=6)))
    pairs = [Window(*pair) for pair in pairwise(edges)][::2]
    return tuple(window for window in pairs if window.start < DAY_MINUTES)


def instants() -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@st.composite
def hours(draw: st.DrawFn) -> OpeningHours:
    zone = zone_of(draw(st.sampled_from(sorted(zone_names()))))
    return OpeningHours(zone, draw(st.tuples(*[windows()] * 7)))


def daily(zone: str, window: str) -> OpeningHours:
    return OpeningHours(zone_of(zone), ((read_window(window),),) * 7)


@cache
def clock_changes(zone: str) -> list[datetime]:
    """The instants from 2010 to 2029 at which the zone's clocks change, to the minute."""
    weeks = [datetime(2010, 1, 1, tzinfo=UTC) + passed * WEEK for passed in range(20 * 52)]
    return [clock_change(zone, begin) for begin in weeks if has_clock_change(zone, begin, WEEK)]


def clock_change(zone: str, begin: datetime) -> datetime:
    minutes = range(WEEK // MINUTE)
    passed = bisect_left(
        minutes, True, key=lambda passed: has_clock_change(zone, begin, passed * MINUTE)
    )
    return begin + passed * MINUTE


def has_clock_change(zone: str, begin: datetime, length: timedelta) -> bool:
    offsets = {now.astimezone(zone_of(zone)).utcoffset() for now in (begin, begin + length)}
    return len(offsets) == 2


@st.composite
def near_a_clock_change(draw: st.DrawFn) -> tuple[OpeningHours, datetime, datetime]:
    """Hours of every day that like to begin and end where clocks change, such a change, and an instant
    at most 15 hours from it."""
    zone = draw(st.sampled_from(sorted(zone_names())).filter(clock_changes))
    change = draw(st.sampled_from(clock_changes(zone)))
    local = change.astimezone(zone_of(zone))
    near = st.integers(-90, 90).map(
        lambda off: (local.hour * 60 + local.minute + off) % DAY_MINUTES
    )
    week = (draw(windows(near | ANY_MINUTE)),) * 7
    now = change + draw(st.integers(-15 * 60, 15 * 60)) * MINUTE
    return OpeningHours(zone_of(zone), week), change, now


@given(hours(), instants())
@example(OpeningHours(zone_of("Australia/Lord_Howe"), ALWAYS), at("2026-04-04T14:45+00:00"))
@example(OpeningHours(zone_of("Pacific/Apia"), WEEKDAYS), at("2011-12-29T22:00+00:00"))
@settings(max_examples=400)
def test_the_next_change_is_the_first_instant_that_differs(
    opening: OpeningHours, now: datetime
) -> None:
    """Nothing changes in between, as far as 200 looks tell."""
    change = opening.next_change(now)
    state = opening.is_open(now)
    step = ((change or now + timedelta(days=8)) - now) / 200
    assert {opening.is_open(now + looks * step) for looks in range(200)} == {state}
    if change:
        assert opening.is_open(change) is not state
        assert opening.is_open(change - TICK) is state


@given(hours(), instants())
@settings(max_examples=400)
def test_the_last_change_is_where_the_state_began(opening: OpeningHours, now: datetime) -> None:
    change = opening.last_change(now)
    if change is None:
        return
    assert change <= now
    assert opening.is_open(change) is opening.is_open(now)
    assert opening.is_open(change - TICK) is not opening.is_open(now)
    following = opening.next_change(change)
    assert following is None or following > now


@given(near_a_clock_change())
@settings(max_examples=150, deadline=None)
def test_changes_are_those_that_looking_at_every_minute_finds(
    case: tuple[OpeningHours, datetime, datetime],
) -> None:
    """Around a change of the zone's clocks."""
    opening, clock_change, now = case
    first, last = clock_change - 15 * HOUR, clock_change + 15 * HOUR
    minutes = [first + passed * MINUTE for passed in range(30 * 60)]
    states = map(opening.is_open, minutes)
    changes = [
        minutes[passed + 1] for passed, (old, new) in enumerate(pairwise(states)) if old is not new
    ]
    ahead = next((change for change in changes if change > now), last)
    behind = next((change for change in reversed(changes) if change <= now), first)
    assert min(opening.next_change(now) or last, last) == ahead
    assert max(opening.last_change(now) or first, first) == behind
    edges = {edge for span in opening.open_spans(first, last) for edge in span}
    assert edges - {first, last} == {*changes}


@pytest.mark.parametrize(
    ("zone", "window", "now", "change"),
    [
        ("Africa/Cairo", "22:00-00:30", "2027-04-29T21:00+00:00", "2027-04-29T22:00+00:00"),
        ("Africa/Cairo", "00:30-12:00", "2027-04-29T21:00+00:00", "2027-04-29T22:00+00:00"),
        ("America/Nuuk", "00:15-23:30", "2027-03-27T12:00+00:00", "2027-03-28T01:00+00:00"),
        ("America/Nuuk", "09:00-23:30", "2027-03-27T12:00+00:00", "2027-03-28T01:00+00:00"),
        ("America/St_Johns", "23:59-23:58", "2010-11-07T02:29+00:00", "2010-11-07T03:28+00:00"),
    ],
)  # fmt: skip
def test_clocks_may_change_where_a_day_begins(
    zone: str, window: str, now: str, change: str
) -> None:
    """There, what was the end of the day is skipped, or shown again."""
    opening = daily(zone, window)
    assert opening.next_change(at(now)) == at(change)
    assert opening.last_change(at(change)) == at(change)
    state = opening.is_open(at(now))
    assert opening.open_spans(at(now), at(change) + MINUTE) == [
        (at(now), at(change)) if state else (at(change), at(change) + MINUTE)
    ]


@given(hours(), instants())
def test_the_next_opening_is_open(opening: OpeningHours, now: datetime) -> None:
    found = opening.next_opening(now)
    if found is None:
        assert not any(opening.week)
    else:
        assert opening.is_open(found)
        assert found == now or not opening.is_open(found - TICK)


@pytest.mark.parametrize(
    ("zone", "window", "now", "opens"),
    [
        pytest.param(
            "America/New_York", "02:30-03:30", "2026-03-08T01:00-05:00",
            "2026-03-08T03:00-04:00", id="a window that begins in the gap opens behind it",
        ),
        pytest.param(
            "America/New_York", "01:00-01:30", "2026-11-01T01:45-04:00",
            "2026-11-01T01:00-05:00", id="an hour that comes twice is open twice",
        ),
        pytest.param(
            "Australia/Lord_Howe", "02:00-02:15", "2026-10-04T01:45+10:30",
            "2026-10-05T02:00+11:00", id="half an hour is skipped, and the window with it",
        ),
        pytest.param(
            "Pacific/Apia", "09:00-17:00", "2011-12-29T18:00-10:00",
            "2011-12-31T09:00+14:00", id="a day is skipped",
        ),
        pytest.param(
            "America/Vancouver", "09:00-17:00", "2027-01-15T15:30+00:00",
            "2027-01-15T16:00+00:00", id="rules of the pinned tzdata: -07:00 in winter",
        ),
    ],
)  # fmt: skip
def test_changes_of_clocks(zone: str, window: str, now: str, opens: str) -> None:
    opening = OpeningHours(zone_of(zone), ((read_window(window),),) * 7)
    assert not opening.is_open(at(now))
    assert opening.next_opening(at(now)) == at(opens)


def test_dates_go_before_holidays_and_these_before_the_week() -> None:
    """Christmas Day is closed as a holiday. So would be the day before, but the owner says otherwise."""
    opening = OpeningHours(
        zone_of("Europe/Berlin"),
        WEEKDAYS,
        dates={date(2026, 12, 24): (read_window("09:00-12:00"),)},
        holidays=frozenset({date(2026, 12, 24), date(2026, 12, 25)}),
    )
    assert opening.is_open(at("2026-12-24T11:59+01:00"))
    assert opening.next_change(at("2026-12-24T11:59+01:00")) == at("2026-12-24T12:00+01:00")
    assert opening.next_opening(at("2026-12-24T13:00+01:00")) == at("2026-12-28T09:00+01:00")
    assert opening.last_change(at("2026-12-26T13:00+01:00")) == at("2026-12-24T12:00+01:00")


def test_the_next_opening_is_found_behind_many_dates_and_skipped_windows() -> None:
    """Weeks are alike only where no date differs and no clock change skips a window."""
    thursdays = ((),) * 3 + ((read_window("09:00-17:00"),),) + ((),) * 3
    today = date(2026, 11, 30)
    closed = OpeningHours(
        zone_of("Europe/Berlin"),
        thursdays,
        dates={today + timedelta(days=days): () for days in range(21)},
    )
    assert closed.next_opening(at("2026-11-30T12:00+01:00")) == at("2026-12-24T09:00+01:00")
    assert closed.next_change(at("2026-12-24T12:00+01:00")) == at("2026-12-24T17:00+01:00")
    sundays = ((),) * 6 + ((read_window("02:15-02:45"),),)
    skipped = OpeningHours(zone_of("America/New_York"), sundays)
    assert skipped.next_opening(at("2026-03-01T03:00-05:00")) == at("2026-03-15T02:15-04:00")


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    week = ((read_window("22:00-02:00"),), *((),) * 6)
    opening = OpeningHours(zone_of("Europe/Berlin"), week)
    assert opening.is_open(at("2026-12-01T01:59+01:00")), "Monday night"
    assert not opening.is_open(at("2026-12-01T02:00+01:00"))
    assert not opening.is_open(at("2026-11-30T01:00+01:00")), "Sunday night"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("9:00-17:00", "is no window"),
        ("09:00", "is no window"),
        ("1٩:00-20:00", "is no window"),
        ("09:00-17:60", "no clock shows"),
        ("24:00-25:00", "no clock shows"),
        ("09:00-24:01", "no clock shows"),
        ("09:00-09:00", "has no length"),
    ],
)
def test_a_window_that_is_none_is_refused_by_name(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_window(text)


@pytest.mark.parametrize(
    "name", ["Europe/Atlantis", "", "../etc/passwd", "EST5EDT/..", "utc ", "Factory"]
)
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        zone_of(name)
