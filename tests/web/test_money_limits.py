"""The limits on the owner's bill and on calls to one phone hold against any number of addresses."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import FALLBACK_PHONE, NO_LIMITS, other_site, site, sites_toml

SPELLINGS = (
    "2025550100",
    "(202) 555-0100",
    "202.555.0100",
    "1 202 555 0100",
    "+1 202-555-0100",
    "001 202 555 0100",
    "+12025550100",
    "tel:+1-202-555-0100",
    "２０２５５５０１００",
    "202\N{NO-BREAK SPACE}555\N{EN DASH}0100",
)

BOTH = other_site(origins=["https://both.example"], fallback_phone=FALLBACK_PHONE, limits=None)

Limited = Callable[..., AbstractContextManager[Callme]]


@pytest.fixture
def limited(tmp_path: Path, clock: HandClock) -> Limited:
    """Starts Callme with `limits` on both sites, and `more` sites, on a clock that stands still."""

    def make(
        limits: dict[str, int] | None = None,
        more: dict[str, dict[str, Any]] | None = None,
        **settings: Any,
    ) -> AbstractContextManager[Callme]:
        two = {"acme": site(limits=limits), "other": other_site(limits=limits)}
        sites = sites_toml(**two, **(more or {}))
        return running_callme(tmp_path, sites=sites, clock=clock, **settings)

    return make


_numbers = (f"202 555 {line:04}" for line in itertools.count(2000))


def ask(callme: Callme, phone: str = "", site: str = "acme") -> TestResponse:
    """A new visitor, with an address of its own, asks for a call."""
    if site == "other":
        visitor = callme.visitor("other", origin="https://other.example")
        return visitor.submit(phone=phone, receptionist="all")
    return callme.visitor().submit(phone=phone or next(_numbers))


def expect_wait(answer: TestResponse, seconds: int) -> None:
    """A 429 that says when to come back."""
    body = answer.get_json()
    assert answer.status_code == 429, answer.text
    assert answer.headers["Retry-After"] == str(body["retry_after"]) == str(seconds)
    assert body["detail"].startswith("This number cannot be called again just yet.")
    assert body["fallback_phone"] == FALLBACK_PHONE


def expect_budget_spent(answer: TestResponse) -> None:
    """A 503 that offers the owner's number."""
    assert answer.status_code == 503, answer.text
    assert answer.get_json()["fallback_phone"] == FALLBACK_PHONE


def test_a_number_is_called_once_in_two_minutes_and_thrice_in_a_day(
    limited: Limited, clock: HandClock
) -> None:
    with limited() as callme:
        for _ in range(3):
            assert ask(callme, "2025550100").status_code == 202
            expect_wait(ask(callme, "2025550100"), 120)
            clock.move(119)
            expect_wait(ask(callme, "2025550100"), 1)
            clock.move(1)
        expect_wait(ask(callme, "2025550100"), 24 * 3600 - 360)
        assert ask(callme, "2025550101").status_code == 202
        clock.move(24 * 3600 - 360)
        assert ask(callme, "2025550100").status_code == 202


def test_ten_spellings_of_one_number_share_its_limit(limited: Limited) -> None:
    with limited() as callme:
        statuses = [ask(callme, spelling).status_code for spelling in SPELLINGS]
        assert statuses == [202] + [429] * 9


def test_a_numbers_limit_is_shared_by_all_sites(limited: Limited) -> None:
    with limited(more={"both": BOTH}) as callme:
        assert ask(callme, "+44 20 7946 0018", "other").status_code == 202
        visitor = callme.visitor("both", origin="https://both.example")
        answer = visitor.submit(phone="020 7946 0018", receptionist="all")
        expect_wait(answer, 120)
        assert [call.site for call in callme.store.all_calls()] == ["other"]


def test_a_repeated_request_id_makes_no_second_call_and_meets_no_limit(limited: Limited) -> None:
    with limited() as callme:
        visitor = callme.visitor()
        form = visitor.fields()
        first = visitor.post("/api/sites/acme/calls", data=form)
        again = visitor.post("/api/sites/acme/calls", data=form)
        assert first.status_code == again.status_code == 202
        assert first.get_json()["id"] == again.get_json()["id"]
        assert len(callme.store.all_calls()) == 1


@pytest.mark.parametrize(
    ("limits", "settings", "seconds"),
    [
        pytest.param({"per_hour": 3}, {}, 3600, id="site, hour"),
        pytest.param({"per_day": 3, "per_hour": 0}, {}, 24 * 3600, id="site, day"),
        pytest.param({"per_hour": 0}, {"calls_per_day": 3}, 24 * 3600, id="installation, day"),
    ],
)
def test_a_spent_budget_refuses_calls_until_its_window_has_passed(
    limited: Limited,
    clock: HandClock,
    limits: dict[str, int],
    settings: dict[str, int],
    seconds: int,
) -> None:
    with limited(limits, **settings) as callme:
        for _ in range(3):
            assert ask(callme).status_code == 202
        expect_budget_spent(ask(callme))
        clock.move(seconds - 1)
        expect_budget_spent(ask(callme))
        assert len(callme.store.all_calls()) == 3
        clock.move(1)
        assert ask(callme).status_code == 202


def test_a_budget_per_hour_is_per_site_and_the_daily_one_shared(limited: Limited) -> None:
    with limited({"per_hour": 1}, calls_per_day=2) as callme:
        assert ask(callme).status_code == 202
        expect_budget_spent(ask(callme))
        assert ask(callme, "020 7946 0018", "other").status_code == 202
        spent = ask(callme, "020 7946 0019", "other")
        assert spent.status_code == 503


def test_the_hosted_page_is_held_to_the_same_limits(limited: Limited) -> None:
    with limited() as callme:
        assert ask(callme, "2025550100").status_code == 202
        page = callme.visitor(origin=None)
        answer = page.post(
            "/call/acme", data=page.fields(phone="2025550100", token=callme.visitor().token())
        )
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "120"
        assert "This number cannot be called again just yet." in answer.text


def test_a_limit_of_zero_means_no_limit(limited: Limited) -> None:
    with limited(NO_LIMITS) as callme:
        answers = [ask(callme, "2025550100").status_code for _ in range(8)]
        assert answers == [202] * 8


def test_without_a_number_pause_requests_stored_out_of_order_are_accepted(
    limited: Limited, clock: HandClock
) -> None:
    """Of two requests at the same moment, the one that began later may be stored first."""
    with limited({"number_pause_seconds": 0}) as callme:
        assert ask(callme, "2025550100").status_code == 202
        clock.move(-0.001)
        assert ask(callme, "2025550100").status_code == 202


def test_a_repeat_of_an_accepted_request_is_answered_after_the_budget_is_spent(
    limited: Limited,
) -> None:
    """The first response may have been lost, and a refusal would be untrue, as the phone rings."""
    with limited({**NO_LIMITS, "per_hour": 1}) as callme:
        visitor = callme.visitor()
        form = visitor.fields()
        first = visitor.post("/api/sites/acme/calls", data=form)
        expect_budget_spent(ask(callme))
        again = visitor.post("/api/sites/acme/calls", data=form)
        assert (again.status_code, again.get_json()["id"]) == (202, first.get_json()["id"])
