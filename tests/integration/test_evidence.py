"""A visitor's consent is on record as the form showed it, and `callme calls evidence` prints it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.helpers.callme import Callme, Store, running_callme
from tests.helpers.calls import a_call
from tests.helpers.processes import CALLME, environment, run
from tests.helpers.sites import CONSENT, OTHER_ORIGIN, both_sites
from tests.helpers.traces import traces_in_text
from tests.helpers.waiting import wait_until
from webapp.cli import main
from webapp.domain.clock import utc_now
from webapp.domain.consent import Consent
from webapp.domain.site.reading import parse_sites
from webapp.store.sites import SiteRepository

SENTENCE = CONSENT
NEW_SENTENCE = "You agree to “one” call – ça va?"
WITH_BOX = both_sites(consent_checkbox=True)


@pytest.fixture
def callme(tmp_path: Path) -> Iterator[Callme]:
    """Callme without a dispatcher, so that calls stay queued."""
    with running_callme(tmp_path) as running:
        yield running


def ask(store: Store, id_or_number: str) -> Result:
    return CliRunner(env=environment(store)).invoke(main, ["calls", "evidence", id_or_number])


def on_record(store: Store, id_or_number: str) -> Any:
    result = ask(store, id_or_number)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.process
def test_all_that_is_on_record_of_a_call_is_printed_as_json(tmp_path: Path, callme: Callme) -> None:
    """In UTF-8 on any terminal, so that a lawyer or a program can use it as it is."""
    asked_at = utc_now()
    visitor = callme.visitor()
    visitor.address = "198.51.100.77"
    call_id = visitor.ask_for_call(
        phone="(202) 555-0143", page_url="https://www.acme.example/ä?x=1", locale="en-GB"
    )
    settings = environment(callme.store) | {"PYTHONIOENCODING": "ascii"}
    ended = run(tmp_path, settings, "calls", "evidence", call_id, command=CALLME)
    assert (ended.returncode, ended.stderr) == (0, "")
    record = json.loads(ended.stdout)
    assert asked_at <= datetime.fromisoformat(record.pop("at")) <= utc_now()
    assert record == {
        "call": call_id,
        "site": "acme",
        "consent": {
            "sentence": SENTENCE,
            "version": Consent(SENTENCE, "en").version,
            "locale": "en",
            "box_ticked": None,
            "wanted_at_night": None,
        },
        "page_url": "https://www.acme.example/ä",
        "visitor_network": "198.51.100.0/24",
        "number_ends_in": "43",
        "status": "queued",
        "phone": "+12025550143",
    }
    assert '/ä"' in ended.stdout
    assert ended.stdout.startswith('{\n  "call"')


def test_the_sentence_on_record_is_the_one_that_the_form_showed(callme: Callme) -> None:
    """Even if the owner changed it while the visitor was typing."""
    visitor = callme.visitor()
    shown_before = visitor.token()
    changed = parse_sites(both_sites(consent=NEW_SENTENCE), "a file")
    SiteRepository(callme.store.database, utc_now).apply(changed, prune=False)

    def reached_the_server() -> bool:
        shown = callme.visitor().get("/api/sites/acme/token").get_json()
        return bool(shown["consent"] == NEW_SENTENCE)

    wait_until(reached_the_server, 20, "the new sentence to be shown")
    before = visitor.ask_for_call(token=shown_before)
    after = visitor.ask_for_call()
    consents = [on_record(callme.store, call_id)["consent"] for call_id in (before, after)]
    assert [consent["sentence"] for consent in consents] == [SENTENCE, NEW_SENTENCE]
    assert consents[0]["version"] != consents[1]["version"]


def test_a_ticked_box_is_on_record(tmp_path: Path) -> None:
    with running_callme(tmp_path, sites=WITH_BOX) as callme:
        call_id = callme.visitor().ask_for_call()
        assert on_record(callme.store, call_id)["consent"]["box_ticked"] is True


def test_a_site_that_asks_for_nothing_has_no_sentence_on_record(callme: Callme) -> None:
    visitor = callme.visitor("other", origin=OTHER_ORIGIN)
    call_id = visitor.ask_for_call(phone="020 7946 0018", receptionist="all", consent=[])
    consent = on_record(callme.store, call_id)["consent"]
    assert consent == {
        "sentence": "",
        "version": "",
        "locale": "en",
        "box_ticked": None,
        "wanted_at_night": None,
    }


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.77", "198.51.100.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:198.51.100.77", "198.51.100.0/24"),
    ],
    ids=["IPv4", "IPv6", "IPv4 written as IPv6"],
)
def test_of_the_visitors_address_only_the_network_is_kept(
    callme: Callme, address: str, network: str
) -> None:
    visitor = callme.visitor()
    visitor.address = address
    call_id = visitor.ask_for_call()
    assert on_record(callme.store, call_id)["visitor_network"] == network


def test_evidence_for_a_number_lists_all_its_calls_oldest_first(callme: Callme) -> None:
    visitor = callme.visitor()
    theirs = [
        visitor.ask_for_call(phone=spelling) for spelling in ("202 555 0143", "+1 202 555 0143")
    ]
    visitor.ask_for_call(phone="202 555 0178")
    found = on_record(callme.store, "+1 (202) 555-0143")
    assert [record["call"] for record in found] == theirs
    assert on_record(callme.store, "+12025550199") == []


def test_evidence_outlives_its_call_and_is_found_by_id_and_by_number(callme: Callme) -> None:
    store = callme.store
    long_ago = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    call = store.add(a_call("+12025550143", at=long_ago))
    store.execute("DELETE FROM calls")
    record = on_record(store, call.id)
    assert (record["status"], record["phone"]) == (None, None)
    assert (record["at"], record["number_ends_in"]) == ("2026-01-02T03:04:05+00:00", "43")
    assert on_record(store, "+12025550143") == [record]
    assert traces_in_text(json.dumps(record), "2025550143") == []


@pytest.mark.parametrize("call_id", ["-NCCbDmhjSgvGj1HUqA5rg", "--CbDmhjSgvGj1HUqA5rgA"])
def test_an_id_may_begin_with_a_hyphen(callme: Callme, call_id: str) -> None:
    """One in 64 does, and must not be taken for an option."""
    call = callme.store.add(a_call(at=utc_now() - timedelta(days=1)))
    callme.store.execute(
        "UPDATE call_evidence SET call_id = :new WHERE call_id = :old", new=call_id, old=call.id
    )
    assert on_record(callme.store, call_id)["call"] == call_id


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("AAAAAAAAAAAAAAAAAAAAAA", "nothing is on record of a call with that id"),
        ("+1202555", "that is no full international number; write it like +12025550100"),
    ],
    ids=["an unknown id", "half a number"],
)
def test_evidence_that_does_not_exist_is_reported_in_one_line(
    callme: Callme, asked: str, fault: str
) -> None:
    result = ask(callme.store, asked)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"callme: {fault}\n")
