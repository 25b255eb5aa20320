"""DialogTech's Post-Call Action settles unknown calls, adds how long people talked, and does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme, Store, running_callme
from tests.helpers.calls import a_call
from tests.helpers.clock import HandClock
from tests.helpers.receivers import POST_CALL_SECRET, SECRET, telling
from tests.helpers.vendors import stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import Call, CallStatus
from webapp.domain.hooks import HookEvent, Message
from webapp.domain.post_call import PostCall, PostCallResult
from webapp.store.message_search import MessageFilter, MessageSearch
from webapp.store.post_calls import PostCallRepository

PATH = "/hooks/dialogtech/post-call"


@pytest.fixture
def callme(tmp_path: Path, clock: HandClock) -> Iterator[Callme]:
    sites = telling("http://127.0.0.1:1/told")
    with running_callme(tmp_path, clock=clock, sites=sites) as running:
        yield running


def report(callme: Callme, **changes: str | None) -> TestResponse:
    """The vendor's request, except for `changes`; None leaves a parameter out."""
    fields = {
        "site": "acme",
        "secret": POST_CALL_SECRET,
        "phone": "2025550100",
        "seconds": "42",
        "call": "vendor-1",
        **changes,
    }
    query = {name: value for name, value in fields.items() if value is not None}
    return callme.visitor(origin=None).get(PATH, query_string=query)


def result(callme: Callme, **changes: str | None) -> str:
    answer = report(callme, **changes)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["result"])


def an_unknown_call(callme: Callme, clock: HandClock, phone: str = "+12025550100") -> Call:
    """A call that was asked for two minutes ago."""
    at = clock() - timedelta(minutes=2)
    return callme.store.add(a_call(phone, status=CallStatus.UNKNOWN, at=at, reason="no_answer"))


def talk_seconds(store: Store, call: Call) -> int | None:
    sql = "SELECT talk_seconds FROM calls WHERE id = ?"
    with store.database.read() as connection:
        seconds = connection.exec_driver_sql(sql, (call.id,)).scalar_one()
    assert seconds is None or isinstance(seconds, int)
    return seconds


def completed(store: Store) -> list[Message]:
    found = MessageSearch(store.database).find(MessageFilter(), 100)
    return [message for message in found if message.event is HookEvent.COMPLETED]


@pytest.mark.parametrize(
    ("phone", "spelling"),
    [
        ("+12025550100", "2025550100"),
        ("+12025550100", "12025550100"),
        ("+12025550100", "+1 (202) 555-0100"),
        ("+442079460000", "442079460000"),
    ],
)
def test_a_report_settles_an_unknown_call_and_adds_the_talk(
    callme: Callme, clock: HandClock, phone: str, spelling: str
) -> None:
    call = an_unknown_call(callme, clock, phone)
    assert result(callme, phone=spelling) == "settled"
    assert callme.store.status(call.id) is CallStatus.CONNECTED
    assert talk_seconds(callme.store, call) == 42
    callme.store.check_events()
    assert callme.store.calls.events(call.id)[-1].reason == "post_call"
    events = [
        message.event for message in MessageSearch(callme.store.database).find(MessageFilter(), 100)
    ]
    assert sorted(events[1:]) == ["call.completed", "call.connected"]
    assert completed(callme.store)[0].talk_seconds == 42
    shown = callme.visitor().get(f"/api/calls/{call.id}").get_json()
    assert shown["status"] == "connected"


def test_a_report_of_a_connected_call_only_adds_the_talk_time(
    callme: Callme, clock: HandClock
) -> None:
    at = clock() - timedelta(minutes=2)
    call = callme.store.add(a_call(status=CallStatus.CONNECTED, at=at))
    assert result(callme) == "noted"
    assert talk_seconds(callme.store, call) == 42
    assert callme.store.status(call.id) is CallStatus.CONNECTED
    assert len(completed(callme.store)) == 1


def test_a_busy_report_settles_the_call_and_one_without_talk_does_not(
    callme: Callme, clock: HandClock
) -> None:
    call = an_unknown_call(callme, clock)
    assert result(callme, seconds="0", result="BUSY") == "settled"
    assert callme.store.status(call.id) is CallStatus.BUSY
    other = an_unknown_call(callme, clock, "+12025550178")
    assert result(callme, seconds="0", phone="2025550178", call="vendor-2") == "noted"
    assert callme.store.status(other.id) is CallStatus.UNKNOWN


@pytest.mark.parametrize("vendor_id", ["vendor-1", None], ids=["with an id", "without"])
def test_a_repeated_report_changes_nothing_not_even_an_older_call(
    callme: Callme, clock: HandClock, vendor_id: str | None
) -> None:
    older = an_unknown_call(callme, clock)
    clock.move(60)
    call = an_unknown_call(callme, clock)
    assert result(callme, call=vendor_id) == "settled"
    for _ in range(3):
        assert result(callme, call=vendor_id) == "repeated"
    assert callme.store.status(call.id) is CallStatus.CONNECTED
    assert callme.store.status(older.id) is CallStatus.UNKNOWN
    assert len(completed(callme.store)) == 1


def test_a_report_that_is_repeated_much_later_settles_no_newer_call(
    callme: Callme, clock: HandClock
) -> None:
    an_unknown_call(callme, clock)
    assert result(callme) == "settled"
    clock.move(90 * 60)
    newer = an_unknown_call(callme, clock)
    assert result(callme) == "repeated"
    assert callme.store.status(newer.id) is CallStatus.UNKNOWN
    assert len(completed(callme.store)) == 1


def test_the_log_has_the_calls_id_and_result_of_each_report(
    callme: Callme, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    call = an_unknown_call(callme, clock)
    for outcome in ("settled", "repeated"):
        caplog.clear()
        assert result(callme) == outcome
        assert f"post-call call={call.id} site=acme seconds=42 result={outcome}" in caplog.text
    caplog.clear()
    assert result(callme, phone="2025550178") == "unknown"
    assert "post-call call=- site=acme" in caplog.text


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"phone": "2025550178"}, id="of another number"),
        pytest.param({"seconds": "3600"}, id="of a talk that began before the call"),
    ],
)
def test_a_report_of_no_call_of_ours_changes_nothing(
    callme: Callme, clock: HandClock, changes: dict[str, str]
) -> None:
    call = an_unknown_call(callme, clock)
    assert result(callme, **changes) == "unknown"
    clock.move(2 * 3600)
    assert result(callme) == "unknown", "that was too long ago"
    assert callme.store.status(call.id) is CallStatus.UNKNOWN
    assert completed(callme.store) == []


@pytest.mark.parametrize(
    "status",
    sorted(set(CallStatus) - {CallStatus.UNKNOWN, CallStatus.CONNECTED, CallStatus.DIALING}),
    ids=str,
)
def test_a_report_does_not_change_a_call_that_was_never_placed(
    callme: Callme, clock: HandClock, status: CallStatus
) -> None:
    """A call that waits or was refused was never placed."""
    call = callme.store.add(a_call(status=status, at=clock() - timedelta(minutes=2)))
    assert result(callme) == "unknown"
    assert callme.store.status(call.id) is status
    assert talk_seconds(callme.store, call) is None


def test_a_report_with_talk_time_settles_a_call_that_is_still_dialing(
    tmp_path: Path,
) -> None:
    """The answer may be lost on its way. If it comes after all, it changes nothing."""
    sites = telling("http://127.0.0.1:1/told")
    with (
        stand_in(delay=600) as vendor,
        running_callme(tmp_path, vendor_url=vendor.url, dispatcher=True, sites=sites) as callme,
    ):
        dispatcher = callme.dispatcher
        assert dispatcher
        call_id = callme.visitor().ask_for_call()
        wait_until(lambda: vendor.phones, 10, "the phone rings")
        assert result(callme, seconds="0") == "unknown", "nobody talked: the answer may still come"
        assert callme.store.status(call_id) is CallStatus.DIALING
        assert result(callme, seconds="5") == "settled"
        call = callme.store.call(call_id)
        assert (call.status, call.reason) == (CallStatus.CONNECTED, "post_call")
        assert talk_seconds(callme.store, call) == 5
        assert len(completed(callme.store)) == 1
        vendor.let_all_answer()
        wait_until(lambda: not dispatcher.in_flight, 10, "the late answer")
        assert callme.store.call(call_id) == call
        callme.store.check_events()


def test_a_late_report_of_an_earlier_call_leaves_the_one_that_is_being_dialled_alone(
    callme: Callme, clock: HandClock
) -> None:
    earlier = callme.store.add(a_call(status=CallStatus.CONNECTED, at=clock()))
    clock.move(125)
    later = callme.store.add(a_call(status=CallStatus.DIALING, at=clock()))
    assert result(callme, seconds="25") == "noted"
    assert talk_seconds(callme.store, earlier) == 25
    assert callme.store.status(later.id) is CallStatus.DIALING


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"secret": None}, id="no secret"),
        pytest.param({"secret": ""}, id="an empty one"),
        pytest.param({"secret": POST_CALL_SECRET + "x"}, id="a wrong one"),
        pytest.param({"secret": "é" * 30}, id="no ASCII"),
        pytest.param({"site": None}, id="no site"),
        pytest.param({"site": "nobody"}, id="a site that there is not"),
        pytest.param({"site": "other"}, id="a site that takes none"),
        pytest.param({"site": "other", "secret": ""}, id="a site that takes none, and no secret"),
    ],
)
def test_a_report_without_the_sites_secret_is_refused(
    callme: Callme, clock: HandClock, changes: dict[str, str | None]
) -> None:
    call = an_unknown_call(callme, clock)
    answer = report(callme, **changes)
    assert answer.status_code == 403
    assert callme.store.status(call.id) is CallStatus.UNKNOWN
    assert POST_CALL_SECRET not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": None},
        {"phone": "12"},
        {"phone": "9" * 5000},
        {"seconds": None},
        {"seconds": "-1"},
        {"seconds": "1.5"},
        {"seconds": "٤٢"},
        {"seconds": "99999"},
    ],
    ids=str,
)
def test_a_report_that_makes_no_sense_is_refused(
    callme: Callme, clock: HandClock, changes: dict[str, str | None]
) -> None:
    call = an_unknown_call(callme, clock)
    assert report(callme, **changes).status_code == 400
    assert callme.store.status(call.id) is CallStatus.UNKNOWN


@pytest.mark.parametrize("path", ["/api/sites/acme", "/w/acme.js", "its form", "/call/acme"])
def test_no_public_answer_holds_the_hook_address_or_secrets(callme: Callme, path: str) -> None:
    visitor = callme.visitor()
    shown = visitor.get(visitor.form_address() if path == "its form" else path)
    assert shown.status_code == 200
    for secret in (SECRET, POST_CALL_SECRET, "127.0.0.1:1/told"):
        assert secret not in shown.text


def test_concurrent_reports_are_noted_once_on_postgresql(postgres_url: str) -> None:
    store = Store(postgres_url)
    store.set_up(telling("http://127.0.0.1:1/told"))
    clock = HandClock()
    store.add(a_call(status=CallStatus.UNKNOWN, at=clock() - timedelta(minutes=2)))
    report = PostCall(frozenset({"+12025550100"}), 42, "the same", busy=False)
    reports = PostCallRepository(store.database)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: reports.take("acme", report, clock()), range(8)))
    results = [outcome for outcome, _ in taken]
    assert results.count(PostCallResult.SETTLED) == 1
    assert len(completed(store)) == 1
    store.check_events()
    store.close()
