"""`callme forget` leaves a person's number nowhere, and touches nobody else's."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.helpers.callme import SECRET_KEY, Store, running_callme
from tests.helpers.calls import a_call
from tests.helpers.processes import environment, run, running, visitor_of
from tests.helpers.sites import NO_LIMITS, both_sites
from tests.helpers.traces import traces_in_files, traces_in_tables, traces_in_text
from tests.helpers.waiting import wait_until
from webapp.cli import main
from webapp.domain.calls import CallStatus, Visit
from webapp.domain.clock import utc_now
from webapp.domain.consent import Evidence
from webapp.domain.suppression import Fingerprint, Source
from webapp.store import retention
from webapp.store.consents import EvidenceRepository
from webapp.store.tables import KEPT, calls, metadata

THEIRS, OTHERS = "+12025550143", "+12025550178"
DIGITS = "2025550143"
PAGE = "https://www.acme.example/?tel=%28202%29%20555-0143"
THEIR_VISIT = Visit(PAGE, PAGE, PAGE, THEIRS, {"utm_term": "202.555.0143"})
AGO = (timedelta(minutes=5), timedelta(hours=23), timedelta(hours=25), timedelta(days=80))
FINAL = [status for status in CallStatus if status.final]
WAITING = [CallStatus.QUEUED, CallStatus.SCHEDULED]


@pytest.fixture
def store(either_store: Store) -> Store:
    either_store.set_up()
    return either_store


def forget(tmp_path: Path, store: Store, number: str = THEIRS) -> CompletedProcess[str]:
    return run(tmp_path, environment(store), "forget", number)


def fill(store: Store, phone: str, visit: Visit) -> None:
    """Calls to one number, waiting and in all final states, from just now to long ago."""
    for ago in AGO:
        for status in (*FINAL, *WAITING):
            store.add(a_call(phone, status=status, at=utc_now() - ago, visit=visit))


def snapshot(store: Store) -> dict[str, set[str]]:
    """Every row of every table."""
    with store.database.read() as connection:
        return {
            table.name: {repr(row) for row in connection.execute(select(table))}
            for table in metadata.sorted_tables
        }


def evidence_of(store: Store, number: str) -> list[Evidence]:
    return EvidenceRepository(store.database, Fingerprint(SECRET_KEY)).find(number)


@pytest.mark.process
def test_no_table_file_or_log_holds_a_forgotten_number(tmp_path: Path, store: Store) -> None:
    """The command's output holds only its last two digits."""
    fill(store, THEIRS, THEIR_VISIT)
    with running(tmp_path, environment(store), "web", "--port", "0") as server:
        visitor = visitor_of(server)
        call_id = visitor.ask_for_call(
            phone="(202) 555-0143", page_url=PAGE, referrer=PAGE, utm_source="+1 202 555 0143"
        )
        assert len(traces_in_tables(store, DIGITS)) > len(AGO) * len(FINAL)
        assert evidence_of(store, THEIRS)
        ended = forget(tmp_path, store)
        assert ended.returncode == 0, ended.stderr
        assert traces_in_tables(store, DIGITS) == []
        assert evidence_of(store, THEIRS) == []
        if store.database.is_sqlite:
            # The server still runs, and its connections must not keep the log from being emptied.
            assert traces_in_files(store.path, DIGITS) == []
        assert visitor.get(f"/api/calls/{call_id}").get_json()["status"] == "cancelled"
        server.send(signal.SIGINT)
        server.wait()
    assert "accepted call=" in server.output
    assert traces_in_text(server.output + ended.stdout + ended.stderr, DIGITS) == []
    assert ended.stdout == (
        "…43: 16 calls deleted, 17 of today blanked, 33 records of consent deleted\n"
    )
    store.check_events()


def test_another_persons_rows_are_untouched(tmp_path: Path, store: Store) -> None:
    fill(store, OTHERS, Visit(PAGE.replace("0143", "0178")))
    before = snapshot(store)
    fill(store, THEIRS, THEIR_VISIT)
    assert forget(tmp_path, store).returncode == 0
    after = snapshot(store)
    for name, rows in before.items():
        assert rows <= after[name], f"rows of {name} are missing or have changed"
    with store.database.read() as connection:
        mine = select(metadata.tables["calls"].c.phone).distinct()
        assert set(connection.scalars(mine)) == {OTHERS, ""}


def test_forget_cancels_waiting_calls_with_the_reason(tmp_path: Path, store: Store) -> None:
    waiting = [store.add(a_call(THEIRS, status=status)) for status in WAITING]
    assert forget(tmp_path, store).returncode == 0
    for call in waiting:
        assert store.status(call.id) is CallStatus.CANCELLED
        last = store.calls.events(call.id)[-1]
        assert (last.old, last.reason) == (call.status, "forgotten")
    store.check_events()


def test_a_call_that_is_being_placed_is_not_tried_again(tmp_path: Path, store: Store) -> None:
    """Even if the vendor certainly never got it."""
    store.add(a_call(THEIRS))
    now = utc_now()
    (dialing,) = store.queue.claim("one", now, timedelta(seconds=15), 1)
    assert forget(tmp_path, store).returncode == 1
    assert store.queue.requeue(dialing, now, now, "http_503")
    later = utc_now()
    assert store.queue.claim("one", later, timedelta(seconds=15), 1) == []
    assert store.queue.expire_overdue(later) == [(dialing.id, "window_closed")]


@pytest.mark.process
def test_forget_reports_a_call_being_placed_and_deletes_all_else(
    tmp_path: Path, store: Store
) -> None:
    fill(store, THEIRS, THEIR_VISIT)
    dialing = store.add(a_call(THEIRS, status=CallStatus.DIALING))
    ended = forget(tmp_path, store)
    assert ended.returncode == 1
    assert ended.stderr == ("callme: 1 call is being placed now; run this again in a few minutes\n")
    assert store.call(dialing.id).phone == THEIRS
    assert [trace.split(":")[0] for trace in traces_in_tables(store, DIGITS)] == ["calls.phone"]
    store.execute("UPDATE calls SET status = 'connected' WHERE id = :id", id=dialing.id)
    again = forget(tmp_path, store)
    assert (again.returncode, again.stderr) == (0, "")
    assert traces_in_tables(store, DIGITS) == []


@pytest.mark.parametrize(
    ("limits", "calls_per_day"),
    [
        pytest.param({**NO_LIMITS, "per_day": 1}, 0, id="of the site"),
        pytest.param(NO_LIMITS, 1, id="of the installation"),
    ],
)
def test_forgotten_calls_still_count_where_money_is_spent(
    tmp_path: Path, limits: dict[str, int], calls_per_day: int
) -> None:
    """Otherwise a script could call, be forgotten, and call again."""
    sites = both_sites(limits=limits)
    with running_callme(
        tmp_path, sites=sites, dispatcher=False, calls_per_day=calls_per_day
    ) as callme:
        assert callme.visitor().submit(phone="202 555 0143").status_code == 202
        assert forget(tmp_path, callme.store).returncode == 0
        assert traces_in_tables(callme.store, DIGITS) == []
        assert callme.visitor().submit(phone="202 555 0178").status_code == 503
        assert len(callme.store.all_calls()) == 1


def test_a_forgotten_number_stays_suppressed_without_being_stored(
    tmp_path: Path, store: Store
) -> None:
    store.suppressions.add([THEIRS], Source.PERSON)
    assert traces_in_tables(store, DIGITS) == []
    assert forget(tmp_path, store).returncode == 0
    assert traces_in_tables(store, DIGITS) == []
    (entry,) = store.suppressions.all()
    assert entry.last_two == "43"


@pytest.mark.parametrize("either_store", ["sqlite"], indirect=True)
def test_forget_rewrites_the_sqlite_file(tmp_path: Path, store: Store) -> None:
    """Overwriting deleted rows is not enough, as rows that were moved leave copies behind."""
    long = Visit("https://www.acme.example/" + "x" * 2000)
    for _ in range(60):
        store.add(a_call(THEIRS, status=CallStatus.BUSY, at=utc_now() - AGO[-1], visit=long))
    before = store.path.stat().st_size
    assert forget(tmp_path, store).returncode == 0
    with store.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar() == 0
    assert store.path.stat().st_size < before - 60 * 2000


@pytest.mark.parametrize("either_store", ["sqlite"], indirect=True)
def test_forget_reports_another_reader_of_the_sqlite_file(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite cannot remove from its log what another program still reads."""
    monkeypatch.setattr(retention, "LOG_SECONDS", 0.0)
    store.add(a_call(THEIRS, status=CallStatus.BUSY))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT phone FROM calls").fetchall()
        ended = CliRunner(env=environment(store)).invoke(main, ["forget", THEIRS])
        reader.execute("COMMIT")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("callme: another program reads the database")
    assert forget(tmp_path, store).returncode == 0
    assert traces_in_files(store.path, DIGITS) == []


@pytest.mark.parametrize("either_store", ["postgresql"], indirect=True)
def test_forget_vacuums_the_postgresql_tables(tmp_path: Path, store: Store) -> None:
    fill(store, THEIRS, THEIR_VISIT)
    assert forget(tmp_path, store).returncode == 0

    def vacuumed() -> bool:
        with store.database.read() as connection:
            done = connection.exec_driver_sql(
                "SELECT relname FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL"
            )
            return set(done.scalars()) == {"calls", "call_events", "call_evidence"}

    wait_until(vacuumed, 10, "the tables to be vacuumed")


@pytest.mark.parametrize("either_store", ["sqlite"], indirect=True)
def test_forget_does_not_repeat_an_invalid_number(tmp_path: Path, store: Store) -> None:
    ended = forget(tmp_path, store, "202 555 0143 99 99")
    assert ended.returncode == 1
    assert ended.stderr == (
        "callme: that is no full international number; write it like +12025550100\n"
    )


def test_a_column_of_a_call_is_forgotten_unless_it_is_marked() -> None:
    """What says nothing about the person, and what the limits and the counts go by."""
    kept = {column.name for column in calls.columns if KEPT in column.info}
    assert kept == {
        *("id", "site", "receptionist", "menu_id", "request_id", "web_request", "status", "reason"),
        *("attempt", "created_at", "due_at", "expires_at", "lease_owner", "lease_expires_at"),
        *("talk_seconds", "planned_at", "wall_time", "retry_of"),
    }
    assert kept | retention._BLANK.keys() == set(calls.columns.keys())
