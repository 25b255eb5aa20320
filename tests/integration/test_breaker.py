"""While the vendor is down, visitors are given the owner's number at once, and one call at a time finds
out when the vendor is back."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.helpers.callme import NOWHERE, Callme, Store, Visitor, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.processes import RemoteClient, environment, listens_on, running
from tests.helpers.sites import FALLBACK_PHONE, HELP_MENU, SALES_MENU
from tests.helpers.vendors import StandIn, stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import Call, CallStatus
from webapp.domain.suppression import Source
from webapp.providers.base import NotSent, OutcomeUnknown, ProviderError, Refused
from webapp.services.breaker import Breaker, BreakerCache
from webapp.services.place_call import PlaceCall
from webapp.store.breakers import WHOLE_VENDOR, BreakerRepository, BreakerState
from webapp.store.engine import Database
from webapp.store.tables import breakers

FAILURES = 3
PAUSE = 10
"""Seconds from the last failure until a trial is allowed."""

AT_ONCE = 12
# These numbers' outcomes at the stand-in.
ANSWERED, BUSY, RINGING = "2025550100", "2025550101", "2025550102"
REFUSED, BROKEN, OVERLOADED = "2025550103", "2025550104", "2025550105"
ERROR_PAGE = "2025550111"

T = TypeVar("T")


@pytest.fixture
def callme(tmp_path: Path, vendor: StandIn, clock: HandClock) -> Iterator[Callme]:
    """The whole of Callme on a clock that stands still; three failures open its breaker."""
    with running_callme(
        tmp_path,
        vendor_url=vendor.url,
        dispatcher=True,
        clock=clock,
        breaker_failures=FAILURES,
        dialogtech_read_timeout=30,  # a phone rings until the test has it answered
    ) as running:
        yield running


Web = Callable[[], AbstractContextManager[Callme]]


@pytest.fixture
def new_web(tmp_path: Path, clock: HandClock) -> Web:
    """Starts another web half on the same database as `callme`, which has seen nothing of it yet."""
    return partial(running_callme, tmp_path, clock=clock, breaker_failures=FAILURES)


def ask(callme: Callme, phone: str = ANSWERED, receptionist: str = "sales") -> TestResponse:
    """A new visitor asks for a call."""
    return callme.visitor().submit(phone=phone, receptionist=receptionist)


def is_accepted(callme: Callme, phone: str = ANSWERED, receptionist: str = "sales") -> bool:
    """Whether the request was accepted. It must have been either accepted or turned away."""
    answer = ask(callme, phone, receptionist)
    assert answer.status_code in (202, 503), answer.text
    return answer.status_code == 202


def is_accepted_by(new_web: Web, phone: str = ANSWERED, receptionist: str = "sales") -> bool:
    """The same by a process that has no older copy of the breakers' states."""
    with new_web() as web:
        return is_accepted(web, phone, receptionist)


def to_its_end(callme: Callme, phone: str, receptionist: str = "sales") -> None:
    call_id = callme.visitor().ask_for_call(phone=phone, receptionist=receptionist)
    wait_until(lambda: callme.store.status(call_id).final, 10, f"the call to {phone} is over")


def fail(
    callme: Callme, times: int = FAILURES, phone: str = REFUSED, receptionist: str = "sales"
) -> None:
    """Ask for this many calls, one after the other, which the vendor does not place."""
    for _ in range(times):
        to_its_end(callme, phone, receptionist)


def all_tried(callme: Callme) -> bool:
    """Whether every call has an outcome, if only that it is to be tried again."""
    return all(call.reason for call in callme.store.all_calls())


def is_open(callme: Callme) -> bool:
    """Whether visitors are turned away, and every call that was accepted before that has ended."""
    return not is_accepted(callme, REFUSED) and callme.store.all_over()


def together(*questions: Callable[[], T]) -> list[T]:
    """The responses to all of them, asked at the same time."""
    gate = threading.Barrier(len(questions))

    def at_once(question: Callable[[], T]) -> T:
        gate.wait(10)
        return question()

    with ThreadPoolExecutor(len(questions)) as pool:
        return list(pool.map(at_once, questions))


# Opening


@pytest.mark.parametrize("fault", ["keys refused", "unreachable"])
def test_after_failures_in_a_row_a_visitor_is_given_the_owners_number_at_once(
    tmp_path: Path, vendor: StandIn, clock: HandClock, fault: str
) -> None:
    """No further calls are stored, and the vendor gets no more orders."""
    with running_callme(
        tmp_path,
        vendor_url=NOWHERE if fault == "unreachable" else vendor.url,
        dispatcher=True,
        clock=clock,
        breaker_failures=FAILURES,
        dialogtech_access_key="wrong" if fault == "keys refused" else "foo",
    ) as callme:
        for _ in range(FAILURES):
            callme.visitor().ask_for_call()
            wait_until(lambda: all_tried(callme), 10, "a failed try")
        wait_until(lambda: not is_accepted(callme), 20, "visitors are turned away")
        wait_until(lambda: all_tried(callme), 10, "what was still accepted was tried")
        known, sent = len(callme.store.all_calls()), len(vendor.received)
        answer = ask(callme)
        assert answer.status_code == 503, answer.text
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["type"] == "urn:callme:problem:unavailable"
        assert answer.get_json()["fallback_phone"] == FALLBACK_PHONE
        assert len(callme.store.all_calls()) == known >= FAILURES
        assert len(vendor.received) == sent


def test_the_hosted_page_offers_the_owners_number_as_well(callme: Callme) -> None:
    fail(callme)
    wait_until(lambda: is_open(callme), 20, "open")
    known = len(callme.store.all_calls())
    visitor = callme.visitor()
    form = visitor.fields()
    page = callme.visitor(origin=None).post("/call/acme", data=form)
    assert page.status_code == 503
    assert f"tel:{FALLBACK_PHONE}" in page.text
    assert len(callme.store.all_calls()) == known


def test_the_log_has_one_line_for_the_breaker_opening_and_one_for_closing(
    callme: Callme, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fail(callme)
    wait_until(lambda: is_open(callme), 20, "open")
    assert "refused status=503 reason=vendor_down site=acme" in caplog.text
    clock.move(PAUSE)
    wait_until(lambda: is_accepted(callme), 20, "the trial is let in")
    wait_until(callme.store.all_over, 10, "the trial is over")
    wait_until(lambda: is_accepted(callme), 20, "closed")
    wait_until(callme.store.all_over, 10, "all is over")
    levels = [
        record.levelname
        for record in caplog.records
        if "in a row" in record.message or "answers again" in record.message
    ]
    assert levels == ["WARNING", "INFO"]
    assert f"new calls are refused, but for one at a time menu={SALES_MENU}" in caplog.text


def test_a_repeated_request_is_answered_while_the_breaker_is_open(
    callme: Callme, clock: HandClock, new_web: Web
) -> None:
    """A repeated request is answered while the breaker is open, and takes no trial."""
    visitor = callme.visitor()
    form = visitor.fields()
    first = visitor.post("/api/sites/acme/calls", data=form).get_json()["id"]
    wait_until(lambda: callme.store.status(first).final, 10, "the call is over")
    fail(callme)
    wait_until(lambda: is_open(callme), 20, "open")
    clock.move(PAUSE)
    with new_web() as web:
        again = web.visitor().post("/api/sites/acme/calls", data=form)
        assert (again.status_code, again.get_json()["id"]) == (202, first)
        assert is_accepted(web), "the repeat was taken for the trial"


def test_an_answered_call_resets_the_failure_count(callme: Callme, new_web: Web) -> None:
    for phone in (ANSWERED, BUSY):
        fail(callme, FAILURES - 1)
        to_its_end(callme, phone)
    fail(callme, FAILURES - 1)
    assert is_accepted_by(new_web, REFUSED)
    wait_until(callme.store.all_over, 10, "the last failure in a row")
    assert not is_accepted_by(new_web), "that was the third"


@pytest.mark.parametrize(
    ("phone", "counted"),
    [
        (OVERLOADED, {WHOLE_VENDOR}),
        (REFUSED, {SALES_MENU}),
        (BROKEN, {WHOLE_VENDOR, SALES_MENU}),
        (ERROR_PAGE, {WHOLE_VENDOR, SALES_MENU}),
    ],
    ids=["to be sent again", "refused in words", "HTTP 500", "HTML"],
)
def test_each_kind_of_failure_counts_for_its_menu_or_the_whole_vendor(
    callme: Callme, clock: HandClock, phone: str, counted: set[str]
) -> None:
    breaker = BreakerRepository(callme.store.database, clock, "dialogtech", FAILURES)
    callme.visitor().ask_for_call(phone=phone)
    wait_until(lambda: all_tried(callme), 10, "a failed try")
    assert breaker.failures() == dict.fromkeys(counted, 1)


@pytest.mark.parametrize("fault", ["lease_passed", "no_thread"])
def test_a_fault_of_our_own_says_nothing_about_the_vendor(
    tmp_path: Path,
    vendor: StandIn,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    """In this test a single failure would open the breaker."""
    start, place = threading.Thread.start, PlaceCall.__call__

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "call":
            raise RuntimeError("can't start new thread")
        start(thread)

    def late(self: PlaceCall, call: Call, leased_until: float) -> None:
        place(self, call, leased_until - 1000)

    start_callme = partial(running_callme, tmp_path, clock=clock, breaker_failures=1)
    with start_callme(vendor_url=vendor.url, dispatcher=True) as callme:
        with monkeypatch.context() as patched:
            if fault == "no_thread":
                patched.setattr(threading.Thread, "start", refuse)
            else:
                patched.setattr(PlaceCall, "__call__", late)
            call_id = callme.visitor().ask_for_call()
            wait_until(lambda: callme.store.call(call_id).reason == fault, 10, fault)
            wait_until(
                lambda: callme.dispatcher and not callme.dispatcher.in_flight, 10, "put away"
            )
        with start_callme() as web:
            assert is_accepted(web)


def test_a_threshold_of_zero_turns_the_breaker_off(tmp_path: Path, vendor: StandIn) -> None:
    """Failures are not counted either."""
    with running_callme(tmp_path, vendor_url=vendor.url, dispatcher=True) as callme:
        fail(callme, 7)
        with running_callme(tmp_path) as web:
            assert is_accepted(web)
        with callme.store.database.read() as connection:
            assert connection.scalar(select(func.count()).select_from(breakers)) == 0


# One menu, or the whole vendor


def test_a_refused_menu_does_not_open_the_breaker_of_other_menus(
    callme: Callme, new_web: Web, clock: HandClock
) -> None:
    """One owner's misspelt menu_id is nobody else's fault, and its trials are of its own calls."""
    fail(callme, receptionist="help")
    assert not is_accepted_by(new_web, receptionist="help")
    for _ in range(2):
        assert is_accepted_by(new_web, receptionist="sales")
    wait_until(callme.store.all_over, 10, "the others' phones have rung")
    clock.move(PAUSE)
    assert is_accepted_by(new_web, receptionist="sales")
    assert is_accepted_by(new_web, receptionist="help"), "the trial is let in"
    wait_until(callme.store.all_over, 10, "the trial is over")
    for _ in range(FAILURES):
        assert is_accepted_by(new_web, receptionist="help")


def test_vendor_failures_of_several_menus_open_the_breaker_for_all(
    callme: Callme, new_web: Web, clock: HandClock
) -> None:
    """Failures of several menus count together, and any menu's call that is rung ends it for all."""
    fail(callme, FAILURES - 1, BROKEN, "sales")
    fail(callme, 1, BROKEN, "help")
    for receptionist in ("sales", "help"):
        assert not is_accepted_by(new_web, receptionist=receptionist)
    clock.move(PAUSE)
    assert is_accepted_by(new_web, receptionist="help"), "the trial is let in"
    wait_until(callme.store.all_over, 10, "the trial is over")
    for receptionist in ("sales", "help"):
        assert is_accepted_by(new_web, receptionist=receptionist)


def test_an_answer_to_any_menu_resets_failures_to_connect(pair: Pair) -> None:
    breaker = Breaker(pair[0])
    for _ in range(FAILURES):
        order(breaker, NotSent("connect_failed"), SALES_MENU)
    assert pair[1].states() == {WHOLE_VENDOR: BreakerState.OPEN}
    order(breaker, menu_id=HELP_MENU)
    assert pair[1].states() == {}


def test_a_failing_menu_does_not_take_the_trials_of_other_menus(
    pair: Pair, clock: HandClock
) -> None:
    """Its own trials, even one that hangs, and their failures say nothing new about the vendor."""
    breaker = Breaker(pair[0])
    for _ in range(FAILURES):
        order(breaker, OutcomeUnknown("http_500"), HELP_MENU)
    assert pair[1].states() == dict.fromkeys((WHOLE_VENDOR, HELP_MENU), BreakerState.OPEN)
    clock.move(PAUSE)
    seen = BreakerCache(pair[1])
    assert seen.take_trial(HELP_MENU, "it hangs")
    assert not seen.take_trial(HELP_MENU, "another")
    assert seen.take_trial(SALES_MENU, "a call")
    order(breaker, OutcomeUnknown("no_answer: ReadTimeout"), HELP_MENU)
    order(breaker, menu_id=SALES_MENU)
    assert pair[1].states() == {HELP_MENU: BreakerState.OPEN}


def test_a_returned_trial_can_be_taken_by_the_next_call(pair: Pair, clock: HandClock) -> None:
    for _ in range(FAILURES):
        pair[0].failed(SALES_MENU)
    clock.move(PAUSE)
    seen = BreakerCache(pair[1])
    assert seen.take_trial(SALES_MENU, "a call")
    assert not seen.take_trial(SALES_MENU, "another")
    seen.give_back("another")
    assert not BreakerCache(pair[0]).take_trial(SALES_MENU, "a third")
    seen.give_back("a call")
    assert BreakerCache(pair[0]).take_trial(SALES_MENU, "a fourth")


def test_a_closed_breaker_lets_a_trial_through(pair: Pair) -> None:
    assert BreakerCache(pair[0]).take_trial(SALES_MENU, "a call")


# Trials


def test_a_successful_trial_closes_the_breaker(
    callme: Callme, vendor: StandIn, clock: HandClock, new_web: Web
) -> None:
    fail(callme)
    clock.move(PAUSE)
    assert is_accepted_by(new_web), "the trial is let in"
    wait_until(callme.store.all_over, 10, "the trial is over")
    assert vendor.phones[-1] == ANSWERED
    with new_web() as web:
        for _ in range(FAILURES):
            assert is_accepted(web)


def test_a_failed_trial_keeps_the_breaker_open_and_delays_the_next_one(
    callme: Callme, clock: HandClock, new_web: Web
) -> None:
    fail(callme)
    clock.move(PAUSE - 0.1)
    assert not is_accepted_by(new_web, REFUSED), "a trial before its time"
    for _ in range(2):
        clock.move(0.1)
        assert is_accepted_by(new_web, REFUSED), "the trial is let in"
        wait_until(callme.store.all_over, 10, "the trial has failed")
        clock.move(PAUSE - 0.1)
        assert not is_accepted_by(new_web, REFUSED), "a trial before its time"


def test_no_second_trial_starts_while_one_rings(
    callme: Callme, vendor: StandIn, clock: HandClock, new_web: Web
) -> None:
    fail(callme)
    clock.move(PAUSE)
    assert is_accepted_by(new_web, RINGING), "the trial is let in"
    wait_until(lambda: vendor.states()[-1] == "ringing", 10, "it rings")
    for _ in range(3):
        clock.move(4 * PAUSE)
        wait_until(lambda: CallStatus.DIALING in callme.store.statuses(), 20, "it still rings")
        assert not is_accepted_by(new_web)
    vendor.let_all_answer()
    wait_until(callme.store.all_over, 10, "the trial is over")
    assert is_accepted_by(new_web), "closed"


def test_an_abandoned_trial_is_replaced_after_its_window(
    callme: Callme, clock: HandClock, new_web: Web
) -> None:
    """Its dispatcher died, or none was there to dial it, so its lease or its window ends it."""
    fail(callme)
    assert callme.dispatcher
    callme.dispatcher.stop(5)
    clock.move(PAUSE)
    assert is_accepted_by(new_web)
    clock.move(100)
    assert not is_accepted_by(new_web), "the trial is not over yet"
    clock.move(20)
    assert len(callme.store.queue.expire_overdue(clock())) == 1
    assert is_accepted_by(new_web)


def test_a_trial_that_a_limit_refused_makes_room_for_the_next(
    callme: Callme, clock: HandClock, new_web: Web
) -> None:
    """It does so at once, or a script could use up all trials with a number that may not be called."""
    callme.store.suppressions.add([f"+1{RINGING}"], Source.OPERATOR)
    fail(callme)
    clock.move(PAUSE)
    with new_web() as web:
        assert ask(web, RINGING).status_code == 422
    assert is_accepted_by(new_web)


def test_of_many_visitors_at_once_one_is_the_trial(
    callme: Callme, vendor: StandIn, clock: HandClock, new_web: Web
) -> None:
    """They ask two web processes, which both see that a trial is due."""
    fail(callme)
    clock.move(PAUSE)
    sent = len(vendor.received)
    with new_web() as first, new_web() as second:
        visitors = [web.visitor() for _ in range(AT_ONCE) for web in (first, second)]
        forms = [visitor.fields(phone=RINGING) for visitor in visitors]
        answers = together(
            *(
                partial(visitor.post, "/api/sites/acme/calls", data=form)
                for visitor, form in zip(visitors, forms, strict=True)
            )
        )
        statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {202: 1, 503: 2 * AT_ONCE - 1}
    wait_until(lambda: len(vendor.received) == sent + 1, 10, "the trial rings")
    assert len(callme.store.all_calls()) == FAILURES + 1


# What processes share


@pytest.fixture
def store(either_store: Store) -> Store:
    either_store.set_up()
    return either_store


@pytest.fixture
def pair(store: Store, clock: HandClock) -> Iterator[tuple[BreakerRepository, BreakerRepository]]:
    """The breaker as two processes have it, each with its own connections."""
    with closing(Database(store.url)) as one, closing(Database(store.url)) as two:
        first, second = (BreakerRepository(at, clock, "dialogtech", FAILURES) for at in (one, two))
        yield first, second


Pair = tuple[BreakerRepository, BreakerRepository]


def test_no_failure_is_lost_when_many_are_counted_at_once(pair: Pair) -> None:
    """Not even the very first one, for which there is no row yet."""
    counts = together(
        *(partial(breaker.failed, SALES_MENU) for _ in range(AT_ONCE) for breaker in pair)
    )
    assert sorted(counts) == list(range(1, 2 * AT_ONCE + 1))
    assert pair[0].failures() == {SALES_MENU: 2 * AT_ONCE}


def test_of_many_concurrent_takers_one_gets_the_trial(pair: Pair, clock: HandClock) -> None:
    for _ in range(FAILURES):
        pair[0].failed(SALES_MENU)
    for turn in range(5):
        clock.move(PAUSE)
        names = [f"{turn}-{at}" for at in range(2 * AT_ONCE)]
        taken = together(
            *(partial(pair[at % 2].take_trial, SALES_MENU, name) for at, name in enumerate(names))
        )
        assert Counter(taken) == {True: 1, False: 2 * AT_ONCE - 1}


def test_a_refusal_before_a_trial_is_due_costs_no_query(pair: Pair, store: Store) -> None:
    for _ in range(FAILURES):
        pair[0].failed(SALES_MENU)
    seen = BreakerCache(pair[1], seconds=lambda: 0.0)
    assert seen.state(SALES_MENU) is BreakerState.OPEN
    store.execute("DROP TABLE breakers")
    assert not seen.take_trial(SALES_MENU, "a call")


def test_each_vendor_has_its_own_breaker(store: Store, clock: HandClock) -> None:
    first, second = (
        BreakerRepository(store.database, clock, name, FAILURES) for name in ("one", "two")
    )
    for _ in range(FAILURES):
        first.failed(SALES_MENU)
    assert (first.states(), second.states()) == ({SALES_MENU: BreakerState.OPEN}, {})
    clock.move(PAUSE)
    assert not second.take_trial(SALES_MENU, "a call")
    assert second.answered(SALES_MENU) == 0
    assert first.states() == {SALES_MENU: BreakerState.TRIAL_DUE}


def order(breaker: Breaker, error: ProviderError | None = None, menu_id: str = SALES_MENU) -> None:
    """One order to the vendor with this outcome."""
    passes_through = pytest.raises(type(error)) if error else nullcontext()
    with passes_through, breaker.record_outcome(menu_id):
        if error:
            raise error


def test_dispatchers_share_failure_counts_and_any_answer_resets_them(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first, second = map(Breaker, pair)
    order(first, Refused("answer: no", explained=True))
    order(second, Refused("answer: no", explained=True))
    assert pair[0].states() == {}
    order(first, OutcomeUnknown("http_500"))
    assert all(breaker.states() == {SALES_MENU: BreakerState.OPEN} for breaker in pair)
    third = Breaker(pair[1])
    third.refresh()
    order(third)
    assert not any(breaker.states() or breaker.failures() for breaker in pair)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_successful_call_writes_nothing_to_the_breaker_table(
    pair: Pair, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """This dispatcher tries a write only after it has read of the other's failure."""
    breaker = Breaker(pair[0])
    breaker.refresh()
    pair[1].failed(SALES_MENU)
    order(breaker)
    assert pair[1].failures() == {SALES_MENU: 1}
    breaker.refresh()
    order(breaker)
    assert pair[1].failures() == {}
    store.execute("DROP TABLE breakers")
    order(breaker)
    assert not caplog.records


def test_a_running_dispatcher_learns_of_failures_counted_by_others(
    callme: Callme, clock: HandClock
) -> None:
    """The next call that it rings then resets the count for all of them."""
    other = BreakerRepository(callme.store.database, clock, "dialogtech", FAILURES)
    for _ in range(FAILURES - 1):
        other.failed(SALES_MENU)

    def is_reset() -> bool:
        to_its_end(callme, ANSWERED)
        return not other.failures()

    wait_until(is_reset, 10, "the dispatcher knows that something had failed")


@pytest.mark.process
def test_web_and_dispatcher_processes_share_the_breaker(tmp_path: Path, postgres_url: str) -> None:
    """With wrong keys, every web process turns visitors away, and one of them lets one trial in."""
    store = Store(postgres_url)
    store.set_up()
    with stand_in() as vendor, ExitStack() as stack:
        wrong = {"dialogtech_access_key": "wrong", "breaker_failures": 2}
        settings = environment(store, vendor.url, **wrong)
        halves = (("web", "--port", "0"), ("web", "--port", "0"), ("dispatch",), ("dispatch",))
        started = [stack.enter_context(running(tmp_path, settings, *half)) for half in halves]
        origins = [listens_on(web) for web in started[:2]]

        def visitors(each: int) -> list[Visitor]:
            return [Visitor(RemoteClient(origin)) for origin in origins for _ in range(each)]

        def answers(each: int) -> Counter[int]:
            return Counter(
                answer.status_code
                for answer in together(*(visitor.submit for visitor in visitors(each)))
            )

        for visitor in visitors(1):
            visitor.ask_for_call()
        wait_until(lambda: answers(1) == {503: 2}, 20, "both turn visitors away")
        wait_until(store.all_over, 20, "all are settled")
        known = len(store.statuses())
        store.execute("UPDATE breakers SET failed_at = failed_at - interval '10 seconds'")
        accepted = wait_until(lambda: answers(AT_ONCE // 2)[202], 20, "the trial is let in")
        assert accepted == 1, "more than one trial"
        wait_until(store.all_over, 20, "the trial has failed")
        assert answers(AT_ONCE // 2) == {503: AT_ONCE}
        assert len(store.statuses()) == len(vendor.received) == known + 1
    store.close()


# The database away


def test_a_call_connects_when_its_answer_cannot_be_counted(callme: Callme, vendor: StandIn) -> None:
    fail(callme, 1)
    ringing = callme.visitor().ask_for_call(phone=RINGING)
    wait_until(lambda: vendor.states()[-1] == "ringing", 10, "the phone rings")
    callme.store.execute("DROP TABLE breakers")
    vendor.let_all_answer()
    wait_until(lambda: callme.store.status(ringing).final, 10, "the answer is written down")
    assert callme.store.status(ringing) is CallStatus.CONNECTED


def test_a_call_fails_normally_when_its_failure_cannot_be_counted(
    callme: Callme, tmp_path: Path, vendor: StandIn, clock: HandClock
) -> None:
    assert callme.dispatcher
    callme.dispatcher.stop(5)
    refused = callme.visitor().ask_for_call(phone=REFUSED)
    callme.store.execute("DROP TABLE breakers")
    with running_callme(
        tmp_path, vendor_url=vendor.url, dispatcher=True, clock=clock, breaker_failures=FAILURES
    ):
        wait_until(lambda: callme.store.status(refused).final, 10, "the refusal is written down")
    assert callme.store.status(refused) is CallStatus.FAILED


def test_no_call_is_accepted_while_the_breaker_cannot_be_read(
    callme: Callme, vendor: StandIn, new_web: Web
) -> None:
    callme.store.execute("DROP TABLE breakers")
    with new_web() as web:
        answer = ask(web)
    assert answer.status_code == 503
    assert answer.get_json()["fallback_phone"] == FALLBACK_PHONE
    assert callme.store.all_calls() == []
    assert vendor.received == []
