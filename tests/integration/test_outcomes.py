"""Every kind of answer from the vendor, through the whole of Callme: form, database, real HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.callme import Callme, running_callme
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus


def end_of(callme: Callme, last_digits: str) -> str:
    """Ask for a call to (202) 555-LAST and wait for its end; returns the call's id."""
    call_id = callme.visitor().ask_for_call(phone=f"(202) 555-{last_digits}")
    wait_until(
        lambda: callme.store.status(call_id).final, 20, f"the end of the call to {last_digits}"
    )
    return call_id


@pytest.mark.parametrize(
    ("last_digits", "status", "reason", "requests"),
    [
        pytest.param("0100", "connected", "", 1, id="0100 answered"),
        pytest.param("1234", "connected", "", 1, id="1234 answered"),
        pytest.param("0101", "busy", "", 1, id="0101 busy"),
        pytest.param(
            "0103", "failed", "answer: Virtual Receptionist is not available", 1, id="0103 refused"
        ),
        pytest.param("0104", "unknown", "http_500", 1, id="0104 HTTP 500"),
        pytest.param("0105", "connected", "", 3, id="0105 overloaded twice"),
        pytest.param("0106", "unknown", "no_answer: ConnectionError", 1, id="0106 hung up"),
        pytest.param("0107", "unknown", "no_answer: ReadTimeout", 1, id="0107 silent"),
        pytest.param("0108", "failed", "http_302", 1, id="0108 sent elsewhere"),
        pytest.param("0109", "failed", "answer: Please wait. Please wait.", 1, id="0109 endless"),
        pytest.param("0110", "failed", "answer: �(���", 1, id="0110 no UTF-8"),
        pytest.param("0111", "failed", "answer: <!doctype html><title>Error", 1, id="0111 HTML"),
    ],
)
def test_the_vendors_answer_becomes_the_calls_end(
    tmp_path: Path, vendor: StandIn, last_digits: str, status: str, reason: str, requests: int
) -> None:
    """The stored reason says why, and a call that may have rung a phone is never ordered again."""
    with running_callme(
        tmp_path, vendor_url=vendor.url, dispatcher=True, dialogtech_read_timeout=1
    ) as callme:
        call = callme.store.call(end_of(callme, last_digits))
        public = callme.visitor().get(f"/api/calls/{call.id}").get_json()
        callme.store.check_events()
    assert (call.status.value, public["status"]) == (status, status)
    assert call.reason.startswith(reason)
    assert (not call.reason) == (not reason)
    assert public["final"] is True
    assert vendor.phones == [f"202555{last_digits}"] * requests


def test_a_phone_that_rings_for_long_is_waited_for(tmp_path: Path, vendor: StandIn) -> None:
    """0102 rings for 30 seconds. The call is `dialing` all that time, and `connected` when picked up."""
    with running_callme(
        tmp_path, vendor_url=vendor.url, dispatcher=True, dialogtech_read_timeout=60
    ) as callme:
        call_id = callme.visitor().ask_for_call(phone="(202) 555-0102")
        wait_until(lambda: vendor.states() == ["ringing"], 10, "the phone rings")
        assert callme.store.status(call_id) is CallStatus.DIALING
        vendor.let_all_answer()
        wait_until(lambda: callme.store.status(call_id).final, 10, "the call's end")
        assert callme.store.status(call_id) is CallStatus.CONNECTED
        assert vendor.phones == ["2025550102"]


def test_wrong_keys_are_a_refusal_with_the_vendors_words(tmp_path: Path, vendor: StandIn) -> None:
    with running_callme(
        tmp_path, vendor_url=vendor.url, dispatcher=True, dialogtech_secret_access_key="wrong"
    ) as callme:
        call = callme.store.call(end_of(callme, "0100"))
    assert call.status is CallStatus.FAILED
    assert call.reason == "answer: Invalid access key"


def test_a_requeued_call_has_the_reason_in_its_events(callme: Callme) -> None:
    call_id = end_of(callme, "0105")
    steps = [(event.new.value, event.reason) for event in callme.store.calls.events(call_id)]
    again = [("dialing", ""), ("queued", "http_503")]
    assert steps == [("queued", ""), *again, *again, ("dialing", ""), ("connected", "")]
