"""The hours table of a site: every fault is named at once, and nothing contradictory is taken."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.helpers.sites import both_sites
from webapp.domain.site.model import Site
from webapp.domain.site.reading import parse_sites
from webapp.errors import ConfigurationError

OFFICE = {"mon-fri": ["09:00-12:30", "13:30-18:00"]}


def acme(hours: dict[str, Any], **changes: Any) -> Site:
    return parse_sites(both_sites(hours=hours, **changes), "sites.toml")["acme"]


def faults_of(hours: dict[str, Any], **changes: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        acme(hours, **changes)
    return refused.value.faults


def test_windows_dates_and_zone_are_read_as_they_are_written() -> None:
    site = acme(
        {
            "timezone": "Europe/Berlin",
            "week": {"mon-fri": ["13:30-18:00", "09:00-12:30"], "sat": ["22:00-02:00"]},
            "holidays": "DE-BY",
            "dates": {"2026-12-27/2026-12-31": [], "2026-12-24": ["09:00-12:00"]},
        }
    )
    hours = site.opening(site.receptionists[0], {"DE-BY": frozenset({date(2026, 12, 25)})})
    assert hours is not None
    assert hours.is_open(datetime(2026, 12, 24, 8, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 12, 25, 12, tzinfo=UTC)), "a holiday"
    assert not hours.is_open(datetime(2026, 12, 29, 12, tzinfo=UTC)), "a date that differs"
    assert hours.is_open(datetime(2027, 1, 3, 0, 59, tzinfo=UTC)), "Saturday's night"


def test_a_range_of_weekdays_may_pass_sunday() -> None:
    site = acme({"week": {"fri-mon": ["09:00-17:00"]}})
    hours = site.opening(site.receptionists[0], {})
    assert hours is not None
    assert [bool(windows) for windows in hours.week] == [
        True,
        False,
        False,
        False,
        True,
        True,
        True,
    ]


def test_every_fault_of_the_table_is_named_at_once() -> None:
    faults = faults_of(
        {
            "timezone": "Mars/Base",
            "week": {"mon-fri": ["9-5"], "someday": [], "sat": ["10:00-10:00"]},
            "holidays": "usa",
            "dates": {"2026-02-30": [], "2026-12-31/2026-12-27": []},
            "closes": "never",
        },
        timezone="Nowhere",
    )
    places = [fault.split(": ")[1] for fault in faults]
    assert places == [
        "acme.timezone",
        "acme.hours.timezone",
        "acme.hours.week.mon-fri[0]",
        "acme.hours.week.someday",
        "acme.hours.week.sat[0]",
        "acme.hours.holidays",
        "acme.hours.dates.2026-02-30",
        "acme.hours.dates.2026-12-31/2026-12-27",
        "acme.hours.closes",
    ]


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        pytest.param(
            {"timezone": "Mars/X", "week": {"mon": ["09:00-12:00", "11:00-13:00"]}},
            [
                "acme.hours.timezone: 'Mars/X' is no time zone",
                "acme.hours: mon: 09:00-12:00 and 11:00-13:00 overlap",
            ],
            id="beside a zone",
        ),
        pytest.param(
            {
                "week": {
                    "mon": ["9-5"],
                    "tue": ["09:00-12:00", "11:00-13:00"],
                    "wed-thu": ["09:00-12:00"],
                    "wed": [],
                }
            },
            [
                "acme.hours.week.mon[0]: '9-5' is no window",
                "acme.hours: wed is named twice",
                "acme.hours: tue: 09:00-12:00 and 11:00-13:00 overlap",
            ],
            id="beside a window",
        ),
        pytest.param(
            {"week": {"mon": ["9-5"]}},
            ["acme.hours.week.mon[0]: '9-5' is no window"],
            id="a window that cannot be read is no closed day",
        ),
    ],
)
def test_contradictions_are_named_beside_values_that_cannot_be_read(
    hours: dict[str, Any], found: list[str]
) -> None:
    faults = faults_of(hours)
    assert len(faults) == len(found), faults
    for fault, text in zip(faults, found, strict=True):
        assert fault.startswith(f"sites.toml: {text}")


@pytest.mark.parametrize(
    ("hours", "fault"),
    [
        pytest.param({}, "never open", id="no window"),
        pytest.param({"week": {"mon": []}}, "never open", id="only closed days"),
        pytest.param(
            {"week": {"mon": ["09:00-12:00", "11:00-13:00"]}},
            "mon: 09:00-12:00 and 11:00-13:00 overlap",
            id="windows of a day",
        ),
        pytest.param(
            {"week": {"sun": ["22:00-02:00"], "mon": ["01:00-05:00"]}},
            "the night of sun overlaps with mon",
            id="a night and the next day",
        ),
        pytest.param(
            {
                "week": {"mon-fri": ["22:00-06:00"]},
                "dates": {"2026-12-25": ["05:00-09:00"]},
            },
            "the night of 2026-12-24 overlaps with 2026-12-25",
            id="a night of the week and a date",
        ),
        pytest.param(
            {
                "week": {"mon-fri": ["09:00-17:00"]},
                "dates": {"2026-12-24": ["22:00-10:00"]},
            },
            "the night of 2026-12-24 overlaps with 2026-12-25",
            id="the night of a date and the week",
        ),
        pytest.param(
            {"dates": {"2026-12-24": ["22:00-06:00"], "2026-12-25": ["05:00-09:00"]}},
            "the night of 2026-12-24 overlaps with 2026-12-25",
            id="nights of dates",
        ),
        pytest.param(
            {"week": OFFICE, "dates": {"2026-12-01/2026-12-31": ["22:00-10:00", "09:00-12:00"]}},
            "the night of 2026-12-01 overlaps with 2026-12-02",
            id="nights of a range of dates",
        ),
        pytest.param(
            {"week": {"mon-fri": ["09:00-12:00"], "wed": []}}, "wed is named twice", id="weekday"
        ),
        pytest.param(
            {"week": OFFICE, "dates": {"2026-12-24": [], "2026-12-20/2026-12-26": []}},
            "2026-12-24 is named twice",
            id="date",
        ),
        pytest.param(
            {"week": OFFICE, "dates": {"2026-12-24": ["08:00-10:00", "09:00-12:00"]}},
            "2026-12-24: 08:00-10:00 and 09:00-12:00 overlap",
            id="windows of a date",
        ),
        pytest.param(
            {"week": OFFICE, "dates": {"2026-01-01/2027-06-01": []}},
            "lasts for more than a year",
            id="a span without end",
        ),
    ],
)
def test_a_contradictory_table_is_refused_by_name(hours: dict[str, Any], fault: str) -> None:
    (found,) = faults_of(hours)
    assert fault in found


def test_a_night_that_ends_when_the_next_day_begins_is_no_overlap() -> None:
    acme({"week": {"mon-fri": ["06:00-22:00"]}, "dates": {"2026-12-24": ["22:00-06:00"]}})


@pytest.mark.parametrize("text", ["2026-W53-4", "20261224", "2026-12-2٤", "2026-12-24/", "/"])
def test_dates_are_written_in_one_way(text: str) -> None:
    (fault,) = faults_of({"week": OFFICE, "dates": {text: []}})
    assert "is no date" in fault


def test_a_receptionist_with_hours_of_its_own_does_not_follow_the_sites() -> None:
    receptionists = [
        {"key": "sales", "label": "Sales", "menu_id": "1"},
        {
            "key": "help",
            "label": "Help",
            "menu_id": "2",
            "hours": {"week": {"sun": ["09:00-10:00"]}},
        },
    ]
    site = acme({"week": OFFICE}, receptionists=receptionists)
    sales, desk = (site.opening(receptionist, {}) for receptionist in site.receptionists)
    assert sales is not None
    assert desk is not None
    assert (bool(sales.week[6]), bool(desk.week[6])) == (False, True)


def test_a_site_without_the_table_is_always_open() -> None:
    site = parse_sites(both_sites(), "sites.toml")["acme"]
    assert site.opening(site.receptionists[0], {}) is None
