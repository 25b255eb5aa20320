"""Public holidays are worked out when a site is saved and by housekeeping, never while serving."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from tests.helpers.callme import Store
from tests.helpers.clock import HandClock
from tests.helpers.sites import both_sites
from webapp import child
from webapp.child import answer_of
from webapp.domain.site.hours import Holidays
from webapp.errors import CallmeError, ConfigurationError
from webapp.services.holidays import YEARS, HolidayCalendars
from webapp.services.operator.sites import SiteAdministration
from webapp.store.holidays import HolidayRepository
from webapp.store.sites import SiteRepository

WEEK = {"mon-fri": ["09:00-17:00"]}


def sites(calendar: str | None = "US-NY", **more: object) -> str:
    table = {"week": WEEK, **({"holidays": calendar} if calendar else {}), **more}
    return both_sites(timezone="America/New_York", hours=table)


def stored(store: Store) -> Holidays:
    return HolidayRepository(store.database).all()


@pytest.fixture
def store(either_store: Store) -> Store:
    either_store.set_up()
    return either_store


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 12, 1, tzinfo=UTC))


def test_saving_a_site_stores_its_holidays_for_three_years(store: Store, clock: HandClock) -> None:
    SiteAdministration(store.database, clock).apply(sites(), "sites.toml", prune=False)
    days = stored(store)["US-NY"]
    assert {date(2026, 12, 25), date(2027, 7, 4), date(2028, 11, 23)} <= days
    assert {day.year for day in days} == set(range(2026, 2026 + YEARS))
    assert "holidays" not in sys.modules, "the package stays in a process of its own"


@pytest.mark.parametrize("calendar", ["XX", "US-QQ"])
def test_a_calendar_that_does_not_exist_changes_nothing(
    store: Store, clock: HandClock, calendar: str
) -> None:
    before = SiteRepository(store.database, clock).all()
    with pytest.raises(ConfigurationError, match=calendar):
        SiteAdministration(store.database, clock).apply(sites(calendar), "s", prune=False)
    assert SiteRepository(store.database, clock).all() == before
    assert stored(store) == {}


def test_hours_whose_dates_have_all_passed_are_refused(store: Store, clock: HandClock) -> None:
    hours = {"week": {"mon": []}, "dates": {"2026-11-30": ["09:00-17:00"]}}
    text = both_sites(hours=hours)
    with pytest.raises(ConfigurationError, match="all dates have passed"):
        SiteAdministration(store.database, clock).apply(text, "sites.toml", prune=False)


def test_housekeeping_works_the_holidays_of_all_sites_out_anew(
    store: Store, clock: HandClock
) -> None:
    SiteAdministration(store.database, clock).apply(sites(), "sites.toml", prune=False)
    clock.now = datetime(2029, 1, 1, tzinfo=UTC)
    calendars = HolidayCalendars(HolidayRepository(store.database), clock)
    calendars.refresh(SiteRepository(store.database, clock))
    assert {day.year for day in stored(store)["US-NY"]} == {2029, 2030, 2031}


def test_several_processes_may_store_holidays_at_once(store: Store) -> None:
    dates = {"US-NY": frozenset(date(2026, 1, day) for day in range(1, 29))}
    repository = HolidayRepository(store.database)
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(repository.replace, dates) for _ in range(12)]:
            done.result(20)
    assert stored(store) == dates


def test_a_child_process_that_fails_or_hangs_is_a_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(CallmeError, match=r"No module named webapp\.nothing"):
        answer_of("webapp.nothing", {})
    monkeypatch.setattr(child, "_SECONDS", 0.001)
    with pytest.raises(CallmeError, match="TimeoutExpired"):
        answer_of("webapp.holiday_dates", {"calendars": [], "years": []})
