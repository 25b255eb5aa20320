"""The stand-in DialogTech shows what it received without giving away the keys."""

from __future__ import annotations

import hashlib

import pytest
import requests

from tests.helpers.vendors import StandIn

GOOD = {
    "action": "clickto.vr",
    "access_key": "foo",
    "secret_access_key": "bar",
    "menu_id": "55443322",
    "phone_to_call": "2025550101",
}


def ask(vendor: StandIn, **changes: str) -> str:
    answer = requests.get(vendor.url, params=GOOD | changes, timeout=10)
    assert answer.status_code == 200
    return answer.text


def listed(vendor: StandIn) -> list[dict[str, object]]:
    calls: list[dict[str, object]] = requests.get(
        f"{vendor.origin}/_sandbox/calls", timeout=10
    ).json()
    return calls


def test_the_stand_in_lists_its_requests_oldest_first_with_hashed_keys(vendor: StandIn) -> None:
    ask(vendor)
    ask(vendor, phone_to_call="2025550100")
    first, second = listed(vendor)
    query = first["query"]
    assert isinstance(query, dict)
    assert first.keys() == {"received_at", "method", "query", "outcome", "state"}
    assert (first["method"], first["outcome"], first["state"]) == ("GET", "Phone Busy", "answered")
    assert second["outcome"] == "Call Connected"
    assert list(query) == list(GOOD)
    assert query["phone_to_call"] == "2025550101"
    assert query["secret_access_key"] == f"sha256:{hashlib.sha256(b'bar').hexdigest()}"


def test_the_stand_ins_list_of_requests_can_be_emptied(vendor: StandIn) -> None:
    ask(vendor)
    assert requests.delete(f"{vendor.origin}/_sandbox/calls", timeout=10).status_code == 204
    assert listed(vendor) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"access_key": "wrong"}, "Invalid access key"),
        ({"secret_access_key": ""}, "Invalid access key"),
        ({"action": "clickto.call"}, "Invalid parameters"),
        ({"menu_id": "abc"}, "Invalid parameters"),
        ({"phone_to_call": "+12025550100"}, "Invalid parameters"),
        ({"phone_to_call": ""}, "Invalid parameters"),
    ],
)
def test_the_stand_in_refuses_what_the_vendor_would_refuse(
    vendor: StandIn, changes: dict[str, str], why: str
) -> None:
    text = ask(vendor, **changes)
    assert "<result>failed</result>" in text
    assert f"<result_description>{why}</result_description>" in text
