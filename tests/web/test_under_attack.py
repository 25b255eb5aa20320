"""When a site's submits or refusals rise, its forms demand a proof of work until they fall again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import altcha
import pytest

from tests.helpers.callme import Callme, Visitor, aged, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import FALLBACK_PHONE, both_sites
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.domain.attack import REFUSALS
from webapp.domain.clock import utc_now
from webapp.services.gate import WAITING
from webapp.store.attacks import AttackRepository
from webapp.store.refusals import RefusalRepository

PAGE = "/call/acme"


@pytest.fixture
def guarded(tmp_path: Path, vendor: StandIn) -> Iterator[Callme]:
    sites = both_sites(proof_of_work=None)
    with running_callme(tmp_path, vendor_url=vendor.url, dispatcher=True, sites=sites) as running:
        yield running


def attack(callme: Callme, submits: int = REFUSALS * 2) -> None:
    for _ in range(submits):
        refused = callme.visitor(origin=None).post("/api/sites/acme/calls", data={"x": "1"})
        assert refused.status_code == 403


def solve(challenge: dict[str, Any]) -> str:
    """Solve the challenge as a browser does."""
    parsed = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(parsed)
    assert solution
    return str(altcha.Payload(parsed, solution).to_base64())


def ticket(visitor: Visitor) -> tuple[str, dict[str, Any] | None]:
    """A token that is old enough, with its challenge."""
    answer = visitor.get("/api/sites/acme/token").get_json()
    return aged(answer["token"]), answer["challenge"]


def test_without_an_attack_no_proof_of_work_is_required(guarded: Callme) -> None:
    visitor = guarded.visitor()
    token, challenge = ticket(visitor)
    assert challenge is None
    assert visitor.submit(token=token).status_code == 202


def test_under_attack_a_form_needs_its_own_unused_proof(guarded: Callme, vendor: StandIn) -> None:
    """Not one without a proof, nor with another form's, nor with the same proof for a second call."""
    attack(guarded)
    visitor = guarded.visitor()
    token, challenge = ticket(visitor)
    assert challenge
    other_token, _ = ticket(visitor)
    proof = solve(challenge)
    for fields in (
        {"token": token},
        {"token": token, "proof": "x"},
        {"token": other_token, "proof": proof},
    ):
        answer = visitor.submit(**fields)
        assert answer.status_code == 403
        assert answer.get_json()["type"] == "urn:callme:problem:token"
    assert guarded.store.all_calls() == []
    assert visitor.submit(token=token, proof=proof).status_code == 202
    assert visitor.submit(token=token, proof=proof, phone="(202) 555-0101").status_code == 403
    assert len(guarded.store.all_calls()) == 1
    wait_until(guarded.store.all_over, 10, "the one call at its end")
    assert vendor.phones == ["2025550100"]


def test_only_the_attacked_site_requires_a_proof(guarded: Callme) -> None:
    attack(guarded)
    other = guarded.visitor("other", "https://other.example")
    assert other.get("/api/sites/other/token").get_json()["challenge"] is None


def test_the_hosted_page_requires_a_proof_under_attack(guarded: Callme) -> None:
    """Our script solves the puzzle. Without scripts, the page says so and offers the number."""
    calm = guarded.visitor(origin=None).get(PAGE)
    assert "script-src" not in calm.headers["Content-Security-Policy"]
    attack(guarded)
    visitor = guarded.visitor(origin=None)
    shown = visitor.get(PAGE)
    found = re.search(r'data-challenge="([^"]+)"', shown.text)
    token = re.search(r'name="token" value="([^"]+)"', shown.text)
    assert found
    assert token
    assert f"tel:{FALLBACK_PHONE}" in shown.text.partition("<noscript>")[2]
    assert "script-src 'nonce-" in shown.headers["Content-Security-Policy"]
    challenge = json.loads(unescape(found[1]))
    form = guarded.visitor().fields(token=aged(token[1]))
    refused = visitor.post(PAGE, data=form)
    assert refused.status_code == 403
    assert "data-challenge" in refused.text, "the fresh form must have a puzzle of its own"
    form["proof"] = solve(challenge)
    assert visitor.post(PAGE, data=form).status_code == 303


def test_an_attack_seen_by_one_process_is_stored_for_the_others(
    tmp_path: Path, clock: HandClock
) -> None:
    """It is over when no process has seen it for a while."""
    with running_callme(tmp_path, clock=clock, sites=both_sites(proof_of_work=None)) as callme:
        elsewhere = AttackRepository(callme.store.database, clock)
        attack(callme)
        assert elsewhere.all() == {"acme": 2}
        clock.move(301)
        assert elsewhere.all() == {}


def test_an_attack_stored_by_another_process_requires_a_proof_here(
    tmp_path: Path, clock: HandClock
) -> None:
    with running_callme(tmp_path, clock=clock, sites=both_sites(proof_of_work=None)) as callme:
        AttackRepository(callme.store.database, clock).ring("acme", 3, timedelta(seconds=300))
        _, challenge = ticket(callme.visitor())
        assert challenge
        assert challenge["parameters"]["data"]["level"] == 3
        clock.move(301)
        wait_until(lambda: ticket(callme.visitor())[1] is None, 20, "no challenge any more")


def test_proof_of_work_always_requires_a_proof_without_an_attack(tmp_path: Path) -> None:
    sites = both_sites(proof_of_work="always")
    with running_callme(tmp_path, sites=sites) as callme:
        visitor = callme.visitor()
        assert visitor.submit().status_code == 403
        token, challenge = ticket(visitor)
        assert challenge
        assert visitor.submit(token=token, proof=solve(challenge)).status_code == 202


def test_every_refusal_is_counted_by_site_reason_and_hour(tmp_path: Path, clock: HandClock) -> None:
    """The counts hold no phone number. If the database cannot take them, they are kept for later."""
    with running_callme(tmp_path, clock=clock) as callme:
        refusals = callme.app.extensions["callme_refusals"]
        visitor = callme.visitor()
        visitor.submit(phone="12")
        visitor.submit(phone="12", receptionist="nobody")
        visitor.submit(token="x")
        visitor.submit(website="x")
        callme.visitor(origin="https://evil.example").get("/api/sites/acme/token")
        clock.move(3600)
        visitor.submit(phone="+881612345678")
        other = callme.visitor("other", "https://other.example")
        other.submit(phone="+19005550100", receptionist="all")
        visitor.get("/call/nobody")
        callme.store.execute("ALTER TABLE call_refusals RENAME TO elsewhere")
        refusals.write()
        callme.store.execute("ALTER TABLE elsewhere RENAME TO call_refusals")
        refusals.write()
        hour = clock().replace(minute=0, second=0, microsecond=0)
        found = RefusalRepository(callme.store.database).since(hour.replace(hour=hour.hour - 1))
    counted = {
        (refusal.site, refusal.reason, refusal.hour == hour): count
        for refusal, count in found.items()
    }
    assert counted == {
        ("acme", "phone_too_short", False): 2,
        ("acme", "receptionist_unknown", False): 1,
        ("acme", "token_forged", False): 1,
        ("acme", "honeypot", False): 1,
        ("acme", "origin_not_allowed", False): 1,
        ("acme", "phone_of_no_country", True): 1,
        ("other", "phone_kind_premium_rate", True): 1,
        ("", "site_unknown", True): 1,
    }


def test_refusal_counts_are_stored_within_seconds(callme: Callme) -> None:
    visitor = callme.visitor()
    for _ in range(7):
        visitor.submit(token="x")
    repository = RefusalRepository(callme.store.database)
    long_ago = utc_now().replace(year=2020)
    wait_until(lambda: sum(repository.since(long_ago).values()) == 7, 10, "seven refusals")


def test_one_address_cannot_trigger_an_attack_or_block_others(guarded: Callme) -> None:
    """A visitor above the limit is turned away before anything else is done or counted."""
    nuisance = guarded.visitor()
    for _ in range(REFUSALS * 4):
        nuisance.post("/api/sites/acme/calls", data={"x": "1"})
    visitor = guarded.visitor()
    token, challenge = ticket(visitor)
    assert challenge is None
    assert visitor.submit(token=token).status_code == 202


def test_under_attack_other_forms_get_503_while_one_is_being_stored(
    guarded: Callme,
) -> None:
    """They are turned away at once, with the owner's number. Each one that got in is served and makes
    room for the next."""
    attack(guarded)
    visitor = guarded.visitor()
    token, challenge = ticket(visitor)
    assert challenge
    form = visitor.fields(token=token, proof=solve(challenge))
    others = [guarded.visitor() for _ in range(WAITING + 4)]
    with ThreadPoolExecutor(len(others) + 1) as pool:
        with guarded.store.database.write():  # holds up the first form when it is to be stored
            first = pool.submit(visitor.post, "/api/sites/acme/calls", data=form)
            with pytest.raises(TimeoutError):
                first.result(0.5)
            answers = list(pool.map(lambda other: other.submit(token="x"), others))
        assert first.result(10).status_code == 202
    assert [answer.status_code for answer in answers] == [503] * len(others)
    assert answers[0].get_json()["fallback_phone"] == FALLBACK_PHONE
    assert guarded.visitor().submit(token="x").status_code == 403, "there is room again"
    guarded.app.extensions["callme_refusals"].write()
    counts = RefusalRepository(guarded.store.database).since(utc_now().replace(year=2020))
    assert sum(count for refusal, count in counts.items() if refusal.reason == "crowded") == len(
        others
    )
