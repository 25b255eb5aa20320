"""The hosted page offers times, and the page of a planned call changes it, without any script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme, Visitor, aged, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import both_sites
from tests.helpers.waiting import wait_until
from tests.web.test_pages import PAGE, Page
from webapp.domain.calls import CallStatus

NOON = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
NIGHT = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)
WEDNESDAY, THURSDAY = "2026-12-02T15:15:00Z", "2026-12-03T15:15:00Z"


def sites(**changes: Any) -> str:
    hours = {"week": {"mon-fri": ["09:00-17:00"]}}
    given = {"timezone": "America/New_York", "hours": hours, "later": {}, **changes}
    return both_sites(**given)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
def callme(tmp_path: Path, clock: HandClock) -> Iterator[Callme]:
    with running_callme(tmp_path, sites=sites(), clock=clock) as running:
        yield running


@pytest.fixture
def visitor(callme: Callme) -> Visitor:
    return callme.visitor(origin=None)


def shown(answer: TestResponse, status: int = 200) -> Page:
    assert answer.status_code == status, answer.text
    return Page(answer)


def offered(page: Page) -> list[str]:
    return [option["value"] for option in page.all("option")]


def send(visitor: Visitor, page: Page, clock: HandClock, **typed: str) -> TestResponse:
    fields = {
        field["name"]: field.get("value", "")
        for field in page.all("input")
        if field.get("type") != "radio"
    }
    fields |= {"token": aged(fields["token"]), "receptionist": "sales", **typed}
    return visitor.post(PAGE, data=fields)


def planned(visitor: Visitor, clock: HandClock, **typed: str) -> str:
    """The address of the page of a planned call."""
    form = shown(visitor.get(PAGE))
    fields = {"phone": "(202) 555-0100", "when": WEDNESDAY, **typed}
    answer = send(visitor, form, clock, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_the_page_offers_now_and_each_time_by_the_owners_clock(visitor: Visitor) -> None:
    answer = visitor.get(PAGE)
    page = shown(answer)
    assert offered(page)[:2] == ["", "2026-12-01T17:15:00Z"]
    groups = [group["label"] for group in page.all("optgroup")]
    assert groups[:2] == ["Tuesday (New York)", "Wednesday (New York)"]
    assert ">12:15\u202fPM</option>" in answer.text
    assert not page.all("script")


def test_while_closed_the_times_come_without_now(visitor: Visitor, clock: HandClock) -> None:
    clock.now = NIGHT
    page = shown(visitor.get(PAGE))
    assert page.texts["h1"] == "We are closed right now"
    assert offered(page)[0] == "2026-12-02T14:00:00Z"
    answer = send(visitor, page, clock, phone="(202) 555-0100", when=WEDNESDAY)
    assert answer.status_code == 303


def test_a_time_that_is_gone_is_told_at_its_field(
    callme: Callme, visitor: Visitor, clock: HandClock
) -> None:
    for last in (1, 2):
        planned(callme.visitor(origin=None), clock, phone=f"(202) 555-010{last}")
    form = shown(visitor.get(PAGE))
    answer = send(visitor, form, clock, phone="(202) 555-0100", when=WEDNESDAY)
    page = shown(answer, 422)
    assert page.by_id("when")["aria-describedby"] == "when-error"
    assert "This time has just been taken. Please choose another one." in answer.text
    assert page.by_id("phone")["value"] == "(202) 555-0100"
    assert WEDNESDAY not in offered(page)


def test_the_page_of_a_planned_call_says_when_and_can_change_it(
    callme: Callme, visitor: Visitor, clock: HandClock
) -> None:
    address = planned(visitor, clock)
    page = shown(visitor.get(address))
    assert page.texts["h1"] == "We will call you Wednesday, 10:15\u202fAM (New York)"
    moving, giving_up = page.all("form")
    key = {field["name"]: field["value"] for field in page.all("input")}["key"]
    (selected,) = [option["value"] for option in page.all("option") if "selected" in option]
    assert selected == WEDNESDAY, "a press alone changes nothing"
    assert THURSDAY in offered(page)
    moved = visitor.post(moving["action"], data={"key": key, "when": THURSDAY})
    assert (moved.status_code, moved.headers["Location"]) == (303, address)
    page = shown(visitor.get(address))
    assert page.texts["h1"] == "We will call you Thursday, 10:15\u202fAM (New York)"
    gone = visitor.post(giving_up["action"], data={"key": key, "cancel": "yes"})
    assert gone.status_code == 303
    page = shown(visitor.get(address))
    assert page.texts["h1"] == "Your call was cancelled"
    assert not page.all("form")
    (call,) = callme.store.all_calls()
    assert call.status is CallStatus.CANCELLED


def test_who_has_no_key_may_look_and_change_nothing(
    callme: Callme, visitor: Visitor, clock: HandClock
) -> None:
    address = planned(visitor, clock).partition("?")[0]
    page = shown(visitor.get(address))
    assert page.texts["h1"].startswith("We will call you Wednesday")
    assert not page.all("form")
    answer = visitor.post(address, data={"key": "x" * 22, "cancel": "yes"})
    assert answer.status_code == 403
    assert callme.store.statuses() == [CallStatus.SCHEDULED]


def test_a_full_time_leaves_the_planned_call_where_it_was(
    callme: Callme, visitor: Visitor, clock: HandClock
) -> None:
    for last in (1, 2):
        planned(callme.visitor(origin=None), clock, phone=f"(202) 555-010{last}", when=THURSDAY)
    address = planned(visitor, clock)
    key = address.partition("key=")[2]
    answer = visitor.post(address.partition("?")[0], data={"key": key, "when": THURSDAY})
    page = shown(answer, 422)
    assert page.texts["h1"].startswith("We will call you Wednesday")
    assert "This time has just been taken." in answer.text
    assert len(page.all("form")) == 2, "another time can be chosen at once"


def test_the_page_of_a_planned_call_is_loaded_anew_only_now_and_then(
    visitor: Visitor, clock: HandClock
) -> None:
    page = shown(visitor.get(planned(visitor, clock)))
    (refresh,) = [meta for meta in page.all("meta") if meta.get("http-equiv") == "refresh"]
    assert refresh["content"] == "300"


def test_a_planned_call_can_be_taken_into_a_calendar(visitor: Visitor, clock: HandClock) -> None:
    address = planned(visitor, clock)
    (link,) = [
        link["href"] for link in shown(visitor.get(address)).all("a") if ".ics" in link["href"]
    ]
    answer = visitor.get(link)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = answer.get_data().split(b"\r\n")
    assert max(map(len, lines)) <= 75
    entry = dict(
        line.split(":", 1) for line in answer.text.replace("\r\n ", "").split("\r\n") if ":" in line
    )
    assert (entry["DTSTART"], entry["DTEND"]) == ("20261202T151500Z", "20261202T153000Z")
    assert entry["SUMMARY"] == "Acme Corp calls you"
    assert entry["URL"] == f"https://callme.example{address}"
    assert re.match(r"We will ring \+1\*+00\.\\nhttps://", entry["DESCRIPTION"])
    assert "202" not in entry["DESCRIPTION"].partition("\\n")[0], "the number is masked"


def test_a_call_that_is_not_planned_has_no_calendar_entry(callme: Callme, visitor: Visitor) -> None:
    call_id = callme.visitor().ask_for_call()
    assert visitor.get(f"{PAGE}/{call_id}.ics").status_code == 404


def test_the_page_of_a_call_outlives_its_site(
    callme: Callme, visitor: Visitor, clock: HandClock
) -> None:
    address = planned(visitor, clock)
    callme.store.execute("UPDATE calls SET status = 'cancelled', reason = 'site_changed'")
    callme.store.execute("DELETE FROM sites WHERE key = 'acme'")
    wait_until(lambda: visitor.get(PAGE).status_code == 404, 5, "the site is gone")
    page = shown(visitor.get(address))
    assert page.texts["h1"] == "Your call was cancelled"
    assert visitor.get(f"{PAGE}/{'x' * 22}").status_code == 404


def test_another_time_in_a_page_from_the_browsers_cache_is_a_wish_of_its_own(
    callme: Callme, visitor: Visitor, clock: HandClock
) -> None:
    form = shown(visitor.get(PAGE))
    first = send(visitor, form, clock, phone="(202) 555-0100", when=WEDNESDAY)
    again = send(visitor, form, clock, phone="(202) 555-0100", when=WEDNESDAY)
    assert first.headers["Location"] == again.headers["Location"]
    other = send(visitor, form, clock, phone="(202) 555-0100", when=THURSDAY)
    assert other.status_code == 403, "and is not dropped without a word"
