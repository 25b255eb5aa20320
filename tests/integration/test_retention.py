"""Data that has been kept for long enough is deleted every hour and by `callme purge`; no other is."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.helpers.callme import SECRET_KEY, Store
from tests.helpers.calls import a_call
from tests.helpers.clock import HandClock
from tests.helpers.processes import environment, run, running
from tests.helpers.sites import both_sites
from tests.helpers.traces import traces_in_files, traces_in_tables
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus
from webapp.domain.clock import utc_now
from webapp.domain.retention import Purged
from webapp.parts import create_retention
from webapp.services import housekeeping as housekeeping_module
from webapp.services import retention as retention_module
from webapp.services.housekeeping import Housekeeping
from webapp.services.retention import Retention
from webapp.settings import load_settings
from webapp.store import retention as store_module
from webapp.store.engine import Database, StoreUnavailable
from webapp.store.refusals import RefusalKey, RefusalRepository
from webapp.store.tables import call_events, call_evidence, call_refusals, calls

SHORT = both_sites(retention_days=10, evidence_days=20)
"""`acme` keeps calls for 10 days and evidence for 20; `other` has the defaults."""

DAY = timedelta(days=1)
MOMENT = timedelta(seconds=1)
FINAL = [status for status in CallStatus if status.final]
OPEN = [status for status in CallStatus if not status.final]
NEVER = threading.Event()


@pytest.fixture
def store(either_store: Store) -> Store:
    either_store.set_up(SHORT)
    return either_store


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BATCH", 3)
    monkeypatch.setattr(retention_module, "REST_SECONDS", 0.001)


def retention_of(database: Database, clock: HandClock) -> Retention:
    keys = {"dialogtech_access_key": "foo", "dialogtech_secret_access_key": "bar"}
    return create_retention(load_settings(secret_key=SECRET_KEY, **keys), database, clock)


def ids(store: Store) -> tuple[set[str], set[str]]:
    """The calls that are still there, and the calls whose evidence still is."""
    with store.database.read() as connection:
        return (
            set(connection.scalars(select(calls.c.id))),
            set(connection.scalars(select(call_evidence.c.call_id))),
        )


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(
    ("site", "days", "evidence_days"), [("acme", 10, 20), ("other", 90, 1830), ("gone", 90, 1830)]
)
def test_purge_deletes_exactly_what_is_due(
    store: Store, clock: HandClock, site: str, days: int, evidence_days: int
) -> None:
    """It is exact to the second for each final state. The site's own days count, or the defaults if the
    site is gone. A call that is not over stays, however old."""

    def add(status: CallStatus, ago: timedelta) -> str:
        return store.add(a_call(site=site, status=status, at=clock.now - ago)).id

    fresh = {add(status, days * DAY) for status in CallStatus}
    old = {add(status, days * DAY + MOMENT) for status in FINAL}
    stuck = {add(status, days * DAY + MOMENT) for status in OPEN}
    proven = {add(status, evidence_days * DAY) for status in FINAL}
    oldest = {add(status, evidence_days * DAY + MOMENT) for status in FINAL}
    elsewhere = store.add(a_call(site="acme" if site != "acme" else "other", at=clock.now)).id
    done = retention_of(store.database, clock).purge(NEVER)
    left, evidence = ids(store)
    assert left == fresh | stuck | {elsewhere}
    assert evidence == fresh | old | stuck | proven | {elsewhere}
    assert done == Purged(len(old | proven | oldest), len(oldest), 0)
    with store.database.read() as connection:
        assert set(connection.scalars(select(call_events.c.call_id))) == left
    assert retention_of(store.database, clock).purge(NEVER) == Purged()
    store.check_events()


def test_counts_of_refusals_go_after_ninety_days(store: Store, clock: HandClock) -> None:
    hours = [clock.now - ago for ago in (91 * DAY, 90 * DAY, DAY)]
    RefusalRepository(store.database).add({RefusalKey(hour, "acme", "paused"): 1 for hour in hours})
    assert retention_of(store.database, clock).purge(NEVER) == Purged(refusals=1)
    with store.database.read() as connection:
        assert set(connection.scalars(select(call_refusals.c.hour))) == set(hours[1:])


@pytest.mark.usefixtures("small_batches")
def test_several_who_purge_at_once_delete_each_row_once(store: Store, clock: HandClock) -> None:
    for _ in range(60):
        store.add(a_call(status=CallStatus.BUSY, at=clock.now - 30 * DAY))
    recent = store.add(a_call(at=clock.now))
    databases = [Database(store.url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = list(
            pool.map(lambda database: retention_of(database, clock).purge(NEVER), databases)
        )
    for database in databases:
        database.close()
    assert sum(purged.calls for purged in done) == 60
    assert sum(one.evidence for one in done) == 60
    assert ids(store) == ({recent.id}, {recent.id})


@pytest.mark.usefixtures("small_batches")
def test_calls_can_be_stored_between_two_batches_of_a_purge(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visitor's call is stored during a large deletion, not after it."""
    for _ in range(7):
        store.add(a_call(status=CallStatus.BUSY, at=clock.now - 30 * DAY))
    rests: list[int] = []

    class Told(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            store.add(a_call(at=clock.now))
            rests.append(len(ids(store)[0]))
            return False

    retention_of(store.database, clock).purge(Told())
    assert rests[:2] == [7 - 3 + 1, 7 - 6 + 2]


@pytest.mark.usefixtures("small_batches")
def test_a_stopped_purge_leaves_the_rest_for_the_next_one(store: Store, clock: HandClock) -> None:
    for _ in range(4):
        store.add(a_call(status=CallStatus.BUSY, at=clock.now - 30 * DAY))
    stop = threading.Event()
    stop.set()
    assert retention_of(store.database, clock).purge(stop) == Purged()
    assert retention_of(store.database, clock).purge(NEVER).calls == 4


@pytest.mark.process
def test_the_purge_command_reports_its_counts_and_leaves_no_number(
    tmp_path: Path, store: Store
) -> None:
    for days in (5, 15, 25):
        store.add(a_call("+12025550143", status=CallStatus.BUSY, at=utc_now() - days * DAY))
    store.add(a_call("+12025550178", at=utc_now()))
    ended = run(tmp_path, environment(store), "purge")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "2 calls, 1 records of consent and 0 counts of refusals deleted\n"
    store.execute(
        "UPDATE calls SET created_at = :old WHERE phone = :phone",
        old=utc_now() - 11 * DAY,
        phone="+12025550143",
    )
    assert run(tmp_path, environment(store), "purge").stdout.startswith("1 calls, ")
    assert traces_in_tables(store, "2025550143") == []
    if store.database.is_sqlite:
        assert traces_in_files(store.path, "2025550143") == []


@pytest.mark.process
@pytest.mark.parametrize("either_store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("dispatch",)])
def test_a_dispatchers_process_purges_by_itself(
    tmp_path: Path, store: Store, command: tuple[str, ...]
) -> None:
    old = store.add(a_call(status=CallStatus.BUSY, at=utc_now() - 30 * DAY))
    recent = store.add(a_call(status=CallStatus.BUSY, at=utc_now() - DAY))
    with running(tmp_path, environment(store), *command) as process:
        process.wait_for(r"(purged calls=1 evidence=1 refusals=0)")
    assert ids(store) == ({recent.id}, {recent.id}), old.id


class Failing(Retention):
    """Fails in another way each time, and counts how often it was called."""

    def __init__(self, faults: list[Exception]) -> None:
        self.asked = 0
        self._faults = faults

    def purge(self, told_to_stop: threading.Event) -> Purged:
        self.asked += 1
        if self._faults:
            raise self._faults.pop(0)
        return Purged()


def test_housekeeping_logs_each_fault_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(housekeeping_module, "INTERVAL_SECONDS", 0.001)
    failing = Failing([StoreUnavailable("away"), ValueError("odd")])
    keeper = Housekeeping(failing, lambda: None)
    with caplog.at_level(logging.ERROR):
        keeper.start()
        wait_until(lambda: failing.asked > 3, 20, "it to go on after two faults")
        keeper.stop()
    assert [record.exc_info is not None for record in caplog.records] == [False, True]
    assert "away" in caplog.text


def test_holidays_that_could_not_be_worked_out_are_tried_again_in_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And once they were, not for a month."""
    monkeypatch.setattr(housekeeping_module, "INTERVAL_SECONDS", 0.001)
    faults: list[Exception] = [StoreUnavailable("away"), ValueError("odd")]
    turns, refreshes = Failing([]), []

    def refresh() -> None:
        refreshes.append(turns.asked)
        if faults:
            raise faults.pop(0)

    keeper = Housekeeping(turns, refresh)
    keeper.start()
    wait_until(lambda: turns.asked > 6, 20, "it to go on")
    keeper.stop()
    assert refreshes == [1, 2, 3]


def test_housekeeping_that_was_never_started_can_be_stopped() -> None:
    Housekeeping(Failing([]), lambda: None).stop()
