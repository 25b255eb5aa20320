"""`callme calls list` and `show`: what an operator finds of calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.helpers.callme import Callme, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.processes import environment
from tests.helpers.sites import CONSENT, both_sites
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.cli import main
from webapp.domain.calls import CallStatus

NOBODY = "https://127.0.0.1:9/"
FIRST, SECOND = "+12025550143", "+12025550144"


@pytest.fixture
def callme(tmp_path: Path, clock: HandClock) -> Iterator[Callme]:
    """Without a dispatcher, so that calls stay queued."""
    with running_callme(tmp_path, clock=clock) as running:
        yield running


def ask(callme: Callme, *arguments: str) -> Result:
    settings = environment(callme.store)
    return CliRunner(env=settings).invoke(main, ["calls", *arguments])


def listed(callme: Callme, *arguments: str) -> list[str]:
    result = ask(callme, "list", *arguments)
    assert result.exit_code == 0, result.output
    return [line.split("\t")[1] for line in result.stdout.splitlines()]


def test_calls_are_listed_newest_first_and_by_every_filter(
    callme: Callme, clock: HandClock
) -> None:
    first = callme.visitor().ask_for_call(phone=FIRST)
    clock.move(3600)
    second = callme.visitor().ask_for_call(phone=SECOND)
    callme.store.execute("UPDATE calls SET status = 'busy' WHERE id = :id", id=first)
    between = f"{clock() - timedelta(minutes=30):%Y-%m-%dT%H:%M:%S}"
    assert listed(callme) == [second, first]
    assert listed(callme, "--limit", "1") == [second]
    assert listed(callme, "acme") == [second, first]
    assert listed(callme, "other") == []
    assert listed(callme, "--number", FIRST) == [first]
    assert listed(callme, "--status", "busy") == [first]
    assert listed(callme, "--since", between) == [second]
    assert listed(callme, "--until", between) == [first]
    assert listed(callme, "--status", "queued", "--number", FIRST) == []


def test_a_list_holds_no_full_number(callme: Callme) -> None:
    call_id = callme.visitor().ask_for_call(phone=FIRST, page_url="https://www.acme.example/ä")
    text = ask(callme, "list").stdout
    found = json.loads(ask(callme, "list", "--json").stdout)
    assert FIRST not in text + str(found)
    assert "43" in text
    assert [(call["id"], call["status"], call["page_url"]) for call in found] == [
        (call_id, "queued", "https://www.acme.example/ä")
    ]


def test_one_call_is_shown_with_all_that_happened_in_order_of_time(
    tmp_path: Path, vendor: StandIn
) -> None:
    hooks = {"url": NOBODY, "secret": f"whsec_{'k' * 32}", "events": ["call.accepted"]}
    sites = both_sites(hooks=hooks | {"allow_private": True})
    with running_callme(tmp_path, vendor_url=vendor.url, dispatcher=True, sites=sites) as callme:
        call_id = callme.visitor().ask_for_call(phone=FIRST, utm_source="flyer")
        wait_until(
            lambda: callme.store.calls.events(call_id)[-1].new is CallStatus.CONNECTED,
            10,
            "the end of the call",
        )
        result = ask(callme, "show", call_id)
        shown: dict[str, Any] = json.loads(ask(callme, "show", call_id, "--json").stdout)
    assert result.exit_code == 0, result.output
    lines = [line.split("\t")[1] for line in result.stdout.splitlines()]
    assert [line for line in lines if line in {"asked for", "queued", "dialing", "connected"}] == [
        *("asked for", "queued", "dialing", "connected")
    ]
    assert FIRST in result.stdout
    assert CONSENT in result.stdout
    assert "utm_source\tflyer" in result.stdout
    assert shown["call"]["phone"] == FIRST
    assert [event["status"] for event in shown["events"]] == ["queued", "dialing", "connected"]
    assert [delivery["event"] for delivery in shown["deliveries"]] == ["call.accepted"]
    assert "hook call.accepted" in result.stdout
    assert shown["consent"]["consent"]["sentence"] == CONSENT


def test_showing_an_unknown_call_says_that_nothing_is_on_record(callme: Callme) -> None:
    result = ask(callme, "show", "-AAAAAAAAAAAAAAAAAAAAA")
    assert result.exit_code == 1
    assert "nothing is on record of a call with that id" in result.output
