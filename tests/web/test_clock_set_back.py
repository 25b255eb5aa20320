"""A clock that is set back an hour, as people and virtual machines do, locks nobody out."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.helpers.callme import running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import NO_LIMITS, both_sites

HOUR = 3600


def test_a_token_from_before_the_clock_went_back_is_accepted(
    tmp_path: Path, clock: HandClock
) -> None:
    with running_callme(tmp_path, clock=clock) as callme:
        visitor = callme.visitor()
        token = visitor.get("/api/sites/acme/token").get_json()["token"]
        clock.move(-HOUR)
        visitor.ask_for_call(token=token)


def test_a_number_limit_lasts_no_longer_after_the_clock_went_back(
    tmp_path: Path, clock: HandClock
) -> None:
    sites = both_sites(limits=NO_LIMITS | {"number_pause_seconds": 120, "number_per_day": 3})
    with running_callme(tmp_path, clock=clock, sites=sites) as callme:
        callme.visitor().ask_for_call(token=callme.visitor().token())
        clock.move(-HOUR)
        callme.visitor().ask_for_call(token=callme.visitor().token())
        answer = callme.visitor().submit(token=callme.visitor().token())
        assert (answer.status_code, answer.get_json()["retry_after"]) == (429, 120)
        clock.move(120)
        callme.visitor().ask_for_call(token=callme.visitor().token())
        clock.move(120)
        answer = callme.visitor().submit(token=callme.visitor().token())
        assert answer.status_code == 429
        assert 0 < answer.get_json()["retry_after"] <= 86_400


def test_a_waiting_call_is_dialled_at_once_after_the_clock_went_back(
    tmp_path: Path, clock: HandClock
) -> None:
    with running_callme(tmp_path, clock=clock) as callme:
        callme.visitor().ask_for_call()
        clock.move(-HOUR)
        assert len(callme.store.queue.claim("one", clock(), timedelta(seconds=15), 9)) == 1


@pytest.mark.parametrize("shared", [False, True], ids=["in the process", "in Redis"])
def test_retry_after_stays_within_the_window_after_the_clock_went_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    shared: bool,
) -> None:
    settings = {"redis_url": request.getfixturevalue("redis_url")} if shared else {}
    real = time.time
    with running_callme(tmp_path, **settings) as callme:
        visitor = callme.visitor()
        while (answer := visitor.post("/api/sites/acme/calls")).status_code != 429:
            pass
        monkeypatch.setattr(time, "time", lambda: real() - HOUR)
        answer = visitor.post("/api/sites/acme/calls")
        assert answer.status_code == 429
        assert 0 < answer.get_json()["retry_after"] <= 60
