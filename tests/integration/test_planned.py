"""A promise is kept or ends with its reason, on both databases, whatever happens until it is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.helpers.callme import Store
from tests.helpers.calls import a_call
from tests.helpers.clock import HandClock
from tests.helpers.processes import environment, run
from tests.helpers.sites import both_sites
from webapp.domain.calls import Call, CallStatus, Plan, new_call_id
from webapp.domain.clock import Clock
from webapp.domain.hooks import HookEvent
from webapp.domain.limits import DAY, HOUR, CallLimits
from webapp.domain.refusals import Refusal
from webapp.domain.suppression import Fingerprint
from webapp.metrics import Metrics
from webapp.parts import create_site_cache
from webapp.services.due_calls import DueCalls
from webapp.store.calls import record
from webapp.store.intake import AnotherTry, Intake
from webapp.store.message_search import MessageFilter, MessageSearch
from webapp.store.pauses import PauseRepository
from webapp.store.planned import PlannedCalls, Released
from webapp.store.retention import CALLS, RetentionRepository
from webapp.store.tables import calls

NOON = datetime(2027, 3, 2, 17, 0, tzinfo=UTC)
"""A Tuesday, by the clock of New York. In the future, as the commands have the machine's own clock."""
TEN = datetime(2027, 3, 3, 15, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
OFFICE = {"week": {"mon-fri": ["09:00-17:00"]}}


def sites(**changes: Any) -> str:
    given = {"timezone": "America/New_York", "hours": OFFICE, "later": {}, **changes}
    return both_sites(**given)


@pytest.fixture
def store(either_store: Store) -> Store:
    either_store.set_up(sites())
    return either_store


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


def due_calls(store: Store, clock: Clock) -> DueCalls:
    """As of a process that has just started."""
    intake = Intake(store.database, store.suppressions)
    cache = create_site_cache(store.database, clock)
    return DueCalls(PlannedCalls(store.database), intake, cache, clock, Metrics())


def planned(store: Store, due_at: datetime = TEN, **changes: Any) -> Call:
    return store.add(
        a_call(
            status=CallStatus.SCHEDULED,
            at=NOON - HOUR,
            due_at=due_at,
            window=QUARTER,
            **{"wall_time": f"{due_at - 5 * HOUR:%Y-%m-%dT%H:%M}", **changes},
        )
    )


def ended_as(store: Store, call: Call) -> tuple[CallStatus, str]:
    found = store.call(call.id)
    return found.status, found.reason


def test_a_planned_call_is_queued_when_it_is_due_and_not_before(
    store: Store, clock: HandClock
) -> None:
    call, due = planned(store), due_calls(store, clock)
    clock.now = TEN - timedelta(milliseconds=1)
    assert due.release() == []
    clock.now = TEN
    assert [released.call.id for released in due.release()] == [call.id]
    assert due.release() == []
    (claimed,) = store.queue.claim("me", clock(), timedelta(minutes=1), 10)
    assert claimed.id == call.id
    store.check_events()


def test_two_processes_release_a_call_once(store: Store, clock: HandClock) -> None:
    planned(store)
    clock.now = TEN
    both = [due_calls(store, clock) for _ in range(2)]
    planned_calls = PlannedCalls(store.database)
    seen = planned_calls.due(clock(), 10)
    assert [len(process.release()) for process in both] == [1, 0]
    late = planned_calls.release([Released(call, "1") for call in seen], clock())
    assert late == [], "what another process has released stays as it is"


def closed_meanwhile(store: Store) -> None:
    store.set_up(sites(hours={"week": {"mon-fri": ["09:00-10:00"]}}))


def night_meanwhile(store: Store) -> None:
    store.set_up(sites(quiet={"from": "09:30", "until": "12:00"}))


def receptionist_gone(store: Store) -> None:
    store.set_up(sites(receptionists=[{"key": "help", "label": "Help", "menu_id": "1"}]))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (closed_meanwhile, "closed"),
        (night_meanwhile, "quiet_hours"),
        (receptionist_gone, "site_changed"),
    ],
)
def test_what_cannot_be_dialled_when_it_is_due_expires_and_says_why(
    store: Store, clock: HandClock, change: Callable[[Store], None], reason: str
) -> None:
    call = planned(store)
    change(store)
    clock.now = TEN
    due_calls(store, clock).release()
    assert ended_as(store, call) == (CallStatus.EXPIRED, reason)
    assert store.queue.claim("me", clock(), HOUR, 10) == []


def test_after_a_downtime_what_can_still_ring_rings_and_the_rest_says_why(
    store: Store, clock: HandClock
) -> None:
    """An hour away, nothing is lost."""
    early = planned(store, phone="+12025550101")
    late = planned(store, TEN + 3 * QUARTER, phone="+12025550102")
    clock.now = TEN + HOUR - timedelta(seconds=1)
    due_calls(store, clock).release()
    assert ended_as(store, early) == (CallStatus.EXPIRED, "window_closed")
    assert ended_as(store, late) == (CallStatus.QUEUED, "")


def test_a_paused_call_rings_within_its_slot_or_says_that_it_was_paused(
    store: Store, clock: HandClock
) -> None:
    pauses = PauseRepository(store.database, clock)
    first, second = (planned(store, phone=f"+1202555010{last}") for last in (1, 2))
    pauses.pause("acme")
    clock.now = TEN
    due_calls(store, clock).release()
    assert store.queue.claim("me", clock(), HOUR, 10) == []
    pauses.resume("acme")
    clock.move(60)
    due_calls(store, clock).release()
    assert [call.id for call in store.queue.claim("me", clock(), HOUR, 1)] == [first.id]
    pauses.pause("acme")
    clock.now = TEN + QUARTER
    store.queue.expire_overdue(clock())
    assert ended_as(store, second) == (CallStatus.EXPIRED, "paused")


def test_a_call_that_never_reached_the_vendor_says_so(store: Store, clock: HandClock) -> None:
    call = planned(store)
    clock.now = TEN
    due_calls(store, clock).release()
    (claimed,) = store.queue.claim("me", clock(), HOUR, 10)
    assert store.queue.requeue(claimed, TEN + QUARTER, clock(), "connect_failed")
    store.queue.expire_overdue(clock())
    assert ended_as(store, call) == (CallStatus.EXPIRED, "vendor_down")


def test_a_call_that_was_moved_or_cancelled_meanwhile_is_not_released(
    store: Store, clock: HandClock
) -> None:
    call = planned(store)
    clock.now = TEN
    planned_calls = PlannedCalls(store.database)
    seen = planned_calls.due(clock(), 10)
    store.calls.cancel(call.id, clock(), "visitor")
    assert planned_calls.release([Released(each, "1") for each in seen], clock()) == []
    assert ended_as(store, call) == (CallStatus.CANCELLED, "visitor")


def test_a_promise_moves_with_its_wall_time_when_rules_of_time_change(
    store: Store, clock: HandClock
) -> None:
    """It was promised for 10:00, under rules by which that was an hour later."""
    call = planned(store, TEN + HOUR, wall_time="2027-03-03T10:00")
    due_calls(store, clock).release()
    moved = store.call(call.id)
    assert (moved.due_at, moved.expires_at) == (TEN, TEN + QUARTER)
    assert store.calls.events(call.id)[-1].reason == "time_rules"
    clock.now = TEN
    due_calls(store, clock).release()
    assert store.status(call.id) is CallStatus.QUEUED


def test_a_promise_that_cannot_move_is_listed_as_broken(
    tmp_path: Path, store: Store, clock: HandClock
) -> None:
    """Its wall time is out of the hours by now, or the slot is full."""
    outside = planned(store, phone="+12025550101", wall_time="2027-03-03T08:00")
    full = planned(store, phone="+12025550102", wall_time="2027-03-03T11:00")
    for last in (3, 4):
        planned(store, TEN + HOUR, phone=f"+1202555010{last}")
    due_calls(store, clock).release()
    assert store.call(outside.id).due_at == store.call(full.id).due_at == TEN
    listed = run(tmp_path, environment(store), "calls", "list", "acme", "--broken-promise")
    lines = listed.stdout.splitlines()
    assert sorted(line.split("\t")[1] for line in lines) == sorted([outside.id, full.id])
    assert all(line.endswith("scheduled\ttime_rules") for line in lines)


def test_a_change_that_breaks_promises_is_refused_and_names_the_calls(
    tmp_path: Path, store: Store
) -> None:
    call = planned(store)
    file = tmp_path / "sites.toml"
    file.write_text(sites(hours={"week": {"mon-fri": ["11:00-17:00"]}}))
    settings = environment(store)
    refused = run(tmp_path, settings, "sites", "apply", str(file))
    assert refused.returncode == 1
    assert f"acme: the planned call {call.id} of 2027-03-03 15:00 UTC" in refused.stderr
    assert "--cancel-planned" in refused.stderr
    assert store.status(call.id) is CallStatus.SCHEDULED
    assert "11:00" not in run(tmp_path, settings, "sites", "export").stdout
    applied = run(tmp_path, settings, "sites", "apply", str(file), "--cancel-planned")
    assert applied.stdout == "acme: changed\nother: unchanged\n"
    assert ended_as(store, call) == (CallStatus.CANCELLED, "site_changed")


def test_a_change_that_keeps_all_promises_is_applied(tmp_path: Path, store: Store) -> None:
    call = planned(store)
    file = tmp_path / "sites.toml"
    file.write_text(sites(hours={"week": {"mon-fri": ["10:00-17:00"]}}))
    applied = run(tmp_path, environment(store), "sites", "apply", str(file))
    assert applied.returncode == 0, applied.stderr
    assert store.status(call.id) is CallStatus.SCHEDULED


def test_owners_are_told_of_plans_and_moves(store: Store, clock: HandClock) -> None:
    hooks = {"url": "https://www.acme.example/hook", "secret": "whsec_" + "a" * 32}
    store.set_up(sites(hooks=hooks))
    call = planned(store, TEN + HOUR, wall_time="2027-03-03T10:00")
    due_calls(store, clock).release()
    messages = MessageSearch(store.database).find(MessageFilter(call_id=call.id), 10)
    assert [message.event for message in messages] == [HookEvent.SCHEDULED, HookEvent.MOVED]


def test_a_planned_call_is_kept_until_long_after_it_rang(store: Store) -> None:
    """It was accepted longer ago than calls are kept."""
    call = planned(store)
    store.calls.cancel(call.id, TEN, "visitor")
    retention = RetentionRepository(store.database, Fingerprint("k" * 32))
    assert retention.delete_batch(CALLS, "acme", TEN) == (0, False)
    assert retention.delete_batch(CALLS, "acme", TEN + DAY) == (1, False)


def test_a_promise_whose_zone_is_gone_is_kept_by_the_owners_clock(
    store: Store, clock: HandClock
) -> None:
    """And keeps no other call from being released."""
    lost = planned(store, phone="+12025550101", timezone="Mars/Base")
    fine = planned(store, phone="+12025550102")
    clock.now = TEN
    due_calls(store, clock).release()
    assert [store.status(call.id) for call in (lost, fine)] == [CallStatus.QUEUED] * 2


def test_what_no_process_has_released_expires_with_its_slot(store: Store, clock: HandClock) -> None:
    call = planned(store)
    clock.now = TEN + QUARTER
    assert store.queue.expire_overdue(clock()) == [(call.id, "window_closed")]


def test_a_move_that_was_made_meanwhile_is_not_overwritten(store: Store, clock: HandClock) -> None:
    call = planned(store)
    intake = Intake(store.database, store.suppressions)

    def to(at: datetime) -> Call:
        return replace(call, plan=Plan(at, "x"), due_at=at, expires_at=at + QUARTER)

    intake.move(call, to(TEN + HOUR), CallLimits(), clock(), "moved")
    with pytest.raises(Refusal, match="call_begun"):
        intake.move(call, to(TEN + 2 * HOUR), CallLimits(), clock(), "time_rules")
    assert store.call(call.id).due_at == TEN + HOUR


def test_a_paused_call_that_is_due_still_binds_its_site(
    tmp_path: Path, store: Store, clock: HandClock
) -> None:
    call = planned(store)
    clock.now = TEN
    due_calls(store, clock).release()
    file = tmp_path / "sites.toml"
    file.write_text(sites(hours={"week": {"mon-fri": ["11:00-17:00"]}}))
    refused = run(tmp_path, environment(store), "sites", "apply", str(file))
    assert call.id in refused.stderr


def test_a_forgotten_person_is_not_tried_again(store: Store, clock: HandClock) -> None:
    call = store.add(a_call(at=clock()))
    (claimed,) = store.queue.claim("me", clock(), HOUR, 1)
    fingerprint = Fingerprint("only-for-tests-" + "k" * 32)
    RetentionRepository(store.database, fingerprint).forget(call.phone, clock())
    retry = a_call(status=CallStatus.SCHEDULED, at=clock(), due_at=clock() + HOUR)
    another = AnotherTry(replace(retry, retry_of=call.id), CallLimits(), 1)
    assert store.queue.settle(claimed, CallStatus.BUSY, clock(), another=another)
    assert [found.id for found in store.all_calls()] == [call.id]


def retry_of(store: Store, phone: str, at: datetime, wall_time: str = "") -> Call:
    """A planned try of a phone, at a time of ours, or with `wall_time` one that its visitor chose."""
    call = a_call(phone, status=CallStatus.SCHEDULED, at=NOON, due_at=at, wall_time=wall_time)
    return store.add(replace(call, retry_of=new_call_id()))


def test_a_try_whose_time_was_chosen_takes_a_place_and_is_not_replaced(store: Store) -> None:
    chosen = retry_of(store, "+12025550101", TEN, "2027-03-03T10:00")
    ours = retry_of(store, "+12025550102", TEN)
    taken = PlannedCalls(store.database).taken("acme", "sales", TEN, TEN)
    assert taken == {TEN: 1}
    for call in (chosen, ours):
        store.add(a_call(call.phone, at=NOON + HOUR))
    assert store.status(chosen.id) is CallStatus.SCHEDULED
    assert ended_as(store, ours) == (CallStatus.CANCELLED, "replaced")


def test_a_call_that_is_being_queued_is_cancelled_all_the_same(
    store: Store, clock: HandClock
) -> None:
    """Whoever cancels waits for the one who releases, and sees the call in its second state."""
    call = planned(store)
    released = threading.Event()
    clock.now = TEN

    def release() -> None:
        with store.database.write() as connection:
            connection.execute(
                update(calls).where(calls.c.id == call.id).values(status=CallStatus.QUEUED)
            )
            record(connection, [call.id], clock(), CallStatus.SCHEDULED, CallStatus.QUEUED)
            released.set()
            threading.Event().wait(0.2)  # until the other one waits for this row

    with ThreadPoolExecutor(1) as pool:
        releasing = pool.submit(release)
        assert released.wait(10)
        assert store.calls.cancel(call.id, clock(), "visitor")
        releasing.result()
    assert ended_as(store, call) == (CallStatus.CANCELLED, "visitor")
    store.check_events()
