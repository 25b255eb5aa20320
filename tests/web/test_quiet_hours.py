"""At night at the phone's place a site with quiet hours asks once more before it rings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.callme import SECRET_KEY, Callme, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import both_sites
from webapp.domain.site.quiet import Quiet
from webapp.domain.site.reading import parse_sites
from webapp.domain.suppression import Fingerprint
from webapp.domain.zones import zone_of
from webapp.errors import ConfigurationError
from webapp.store.consents import EvidenceRepository

DENVER = "+1 303 555 0100"
NIGHT_IN_DENVER = datetime(2026, 12, 2, 6, 10, tzinfo=UTC)
DAY_IN_DENVER = datetime(2026, 12, 2, 17, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NIGHT_IN_DENVER)


@pytest.fixture
def quiet(tmp_path: Path, clock: HandClock) -> Iterator[Callme]:
    with running_callme(tmp_path, sites=both_sites(quiet={}), clock=clock) as running:
        yield running


def errors_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422, answer.text
    return dict(answer.get_json()["errors"])


def test_at_night_the_visitor_is_asked_once_more(quiet: Callme) -> None:
    """The answer is on record with the consent."""
    visitor = quiet.visitor()
    fields = visitor.fields(phone=DENVER)
    asked = visitor.post("/api/sites/acme/calls", data=fields)
    assert errors_of(asked) == {"night": ["It is 11:10\u202fPM in Denver", "Ring this number now?"]}
    assert quiet.store.all_calls() == []
    call_id = visitor.ask_for_call(phone=DENVER, night="yes")
    evidence = EvidenceRepository(quiet.store.database, Fingerprint(SECRET_KEY))
    assert [found.agreement.night for found in evidence.find(call_id)] == [True]


@pytest.mark.parametrize("night", ["", "yes"])
def test_by_day_nobody_is_asked(quiet: Callme, clock: HandClock, night: str) -> None:
    """And nothing is on record, whatever the form says."""
    clock.now = DAY_IN_DENVER
    call_id = quiet.visitor().ask_for_call(phone=DENVER, night=night)
    evidence = EvidenceRepository(quiet.store.database, Fingerprint(SECRET_KEY))
    assert [found.agreement.night for found in evidence.find(call_id)] == [None]


def test_night_by_the_browsers_own_clock_counts_too(quiet: Callme, clock: HandClock) -> None:
    """A phone may be far from the place of its number."""
    clock.now = DAY_IN_DENVER
    answer = quiet.visitor().submit(phone=DENVER, timezone="Asia/Tokyo")
    assert errors_of(answer)["night"][0] == "It is 2:00\u202fAM in Tokyo"


def test_the_question_is_asked_in_the_visitors_language(quiet: Callme) -> None:
    answer = quiet.visitor().submit(phone=DENVER, locale="de")
    assert errors_of(answer)["night"] == ["In Denver ist es 23:10", "Diese Nummer jetzt anrufen?"]


def test_a_site_without_quiet_hours_never_asks(tmp_path: Path, clock: HandClock) -> None:
    with running_callme(tmp_path, clock=clock) as callme:
        callme.visitor().ask_for_call(phone=DENVER, timezone="Asia/Tokyo")


def test_the_hosted_page_asks_and_a_second_button_rings(quiet: Callme) -> None:
    visitor = quiet.visitor()
    fields = visitor.fields(phone=DENVER)
    visitor.origin = "https://callme.example"
    page = visitor.post("/call/acme", data=fields)
    assert page.status_code == 422
    assert "It is 11:10\u202fPM in Denver" in page.text
    assert 'type="submit" name="night" value="yes">Ring now</button>' in page.text
    fields["night"] = "yes"
    again = visitor.post("/call/acme", data=fields)
    assert again.status_code == 303
    assert len(quiet.store.all_calls()) == 1


@pytest.mark.parametrize(
    ("table", "now", "held"),
    [
        ({}, "19:59", False),
        ({}, "20:00", True),
        ({}, "00:00", True),
        ({}, "07:59", True),
        ({}, "08:00", False),
        ({"from": "12:00", "until": "14:00"}, "13:59", True),
        ({"from": "12:00", "until": "14:00"}, "14:00", False),
    ],
)
def test_quiet_hours_begin_and_end_on_the_minute(
    table: dict[str, str], now: str, held: bool
) -> None:
    at = datetime.fromisoformat(f"2026-12-02T{now}:59+00:00")
    assert Quiet.model_validate(table).holds(at, zone_of("UTC")) is held


@pytest.mark.parametrize(
    "table",
    [
        {"from": "8 pm"},
        {"until": "24:00"},
        {"from": "2٠:00"},
        {"from": "08:00", "until": "08:00"},
    ],
)
def test_quiet_hours_that_make_no_sense_are_refused_by_name(table: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"acme\.quiet"):
        parse_sites(both_sites(quiet=table), "sites.toml")


def test_quiet_hours_are_exported_as_they_are_written() -> None:
    site = parse_sites(both_sites(quiet={"from": "21:00"}), "sites.toml")["acme"]
    assert site.model_dump(mode="json", exclude_unset=True)["quiet"] == {"from": "21:00"}
