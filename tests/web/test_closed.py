"""Outside of a site's hours no call is accepted, and everybody is told when it is open again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.callme import Callme, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import FALLBACK_PHONE, both_sites

TUESDAY_NOON = datetime(2026, 12, 1, 17, tzinfo=UTC)  # in New York
TUESDAY_NIGHT = datetime(2026, 12, 2, 3, tzinfo=UTC)
OFFICE = {"week": {"mon-fri": ["09:00-17:00"]}}
IN_NEW_YORK = (
    "Closed since: Tuesday, 5:00\u202fPM (New York)."
    " Open again: Wednesday, 9:00\u202fAM (New York)."
)
ALL_DAY = {"week": {"mon-sun": ["00:00-24:00"]}}


def hours(**changes: Any) -> str:
    return both_sites(timezone="America/New_York", **changes)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(TUESDAY_NIGHT)


@pytest.fixture
def closed(tmp_path: Path, clock: HandClock) -> Iterator[Callme]:
    with running_callme(tmp_path, sites=hours(hours=OFFICE), clock=clock) as running:
        yield running


def token_answer(callme: Callme, **parameters: str) -> dict[str, Any]:
    answer = callme.visitor().get("/api/sites/acme/token", query_string=parameters)
    assert answer.status_code == 200
    return dict(answer.get_json())


def test_the_token_tells_that_it_is_closed_and_until_when(closed: Callme) -> None:
    answer = token_answer(closed)
    assert answer["open"] is False
    assert (
        answer["moment"]["sales"]
        == answer["moment"]["help"]
        == {
            "open": False,
            "since": "2026-12-01T22:00:00+00:00",
            "until": "2026-12-02T14:00:00+00:00",
            "later": False,
        }
    )


def test_times_are_told_by_the_visitors_clock_and_the_owners(closed: Callme) -> None:
    answer = token_answer(closed, timezone="Europe/Berlin", locale="de")
    assert answer["closed"] == (
        "Geschlossen seit: Dienstag, 23:00 (17:00, New York)."
        " Wieder geöffnet: Mittwoch, 15:00 (09:00, New York)."
    )


def test_a_visitor_in_the_owners_zone_is_told_no_place(closed: Callme) -> None:
    message = token_answer(closed, timezone="America/Toronto")["closed"]
    assert message == IN_NEW_YORK.replace(" (New York)", "")


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../../etc/passwd", "x" * 5000])
def test_a_zone_that_does_not_exist_leaves_the_owners_clock(closed: Callme, zone: str) -> None:
    message = token_answer(closed, timezone=zone)["closed"]
    assert message == IN_NEW_YORK


def test_no_call_is_accepted_while_closed(closed: Callme, clock: HandClock) -> None:
    """Though the form was shown while it was open. An hour later it still offers the phone."""
    visitor = closed.visitor()
    answer = visitor.submit()
    assert answer.status_code == 422
    problem = answer.get_json()
    assert list(problem["errors"]) == ["when"]
    assert problem["fallback_phone"] == FALLBACK_PHONE
    assert closed.store.all_calls() == []


def test_a_call_is_accepted_while_open(closed: Callme, clock: HandClock) -> None:
    clock.now = TUESDAY_NOON
    assert token_answer(closed)["open"] is True
    closed.visitor().ask_for_call()
    assert len(closed.store.all_calls()) == 1


def test_a_request_that_was_accepted_is_answered_again_after_hours(
    closed: Callme, clock: HandClock
) -> None:
    clock.now = datetime(2026, 12, 1, 21, 50, tzinfo=UTC)
    visitor = closed.visitor()
    fields = visitor.fields()
    first = visitor.post("/api/sites/acme/calls", data=fields)
    clock.now = datetime(2026, 12, 1, 22, 0, 1, tzinfo=UTC)
    again = visitor.post("/api/sites/acme/calls", data=fields)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.get_json()["id"] == again.get_json()["id"]


def test_a_receptionist_may_have_hours_of_its_own(tmp_path: Path, clock: HandClock) -> None:
    receptionists = [
        {"key": "sales", "label": "Sales", "menu_id": "55443322"},
        {"key": "help", "label": "Help desk", "menu_id": "66554433", "hours": ALL_DAY},
    ]
    sites = hours(hours=OFFICE, receptionists=receptionists)
    with running_callme(tmp_path, sites=sites, clock=clock) as callme:
        answer = token_answer(callme)
        assert answer["open"] is True
        assert (answer["moment"]["sales"]["open"], answer["moment"]["help"]["open"]) == (
            False,
            True,
        )
        assert callme.visitor().submit(receptionist="sales").status_code == 422
        assert callme.visitor().submit(receptionist="help").status_code == 202


def test_where_all_are_closed_the_first_to_open_is_told(tmp_path: Path, clock: HandClock) -> None:
    early = {"week": {"mon-fri": ["07:00-08:00"]}}
    receptionists = [
        {"key": "sales", "label": "Sales", "menu_id": "55443322"},
        {"key": "help", "label": "Help desk", "menu_id": "66554433", "hours": early},
    ]
    sites = hours(hours=OFFICE, receptionists=receptionists)
    with running_callme(tmp_path, sites=sites, clock=clock) as callme:
        assert "Open again: Wednesday, 7:00\u202fAM" in token_answer(callme)["closed"]


def test_the_hosted_page_shows_the_number_instead_of_the_form(closed: Callme) -> None:
    page = closed.visitor(origin=None).get("/call/acme").text
    assert "We are closed right now" in page
    assert "Wednesday, 9:00" in page
    assert f'href="tel:{FALLBACK_PHONE}"' in page
    assert 'name="phone"' not in page


# A button that hides


def open_ms_in(launcher: str) -> list[int]:
    found = re.search(r"open_ms:\[([\d,]*)\]", launcher)
    return [int(ms) for ms in found[1].split(",")] if found else []


def test_the_launcher_of_a_site_that_hides_carries_its_next_hours(
    tmp_path: Path, clock: HandClock
) -> None:
    """Until the span that lasts has passed it is the same file, then another one."""
    clock.now = TUESDAY_NOON
    sites = hours(hours=OFFICE | {"when_closed": "hide"})
    with running_callme(tmp_path, sites=sites, clock=clock) as callme:
        visitor = callme.visitor()
        first = visitor.get("/w/acme.js")
        opens = datetime(2026, 12, 1, 14, tzinfo=UTC)
        closes = datetime(2026, 12, 1, 22, tzinfo=UTC)
        carried = open_ms_in(first.text)
        assert carried[:2] == [int(at.timestamp() * 1000) for at in (opens, closes)]
        assert len(carried) == 2 * 6, "from Tuesday to Tuesday, without the weekend"
        clock.now = closes - timedelta(seconds=1)
        assert visitor.get("/w/acme.js").text == first.text
        clock.now = closes
        assert open_ms_in(visitor.get("/w/acme.js").text)[0] > int(closes.timestamp() * 1000)


def test_a_launcher_carries_no_hours_unless_its_button_hides(closed: Callme) -> None:
    assert "open_ms" not in closed.visitor().get("/w/acme.js").text
