"""A phone that was busy is tried again, at most twice, and never against anybody's will."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.callme import Callme, Visitor, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import both_sites
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.domain.calls import Call, CallStatus

BUSY = "(202) 555-0101"
NOON = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
"""Tuesday by the clock of New York."""
Running = Callable[..., Any]


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
def running(tmp_path: Path, clock: HandClock, vendor: StandIn) -> Running:
    """Callme with a dispatcher, whose site tries busy phones again."""

    @contextmanager
    def start(**changes: Any) -> Iterator[Callme]:
        site = {"timezone": "America/New_York", "retry": {}, **changes}
        with running_callme(
            tmp_path,
            sites=both_sites(**site),
            clock=clock,
            vendor_url=vendor.url,
            dispatcher=True,
        ) as callme:
            yield callme

    return start


def rung(callme: Callme, count: int) -> list[Call]:
    """The calls, oldest first, once `count` of them have ended."""
    wait_until(
        lambda: sum(status.final for status in callme.store.statuses()) == count,
        20,
        f"{count} calls that ended",
    )
    callme.store.check_events()
    return callme.store.all_calls()


def progress(visitor: Visitor, call_id: str) -> dict[str, Any]:
    return dict(visitor.post(f"/api/calls/{call_id}").get_json())


def test_a_busy_phone_is_tried_again_as_a_call_of_its_own(
    running: Running, clock: HandClock, vendor: StandIn
) -> None:
    with running() as callme:
        visitor = callme.visitor()
        first = visitor.ask_for_call(phone=BUSY, timezone="America/Denver")
        rung(callme, 1)
        shown = progress(visitor, first)
        retry = shown["retry"]
        assert (shown["status"], shown["title"]) == ("busy", "Your phone was busy")
        assert retry["due_at"] == "2026-12-01T17:05:00Z"
        assert shown["message"].startswith("We try again: Tuesday, 10:05\u202fAM (12:05")
        planned = progress(visitor, retry["id"])
        assert (planned["status"], planned["title"]) == ("scheduled", "Your phone was busy")
        clock.move(299)
        assert len(vendor.received) == 1
        clock.move(1)
        before, after = rung(callme, 2)
        assert (after.id, after.retry_of) == (retry["id"], before.id)
        assert after.visit == before.visit
        assert len(vendor.received) == 2
        assert progress(visitor, retry["id"])["retry"] is None, "one time is enough"


def test_a_wish_rings_at_most_three_times(
    running: Running, clock: HandClock, vendor: StandIn
) -> None:
    with running(retry={"times": 2, "after_minutes": 5}) as callme:
        visitor = callme.visitor()
        visitor.ask_for_call(phone=BUSY)
        for count in (1, 2, 3):
            calls = rung(callme, count)
            clock.move(300)
        first, second, third = calls
        assert {second.retry_of, third.retry_of} == {first.id}
        assert progress(visitor, first.id)["retry"]["id"] == second.id
        assert progress(visitor, second.id)["retry"]["id"] == third.id
        clock.move(86_400)
        assert len(callme.store.all_calls()) == len(vendor.received) == 3


def test_the_agreement_is_on_record_for_each_try(running: Running, clock: HandClock) -> None:
    with running() as callme:
        callme.visitor().ask_for_call(phone=BUSY)
        rung(callme, 1)
        with callme.store.database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT call_id, version, digest, network, token_id FROM call_evidence ORDER BY at"
            ).all()
        first, retry = rows
        assert first[1:4] == retry[1:4]
        assert retry[4] is None, "the form's token has made its one call"


@pytest.mark.parametrize("number", ["(202) 555-0100", "(202) 555-0103", "(202) 555-0106"])
def test_only_a_busy_phone_is_tried_again(running: Running, number: str) -> None:
    """Not one that was answered, refused, or may have rung."""
    with running() as callme:
        callme.visitor().ask_for_call(phone=number)
        (call,) = rung(callme, 1)
        assert call.status is not CallStatus.BUSY


def test_a_site_without_the_table_tries_nothing_again(running: Running) -> None:
    with running(retry=None) as callme:
        visitor = callme.visitor()
        call_id = visitor.ask_for_call(phone=BUSY)
        rung(callme, 1)
        shown = progress(visitor, call_id)
        assert (shown["retry"], shown["title"]) == (None, "We could not reach you")


def test_a_new_wish_replaces_the_planned_try(running: Running, clock: HandClock) -> None:
    with running() as callme:
        visitor = callme.visitor()
        visitor.ask_for_call(phone=BUSY)
        rung(callme, 1)
        visitor.ask_for_call(phone=BUSY)
        calls = rung(callme, 3)
        cancelled = next(call for call in calls if call.status is CallStatus.CANCELLED)
        assert (cancelled.reason, cancelled.retry_of) == ("replaced", calls[0].id)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hours": {"week": {"tue": ["09:00-12:04"]}}}, "closed"),
        ({"quiet": {"from": "12:03", "until": "12:10"}}, "quiet_hours"),
        (
            {"limits": {"number_pause_seconds": 0, "number_per_day": 0, "per_hour": 1}},
            "site_per_hour",
        ),
    ],
)
def test_what_forbids_another_try_is_kept_as_the_reason(
    running: Running, changes: dict[str, Any], reason: str
) -> None:
    with running(**changes) as callme:
        visitor = callme.visitor()
        call_id = visitor.ask_for_call(phone=BUSY)
        (call,) = rung(callme, 1)
        assert (call.status, call.reason) == (CallStatus.BUSY, reason)
        assert progress(visitor, call_id)["retry"] is None


def test_the_law_of_the_phones_region_binds_another_try(running: Running, clock: HandClock) -> None:
    """In Toronto it is Saturday, 18:30: a call may be asked for, but not tried again unasked."""
    clock.now = datetime(2026, 12, 5, 23, 30, tzinfo=UTC)
    with running() as callme:
        callme.visitor().ask_for_call(phone="+1 416 555 0101")
        (call,) = rung(callme, 1)
        assert (call.status, call.reason) == (CallStatus.BUSY, "quiet_hours")


def test_the_visitor_may_give_up_the_planned_try_with_the_first_calls_key(
    running: Running, clock: HandClock, vendor: StandIn
) -> None:
    with running() as callme:
        visitor = callme.visitor()
        first = visitor.submit(phone=BUSY).get_json()
        rung(callme, 1)
        retry = progress(visitor, first["id"])["retry"]
        answer = visitor.post(f"/api/calls/{retry['id']}/cancel", data={"key": first["key"]})
        assert answer.get_json()["status"] == "cancelled"
        clock.move(3600)
        assert len(vendor.received) == 1


def test_a_try_that_is_wanted_now_waits_for_the_numbers_pause(
    running: Running, clock: HandClock, vendor: StandIn
) -> None:
    limits = {"number_pause_seconds": 60, "number_per_day": 5}
    with running(limits=limits) as callme:
        visitor = callme.visitor()
        first = visitor.submit(phone=BUSY).get_json()
        rung(callme, 1)
        retry = progress(visitor, first["id"])["retry"]
        clock.move(20)
        answer = visitor.post(f"/api/calls/{retry['id']}/when", data={"key": first["key"]})
        assert answer.get_json()["status"] == "queued"
        clock.move(39)
        assert len(vendor.received) == 1
        clock.move(1)
        rung(callme, 2)
        assert len(vendor.received) == 2


def test_a_try_that_was_given_up_is_not_told_of_any_more(running: Running) -> None:
    with running() as callme:
        visitor = callme.visitor()
        first = visitor.submit(phone=BUSY).get_json()
        rung(callme, 1)
        retry = progress(visitor, first["id"])["retry"]
        visitor.post(f"/api/calls/{retry['id']}/cancel", data={"key": first["key"]})
        shown = progress(visitor, first["id"])
        assert (shown["title"], shown["retry"]["id"]) == ("We could not reach you", retry["id"])


def test_no_try_begins_that_could_last_into_the_night(running: Running, clock: HandClock) -> None:
    """At 19:54:30 in Washington: the try would be due at 19:59:30, for two minutes."""
    clock.now = datetime(2026, 12, 2, 0, 54, 30, tzinfo=UTC)
    with running() as callme:
        callme.visitor().ask_for_call(phone=BUSY)
        (call,) = rung(callme, 1)
        assert (call.status, call.reason) == (CallStatus.BUSY, "quiet_hours")
