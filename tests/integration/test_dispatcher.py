"""No call is rung twice and none is lost, whatever happens to dispatchers, vendor and database."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.helpers.callme import NOWHERE, Store, plain_settings
from tests.helpers.calls import a_call
from tests.helpers.clock import HandClock
from tests.helpers.vendors import Gauge, StandIn, answer, scripted_vendor, stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import WINDOW, Call, CallStatus, IllegalTransition
from webapp.domain.suppression import Source
from webapp.metrics import Metrics
from webapp.parts import create_dispatcher
from webapp.providers.base import Answer, CallOrder, Provider
from webapp.services import dispatch
from webapp.services.dispatch import Dispatcher
from webapp.services.place_call import PlaceCall
from webapp.settings import Settings, load_settings
from webapp.store import engine
from webapp.store.engine import Database
from webapp.store.queue import CallQueue
from webapp.store.tables import calls as calls_table

LEASE = timedelta(seconds=3)
RINGS_FOR_LONG = "0102"

_exchanges = itertools.cycle(range(200, 1000))  # so that no two calls of a test share a number


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dispatchers sweep in every turn, not in every fourth, so that nobody waits long for it."""
    monkeypatch.setattr(dispatch, "SWEEP_SECONDS", 0.0)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A database. When the test is over, every call's events must agree with the state table."""
    on_postgres = request.param == "postgresql"
    made = Store(request.getfixturevalue("postgres_url") if on_postgres else tmp_path / "callme.db")
    made.set_up()
    yield made
    try:
        made.end()
        made.check_events()
    finally:
        made.close()


def queue(
    store: Store,
    clock: HandClock,
    how_many: int = 1,
    *,
    ending: str = "2000",
    window: timedelta = WINDOW,
) -> list[str]:
    """Add this many accepted calls, each to its own number that ends in `ending`; returns their ids."""
    wanted = [
        a_call(f"+1202{next(_exchanges)}{ending}", at=clock(), window=window)
        for _ in range(how_many)
    ]
    return [store.add(call).id for call in wanted]


@contextmanager
def dispatcher(
    store: Store,
    clock: HandClock,
    vendor: str,
    *,
    provider: Provider | None = None,
    in_flight: int = 50,
    per_minute: int = 0,
    patience: timedelta | None = None,
) -> Iterator[Dispatcher]:
    """A started dispatcher with its own connections to the database, like another process."""
    database = Database(store.url)
    settings = load_settings(
        **plain_settings(store, vendor),
        dialogtech_read_timeout=60,
        dialogtech_calls_per_minute=per_minute,
        max_calls_in_flight=in_flight,
        lease_seconds=LEASE.total_seconds(),
    )
    with pytest.MonkeyPatch.context() as patched:
        if patience is not None:
            patched.setattr(Settings, "vendor_patience", patience)
        started = create_dispatcher(settings, database, clock, Metrics(), provider)
    started.start()
    try:
        yield started
    finally:
        started.stop(0)
        store.at_the_end(lambda: _close(started, database))


def _close(stopped: Dispatcher, database: Database) -> None:
    """Wait until the calls that it left have come back from the vendor, and its last turn is over."""
    wait_until(lambda: not (stopped.in_flight or stopped.alive), 20, "the last call is back")
    database.close()


def expect_status(store: Store, call_id: str, status: CallStatus, seconds: float = 10) -> Call:
    wait_until(lambda: store.status(call_id) is status, seconds, f"a call that is {status}")
    return store.call(call_id)


def back_in_the_queue(store: Store, call_id: str, attempt: int) -> Call:
    """The call, once it was put back after this many attempts."""

    def is_back() -> bool:
        call = store.call(call_id)
        return call.attempt == attempt and call.status is CallStatus.QUEUED

    wait_until(is_back, 10, f"attempt {attempt} is over and the call is back in the queue")
    return store.call(call_id)


@pytest.fixture
def ringing() -> Iterator[StandIn]:
    """A vendor whose phones ring until `let_all_answer()`."""
    with stand_in(delay=600) as vendor:
        yield vendor


def test_an_unsent_order_is_retried_with_growing_pauses_until_it_expires(
    store: Store, clock: HandClock
) -> None:
    """After 1, 2, 4 … seconds, until the next attempt would be after the window; then it expires."""
    (call_id,) = queue(store, clock)
    with dispatcher(store, clock, NOWHERE) as running:
        for attempt, pause in enumerate((1, 2, 4, 8, 16, 32), start=1):
            call = back_in_the_queue(store, call_id, attempt)
            assert call.due_at - clock() == timedelta(seconds=pause)
            assert call.reason == "connect_failed"
            clock.move(pause)
            running.wake()
        call = expect_status(store, call_id, CallStatus.EXPIRED)
    assert call.attempt == 7
    assert call.reason == "window_closed"
    assert clock() < call.expires_at, "no need to wait for the end when no try is left"


def test_the_vendors_own_wish_for_a_longer_pause_is_heeded(store: Store, clock: HandClock) -> None:
    (call_id,) = queue(store, clock)
    busy = answer("", "503 Busy", "Retry-After: 40")
    with scripted_vendor(busy) as vendor, dispatcher(store, clock, vendor.url):
        wait_until(lambda: store.call(call_id).due_at > clock(), 10, "a later time")
        assert store.call(call_id).due_at - clock() == timedelta(seconds=40)
        assert len(vendor.heads) == 1


@pytest.mark.parametrize("how", ["the number", "its prefix"])
def test_a_number_that_is_stopped_while_it_is_dialled_is_not_dialled_again(
    store: Store, clock: HandClock, vendor: StandIn, how: str
) -> None:
    (call_id,) = queue(store, clock)
    (call,) = store.queue.claim("one", clock(), LEASE, 9)
    if how == "the number":
        store.suppressions.add([call.phone], Source.PERSON)
    else:
        store.suppressions.add_prefix(call.phone[:6])
    assert store.queue.requeue(call, clock(), clock(), "http_503")
    with dispatcher(store, clock, vendor.url):
        assert expect_status(store, call_id, CallStatus.CANCELLED).reason == "suppressed"
    assert vendor.received == []


def test_a_call_that_was_accepted_as_its_number_was_stopped_is_not_dialled(
    store: Store, clock: HandClock, vendor: StandIn
) -> None:
    """Suppressing a number cannot see, and so cannot cancel, a call that is being stored just then."""
    (call_id,) = queue(store, clock)
    phone = store.call(call_id).phone
    store.execute("UPDATE calls SET phone = '' WHERE id = :id", id=call_id)
    store.suppressions.add([phone], Source.PERSON)
    store.execute("UPDATE calls SET phone = :phone WHERE id = :id", id=call_id, phone=phone)
    with dispatcher(store, clock, vendor.url):
        assert expect_status(store, call_id, CallStatus.CANCELLED).reason == "suppressed"
    assert vendor.received == []


def test_a_call_that_nobody_dialled_in_time_expires_unrung(
    store: Store, clock: HandClock, vendor: StandIn
) -> None:
    (call_id,) = queue(store, clock)
    clock.move(WINDOW.total_seconds())
    with dispatcher(store, clock, vendor.url):
        assert expect_status(store, call_id, CallStatus.EXPIRED).reason == "window_closed"
    assert vendor.received == []


def test_an_overdue_call_cannot_be_claimed(store: Store, clock: HandClock) -> None:
    """Even before a sweep has expired it."""
    queue(store, clock)
    clock.move(WINDOW.total_seconds())
    assert store.queue.claim("one", clock(), LEASE, 9) == []


def test_a_call_in_the_last_second_of_its_window_is_still_rung(
    store: Store, clock: HandClock, vendor: StandIn
) -> None:
    (call_id,) = queue(store, clock)
    clock.move(WINDOW.total_seconds() - 1)
    with dispatcher(store, clock, vendor.url):
        expect_status(store, call_id, CallStatus.CONNECTED)


def test_a_lost_lease_ends_the_call_as_unknown_and_a_late_answer_changes_nothing(
    store: Store, clock: HandClock, ringing: StandIn
) -> None:
    """The second dispatcher does not redial; the first, back from the dead, is fenced off."""
    (call_id,) = queue(store, clock)
    with dispatcher(store, clock, ringing.url) as first:
        wait_until(lambda: ringing.phones, 10, "the phone rings")
        first.stop(0)
        clock.move(LEASE.total_seconds())
        with dispatcher(store, clock, ringing.url):
            assert expect_status(store, call_id, CallStatus.UNKNOWN).reason == "lease_expired"
            ended = store.calls.events(call_id)
            ringing.let_all_answer()
            wait_until(lambda: first.in_flight == 0, 10, "the late answer has come to the first")
            assert ringing.states() == ["answered"]
            assert store.status(call_id) is CallStatus.UNKNOWN
            assert store.calls.events(call_id) == ended
            (later,) = queue(store, clock)
            expect_status(store, later, CallStatus.CONNECTED)
    assert len(ringing.received) == 2, "the unknown call was rung again"


def test_only_the_lease_holder_can_settle_a_call(store: Store, clock: HandClock) -> None:
    """Neither another owner nor the same owner with an earlier claim can."""
    (call_id,) = queue(store, clock)
    (first,) = store.queue.claim("one", clock(), LEASE, 9)
    assert store.queue.requeue(first, clock(), clock(), "http_503")
    (second,) = store.queue.claim("two", clock(), LEASE, 9)
    assert not store.queue.settle(first, CallStatus.BUSY, clock())
    assert store.queue.requeue(second, clock(), clock(), "http_503")
    (third,) = store.queue.claim("one", clock(), LEASE, 9)
    assert not store.queue.settle(first, CallStatus.BUSY, clock())
    assert not store.queue.requeue(second, clock(), clock(), "http_503")
    assert store.queue.settle(third, CallStatus.CONNECTED, clock())
    assert not store.queue.settle(third, CallStatus.FAILED, clock()), "settled twice"
    assert store.status(call_id) is CallStatus.CONNECTED
    assert third.attempt == 3


@pytest.mark.parametrize("status", [CallStatus.CANCELLED, CallStatus.EXPIRED, CallStatus.DIALING])
def test_a_call_cannot_be_settled_against_the_state_table(
    store: Store, clock: HandClock, status: CallStatus
) -> None:
    (call_id,) = queue(store, clock)
    (call,) = store.queue.claim("one", clock(), LEASE, 9)
    with pytest.raises(IllegalTransition):
        store.queue.settle(call, status, clock())
    assert store.status(call_id) is CallStatus.DIALING


def test_two_dispatchers_on_one_database_never_ring_a_phone_twice(
    store: Store, clock: HandClock
) -> None:
    ids = queue(store, clock, 120)
    with (
        stand_in() as vendor,
        dispatcher(store, clock, vendor.url, in_flight=8),
        dispatcher(store, clock, vendor.url, in_flight=8),
    ):
        wait_until(store.all_over, 60, "all calls are over")
        assert len(vendor.phones) == len(set(vendor.phones)) == len(ids)
    assert {call.status for call in store.all_calls()} == {CallStatus.CONNECTED}
    assert {call.attempt for call in store.all_calls()} == {1}
    claimed = {call.id for call in store.all_calls()}
    assert claimed == set(ids)


def test_no_more_calls_are_in_flight_than_allowed(store: Store, clock: HandClock) -> None:
    """Two phones ring for long, so the others take the third place one after the other."""
    gauge = Gauge()
    with (
        stand_in(delay=0.02, wrap=gauge) as vendor,
        dispatcher(store, clock, vendor.url, in_flight=3) as running,
    ):
        queue(store, clock, 2, ending=RINGS_FOR_LONG)
        wait_until(lambda: len(vendor.phones) == 2, 10, "two phones ring")
        others = queue(store, clock, 12)
        running.wake()
        wait_until(
            lambda: store.statuses().count(CallStatus.CONNECTED) == len(others), 30, "12 answers"
        )
        assert vendor.states().count("ringing") == 2
        vendor.let_all_answer()
        wait_until(store.all_over, 10, "all calls are over")
    assert gauge.most == 3, "so many at once, no more and no fewer"


def test_no_more_orders_leave_in_a_minute_than_allowed(
    store: Store, clock: HandClock, vendor: StandIn
) -> None:
    """A call that has to wait too long for its turn expires instead of being late."""
    queue(store, clock, 8)
    with dispatcher(store, clock, vendor.url, per_minute=3):
        wait_until(lambda: len(vendor.phones) == 3, 10, "three calls go out")
        let_it_turn(store, clock)
        assert len(vendor.phones) == 3
        clock.move(WINDOW.total_seconds())
        wait_until(store.all_over, 10, "all calls are over")
    assert store.statuses().count(CallStatus.CONNECTED) == 3
    assert len(vendor.phones) == 3


def let_it_turn(store: Store, clock: HandClock) -> None:
    """Wait until a dispatcher has swept twice, as it looks for work between two sweeps."""
    for _ in range(2):
        clock.move(1)
        (overdue,) = queue(store, clock, window=timedelta(0))
        expect_status(store, overdue, CallStatus.EXPIRED)


def test_a_graceful_stop_takes_nothing_new_and_waits_for_calls_in_flight(
    store: Store, clock: HandClock
) -> None:
    queued = queue(store, clock, 2)  # due at the same moment: either may be the first
    with (
        stand_in(delay=0.5) as vendor,
        dispatcher(store, clock, vendor.url, in_flight=1) as running,
    ):
        wait_until(lambda: vendor.states() == ["ringing"], 10, "the first phone rings")
        running.stop(drain_seconds=20)
        ended = {store.status(call_id) for call_id in queued}
        assert ended == {CallStatus.CONNECTED, CallStatus.QUEUED}
        assert not running.alive
        assert len(vendor.phones) == 1


def test_a_quick_stop_leaves_the_call_dialing_for_its_lease(
    store: Store, clock: HandClock, ringing: StandIn
) -> None:
    (call_id,) = queue(store, clock)
    with dispatcher(store, clock, ringing.url) as running:
        wait_until(lambda: ringing.phones, 10, "the phone rings")
        running.stop(0)
        assert not running.alive
        assert store.status(call_id) is CallStatus.DIALING


def lease_of(store: Store, call_id: str) -> timedelta | None:
    with store.database.read() as connection:
        until: timedelta | None = connection.scalar(
            select(calls_table.c.lease_expires_at).where(calls_table.c.id == call_id)
        )
    return until


def test_the_lease_of_a_phone_that_rings_for_long_is_renewed(
    store: Store, clock: HandClock, ringing: StandIn
) -> None:
    """Two thirds of a lease pass twice, and a second dispatcher must not take the call for lost."""
    (call_id,) = queue(store, clock)
    with dispatcher(store, clock, ringing.url), dispatcher(store, clock, ringing.url):
        wait_until(lambda: ringing.phones, 10, "the phone rings")
        for _ in range(2):
            clock.move(LEASE.total_seconds() * 2 / 3)
            wait_until(
                lambda: lease_of(store, call_id) == clock() + LEASE, 10, "the lease is renewed"
            )
        assert store.status(call_id) is CallStatus.DIALING
        ringing.let_all_answer()
        expect_status(store, call_id, CallStatus.CONNECTED)


def test_a_lease_is_not_renewed_past_the_vendors_patience(
    store: Store, clock: HandClock, ringing: StandIn
) -> None:
    """After its patience a dispatcher no longer renews the lease; a more patient one still does."""
    (given_up,) = queue(store, clock)
    with dispatcher(store, clock, ringing.url, in_flight=1, patience=timedelta(0)):
        wait_until(lambda: len(ringing.phones) == 1, 10, "the first phone rings")
        (waited_for,) = queue(store, clock)
        with dispatcher(store, clock, ringing.url, in_flight=1):
            wait_until(lambda: len(ringing.phones) == 2, 10, "the second phone rings")
            clock.move(LEASE.total_seconds() * 2 / 3)
            wait_until(
                lambda: lease_of(store, waited_for) == clock() + LEASE, 10, "a lease is renewed"
            )
            clock.move(LEASE.total_seconds() * 2 / 3)
            assert expect_status(store, given_up, CallStatus.UNKNOWN).reason == "lease_expired"
            assert store.status(waited_for) is CallStatus.DIALING
            ringing.let_all_answer()
            expect_status(store, waited_for, CallStatus.CONNECTED)


def test_the_vendors_answer_is_kept_while_the_database_is_locked(
    store: Store,
    clock: HandClock,
    ringing: StandIn,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The answer is not lost if another program holds the database for longer than we wait."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 300)
    (call_id,) = queue(store, clock)
    with dispatcher(store, clock, ringing.url):
        wait_until(lambda: ringing.phones, 10, "the phone rings")
        with store.database.write() as connection:
            if not store.database.is_sqlite:  # where any writing transaction locks everything
                connection.exec_driver_sql("LOCK TABLE calls IN EXCLUSIVE MODE")
            ringing.let_all_answer()
            wait_until(lambda: "lock" in caplog.text, 30, "a turn fails for the lock")
            assert store.status(call_id) is CallStatus.DIALING
        expect_status(store, call_id, CallStatus.CONNECTED, 20)
    assert ringing.states() == ["answered"]
    assert len(ringing.received) == 1


def test_the_vendors_answer_is_kept_while_the_database_is_away(
    store: Store, clock: HandClock, ringing: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    (call_id,) = queue(store, clock)
    with dispatcher(store, clock, ringing.url) as running:
        wait_until(lambda: ringing.phones, 10, "the phone rings")
        store.execute("ALTER TABLE calls RENAME TO away")
        ringing.let_all_answer()
        wait_until(lambda: ringing.states() == ["answered"], 10, "the vendor answers")
        wait_until(lambda: "the database cannot be used" in caplog.text, 10, "a turn fails")
        assert running.in_flight == 1, "the answer was given up"
        store.execute("ALTER TABLE away RENAME TO calls")
        expect_status(store, call_id, CallStatus.CONNECTED)


class Broken(Provider):
    """A provider with a bug."""

    name = "broken"

    def _send(self, order: CallOrder) -> Answer:
        raise ZeroDivisionError(f"fault for {order.phone}")

    def check_reachable(self) -> None:
        """Never called."""


def test_a_fault_of_our_own_in_mid_call_ends_it_as_unknown(
    store: Store, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The request may have gone out, so the lease settles the call, and the dispatcher goes on."""
    (call_id,) = queue(store, clock)
    with dispatcher(store, clock, NOWHERE, provider=Broken()) as running:
        wait_until(lambda: "could not be settled" in caplog.text, 10, "the fault is logged")
        assert store.status(call_id) is CallStatus.DIALING
        clock.move(LEASE.total_seconds())
        assert expect_status(store, call_id, CallStatus.UNKNOWN).attempt == 1
        assert running.alive


def test_a_graceful_stop_waits_for_a_call_being_claimed(
    store: Store, clock: HandClock, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database delays its answer to a claim after the claim is committed."""
    claim, claimed, told = CallQueue.claim, threading.Event(), threading.Event()

    def slow_to_tell(self: CallQueue, *asked: Any) -> list[Call]:
        calls = claim(self, *asked)
        if calls:
            claimed.set()
            assert told.wait(10)
        return calls

    monkeypatch.setattr(CallQueue, "claim", slow_to_tell)
    (call_id,) = queue(store, clock)
    with dispatcher(store, clock, vendor.url) as started:
        assert claimed.wait(10)
        stopping = threading.Thread(target=started.stop, args=(20,))
        stopping.start()
        told.set()
        stopping.join(20)
        assert not stopping.is_alive()
        assert store.status(call_id) is CallStatus.CONNECTED


def test_a_call_for_which_the_system_has_no_thread_goes_back_to_the_queue(
    store: Store, clock: HandClock, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start
    refused: list[threading.Thread] = []

    def refuse_the_first(thread: threading.Thread) -> None:
        if thread.name == "call" and not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_the_first)
    (call_id,) = queue(store, clock)
    with dispatcher(store, clock, vendor.url) as running:
        call = back_in_the_queue(store, call_id, 1)
        assert (call.reason, running.in_flight) == ("no_thread", 0)
        clock.move(1)
        expect_status(store, call_id, CallStatus.CONNECTED)
    assert len(vendor.phones) == 1


def test_a_dispatcher_that_froze_past_the_lease_does_not_dial(
    store: Store, clock: HandClock, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a SIGSTOP between the claim and the request, when others may have settled the call."""
    jumps = iter([0.0, LEASE.total_seconds()])
    place = PlaceCall.__call__

    def late(self: PlaceCall, call: Call, leased_until: float) -> None:
        place(self, call, leased_until - next(jumps, 0.0))

    monkeypatch.setattr(PlaceCall, "__call__", late)
    on_time, stood_still = queue(store, clock)[0], ""
    with dispatcher(store, clock, vendor.url) as running:
        expect_status(store, on_time, CallStatus.CONNECTED)
        (stood_still,) = queue(store, clock)
        running.wake()
        assert back_in_the_queue(store, stood_still, 1).reason == "lease_passed"
        assert len(vendor.phones) == 1
