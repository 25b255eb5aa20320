"""Public holidays are worked out when a site is saved and by housekeeping, never while serving."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.helpers.callme import Store
from tests.helpers.clock import HandClock
from tests.helpers.sites import both_sites, site, sites_toml
from tests.helpers.waiting import wait_until
from webapp import child
from webapp.child import answer_of
from webapp.domain.site.hours import Holidays
from webapp.errors import CallmeError, ConfigurationError
from webapp.holiday_dates import holiday_dates
from webapp.services.holidays import HolidayCalendars
from webapp.services.moments import Moments
from webapp.services.operator.sites import SiteAdministration
from webapp.services.sites import SiteCache
from webapp.store.holidays import HolidayRepository
from webapp.store.pauses import PauseRepository
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


def test_saving_a_site_stores_its_holidays_from_last_year_on(
    store: Store, clock: HandClock
) -> None:
    SiteAdministration(store.database, clock).apply(sites(), "sites.toml", prune=False)
    days = stored(store)["US-NY"]
    assert {date(2026, 12, 25), date(2027, 7, 4), date(2028, 11, 23)} <= days
    assert {day.year for day in days} == {2025, 2026, 2027, 2028}, "it may be last year elsewhere"
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


def faults_of(store: Store, clock: HandClock, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        SiteAdministration(store.database, clock).apply(text, "sites.toml", prune=False)
    return refused.value.faults


def test_faults_of_all_hours_are_named_at_once_and_where_they_are(
    store: Store, clock: HandClock
) -> None:
    """What only the calendars and the clock can tell is not told after all other faults are mended."""
    own = {"week": {"mon": []}, "dates": {"2026-11-30": ["09:00-17:00"]}}
    receptionists = [
        {"key": "sales", "label": "Sales", "menu_id": "1"},
        {"key": "help", "label": "Help", "menu_id": "2", "hours": own},
    ]
    acme = site(receptionists=receptionists, hours={"week": WEEK, "holidays": "XX"})
    bakery = site(hours={"week": {"mon": ["9-5"]}, "holidays": "US-QQ"}, region="US")
    short = site(hours={"week": {"mon-fri": ["09:00-09:20"]}}, later={"slot_minutes": 30})
    text = sites_toml(acme=acme, bakery=bakery, short=short)
    places = [fault.split(": ")[1] for fault in faults_of(store, clock, text)]
    assert places == [
        "bakery.hours.week.mon[0]",
        "acme.hours.holidays",
        "bakery.hours.holidays",
        "acme.receptionists[1].hours",
        "short.later",
        "short.later",
    ]


def test_times_to_choose_that_leave_no_slot_are_refused(store: Store, clock: HandClock) -> None:
    hours = {"week": {"mon-fri": ["09:00-09:20"]}}
    faults = faults_of(store, clock, both_sites(hours=hours, later={"slot_minutes": 30}))
    assert faults == [
        f"sites.toml: acme.later: no window of the hours has room for 30 minutes, for {key!r}"
        for key in ("sales", "help")
    ]


def test_hours_that_are_too_far_ahead_are_refused(store: Store, clock: HandClock) -> None:
    hours = {"dates": {"2036-11-30": ["09:00-17:00"]}}
    for fault in faults_of(store, clock, both_sites(hours=hours)):
        assert fault.startswith("sites.toml: acme.hours: ")
        assert "all dates have passed or are too far ahead" in fault


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
    assert {day.year for day in stored(store)["US-NY"]} == {2028, 2029, 2030, 2031}


def test_a_button_that_hides_heeds_a_holiday_from_when_it_is_known(
    store: Store, clock: HandClock
) -> None:
    store.set_up(sites(when_closed="hide"))
    repository = HolidayRepository(store.database)
    cache = SiteCache(
        SiteRepository(store.database, clock), PauseRepository(store.database, clock), repository
    )
    moments = Moments(cache, clock)

    def begins() -> datetime:
        acme = cache.get("acme")
        assert acme
        spans = moments.shown_spans("acme", acme)
        assert spans
        assert moments.shown_spans("acme", acme) is spans, "worked out once"
        return spans[0][0]

    assert begins() == datetime(2026, 12, 1, 14, tzinfo=UTC)
    repository.replace({"US-NY": frozenset({date(2026, 12, 1)})})
    wait_until(
        lambda: begins() == datetime(2026, 12, 2, 14, tzinfo=UTC), 10, "the button to be hidden"
    )


def test_several_processes_may_store_holidays_at_once(store: Store) -> None:
    dates = {"US-NY": frozenset(date(2026, 1, day) for day in range(1, 29))}
    repository = HolidayRepository(store.database)
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(repository.replace, dates) for _ in range(12)]:
            done.result(20)
    assert stored(store) == dates


@pytest.mark.parametrize("shadow", ["holidays.py", "webapp/__init__.py", "json.py"])
def test_a_child_process_imports_nothing_from_the_folder_it_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shadow: str
) -> None:
    file = tmp_path / shadow
    file.parent.mkdir(exist_ok=True)
    file.write_text("raise SystemExit('the wrong file')")
    monkeypatch.chdir(tmp_path)
    assert holiday_dates(["US-NY"], [2026])["US-NY"]


def test_a_child_process_finds_a_package_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a checkout, which `python -m` finds as the folder it is started in."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(child, "_CODE", tmp_path)
    (tmp_path / "answering.py").write_text("print(1)")
    assert answer_of("answering", {}) == 1


def test_a_child_process_that_fails_or_hangs_is_a_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(CallmeError, match=r"No module named webapp\.nothing"):
        answer_of("webapp.nothing", {})
    monkeypatch.setattr(child, "_SECONDS", 0.001)
    with pytest.raises(CallmeError, match="TimeoutExpired"):
        answer_of("webapp.holiday_dates", {"calendars": [], "years": []})
