"""A page that follows its call gets the call's present state, in the visitor's language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.callme import SECRET_KEY, Callme, Visitor, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import ORIGIN, both_sites
from tests.helpers.waiting import wait_until
from webapp.domain.clock import utc_now
from webapp.domain.suppression import Fingerprint
from webapp.store.retention import RetentionRepository
from webapp.web.guards.limits import limit_of


@pytest.fixture
def callme(tmp_path: Path) -> Iterator[Callme]:
    """Without a dispatcher, so that calls stay as the test stored them."""
    with running_callme(tmp_path) as running:
        yield running


@pytest.fixture
def caller(callme: Callme) -> Visitor:
    return callme.visitor()


@pytest.fixture
def status(caller: Visitor) -> str:
    """The path of the state of a call that this visitor asked for."""
    return f"/api/calls/{caller.ask_for_call()}"


def test_each_state_is_shown_as_soon_as_it_is_stored(
    callme: Callme, caller: Visitor, status: str
) -> None:
    for state in ("queued", "dialing", "connected"):
        callme.store.execute("UPDATE calls SET status = :state", state=state)
        assert caller.get(status).get_json()["status"] == state


def test_a_forgotten_call_is_unknown_at_once(callme: Callme, caller: Visitor, status: str) -> None:
    assert caller.get(status).status_code == 200
    callme.store.execute(
        "UPDATE calls SET status = 'connected', created_at = '2026-01-01 00:00:00.000000'"
    )
    assert caller.get(status).status_code == 200
    retention = RetentionRepository(callme.store.database, Fingerprint(SECRET_KEY))
    assert retention.forget("+12025550100", utc_now()).deleted == 1
    assert caller.get(status).status_code == 404


def test_a_call_that_nobody_dialled_is_shown_as_expired(tmp_path: Path) -> None:
    clock = HandClock()
    with running_callme(tmp_path, clock=clock) as callme:
        caller = callme.visitor()
        token = caller.get("/api/sites/acme/token").get_json()["token"]
        clock.move(2)
        status = f"/api/calls/{caller.ask_for_call(token=token)}"
        assert caller.get(status).get_json()["status"] == "queued"
        clock.move(130)
        assert caller.get(status).get_json()["status"] == "expired"


def test_the_status_message_shows_the_sites_changed_fallback_number(
    callme: Callme, caller: Visitor, status: str
) -> None:
    callme.store.execute("UPDATE calls SET status = 'failed'")
    assert "(202) 555-0199" in caller.get(status).get_json()["message"]
    callme.store.set_up(both_sites(fallback_phone="+12025550198"))
    wait_until(
        lambda: "(202) 555-0198" in caller.get(status).get_json()["message"], 10, "the new number"
    )


def test_cors_and_language_follow_each_request(
    callme: Callme, caller: Visitor, status: str
) -> None:
    callme.store.execute("UPDATE calls SET locale = 'xx'")
    elsewhere = callme.visitor(origin="https://elsewhere.example")
    for _ in range(2):
        assert caller.get(status).headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Access-Control-Allow-Origin" not in elsewhere.get(status).headers
        for tag in ("de", "fr"):
            answer = caller.get(status, headers={"Accept-Language": tag})
            assert answer.headers["Content-Language"] == tag
            answer = caller.get(status, query_string={"locale": tag})
            assert answer.headers["Content-Language"] == tag


@pytest.mark.unmeasured
def test_polls_count_towards_the_visitors_limit(
    callme: Callme, caller: Visitor, status: str
) -> None:
    limit, _, _ = limit_of(callme.app.view_functions["api.status"]).partition("/")
    states = [caller.get(status).status_code for _ in range(int(limit))]
    assert states == [200] * int(limit)
    refused = caller.get(status)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]


@pytest.mark.unmeasured
def test_the_last_poll_within_the_limit_shows_the_new_status(
    callme: Callme, caller: Visitor, status: str
) -> None:
    limit, _, _ = limit_of(callme.app.view_functions["api.status"]).partition("/")
    for _ in range(int(limit) - 1):
        assert caller.get(status).get_json()["status"] == "queued"
    callme.store.execute("UPDATE calls SET status = 'connected'")
    assert caller.get(status).get_json()["status"] == "connected"
    assert caller.get(status).status_code == 429


def test_a_page_asks_less_often_the_longer_the_phone_rings(tmp_path: Path) -> None:
    clock = HandClock()
    with running_callme(tmp_path, clock=clock) as callme:
        caller = callme.visitor()
        token = caller.get("/api/sites/acme/token").get_json()["token"]
        clock.move(2)
        status = f"/api/calls/{caller.ask_for_call(token=token)}"

        def pause_in(state: str) -> int:
            callme.store.execute("UPDATE calls SET status = :state", state=state)
            return int(caller.get(status).get_json()["poll_after_ms"])

        assert (pause_in("queued"), pause_in("dialing")) == (400, 1000)
        clock.move(9)
        assert (pause_in("queued"), pause_in("dialing"), pause_in("connected")) == (2000, 2000, 0)
