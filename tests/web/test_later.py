"""A call at a time that the visitor chooses: what is offered, accepted, moved and given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.callme import SECRET_KEY, Callme, Visitor, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import FALLBACK_PHONE, both_sites
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus
from webapp.domain.limits import HOUR
from webapp.domain.suppression import Fingerprint
from webapp.store.consents import EvidenceRepository

OFFICE = {"week": {"mon-fri": ["09:00-12:30", "13:30-17:00"]}}
TUESDAY_NOON = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
"""By the clock of New York, where it is UTC−5."""
TUESDAY_NIGHT = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
FIRST, LAST = "2026-12-01T17:15:00Z", "2026-12-14T21:45:00Z"
WEDNESDAY = "2026-12-02T15:15:00Z"


def sites(**changes: Any) -> str:
    given = {"timezone": "America/New_York", "hours": OFFICE, "later": {}, **changes}
    return both_sites(**given)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(TUESDAY_NOON)


@pytest.fixture
def callme(tmp_path: Path, clock: HandClock, vendor: StandIn) -> Iterator[Callme]:
    """With a dispatcher whose time is the clock's."""
    with running_callme(
        tmp_path, sites=sites(), clock=clock, vendor_url=vendor.url, dispatcher=True
    ) as running:
        yield running


def offered(visitor: Visitor, **fields: str) -> dict[str, Any]:
    answer = visitor.post("/api/sites/acme/slots", data={"receptionist": "sales", **fields})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def instants(answer: dict[str, Any]) -> list[str]:
    return [slot["at"] for day in answer["days"] for slot in day["slots"]]


def plan(visitor: Visitor, when: str = WEDNESDAY, **changes: str) -> dict[str, Any]:
    answer = visitor.submit(when=when, **changes)
    assert answer.status_code == 202, answer.text
    return dict(answer.get_json())


def change(visitor: Visitor, call: dict[str, Any], what: str, **fields: str) -> dict[str, Any]:
    answer = visitor.post(f"/api/calls/{call['id']}/{what}", data={"key": call["key"], **fields})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def status_of(visitor: Visitor, call: dict[str, Any]) -> dict[str, Any]:
    return dict(visitor.post(f"/api/calls/{call['id']}").get_json())


# What is offered


def test_slots_are_wholly_open_after_the_notice_and_up_to_the_horizon(callme: Callme) -> None:
    answer = offered(callme.visitor())
    at = instants(answer)
    assert (at[0], at[-1]) == (FIRST, LAST)
    assert "2026-12-01T17:30:00Z" not in at, "12:30 to 12:45 is in the break"
    assert [day["date"] for day in answer["days"]][:3] == ["2026-12-01", "2026-12-02", "2026-12-03"]
    assert answer["reason"] is None
    assert answer["timezone"] == "America/New_York"


def test_wall_times_are_the_visitors_and_the_owners(callme: Callme) -> None:
    answer = offered(callme.visitor(), timezone="America/Denver")
    first = answer["days"][0]["slots"][0]
    assert first == {"at": FIRST, "local": "2026-12-01T10:15", "owner_local": "2026-12-01T12:15"}
    assert (answer["timezone"], answer["place"]) == ("America/Denver", "New York")
    here = offered(callme.visitor(), timezone="America/Toronto")
    assert here["place"] == "", "clocks there show the same time"


def test_a_typed_number_keeps_the_night_at_its_place_free(callme: Callme) -> None:
    """San Francisco: until 8:00 it is night there, which is 11:00 in New York."""
    at = instants(offered(callme.visitor(), phone="(415) 555-0132"))
    wednesday = [instant for instant in at if instant.startswith("2026-12-02")]
    assert wednesday[0] == "2026-12-02T16:00:00Z"


def test_the_browsers_zone_must_not_be_at_night_either(callme: Callme) -> None:
    at = instants(offered(callme.visitor(), phone="(202) 555-0100", timezone="Europe/Berlin"))
    wednesday = [instant for instant in at if instant.startswith("2026-12-02")]
    assert wednesday[-1] == "2026-12-02T18:45:00Z", "at 20:00 it is night in Berlin"


def test_where_no_hour_suits_both_the_reason_says_so(callme: Callme) -> None:
    answer = offered(callme.visitor(), timezone="Asia/Tokyo")
    assert answer["days"] == []
    assert answer["reason"] == (
        "We are not open at an hour that suits your phone's place. Please call us."
    )


def test_a_site_whose_times_are_taken_says_until_when(tmp_path: Path, clock: HandClock) -> None:
    later = {"days": 2, "per_slot": 1, "slot_minutes": 120, "same_day_until": "12:00"}
    with running_callme(tmp_path, sites=sites(later=later), clock=clock) as callme:
        times = instants(offered(callme.visitor()))
        for last, at in enumerate(times):
            plan(callme.visitor(), at, phone=f"(202) 555-01{last:02}")
        answer = offered(callme.visitor())
        assert (times, answer["days"]) == (
            [WEDNESDAY.replace("15:15", "14:00"), WEDNESDAY.replace("15:15", "18:30")],
            [],
        )
        assert answer["reason"] == "Fully booked until Wednesday."


def test_from_the_same_day_limit_on_today_has_no_slots(tmp_path: Path, clock: HandClock) -> None:
    later = {"same_day_until": "12:00"}
    with running_callme(tmp_path, sites=sites(later=later), clock=clock) as callme:
        assert offered(callme.visitor())["days"][0]["date"] == "2026-12-02"
        clock.now = TUESDAY_NOON - timedelta(minutes=1)
        assert offered(callme.visitor())["days"][0]["date"] == "2026-12-01"


def test_a_site_without_later_offers_no_times(tmp_path: Path, clock: HandClock) -> None:
    with running_callme(tmp_path, sites=sites(later=None), clock=clock) as callme:
        answer = offered(callme.visitor())
        assert answer["days"] == []
        assert answer["reason"] == ("There are no times to choose from just now. Please call us.")
        refused = callme.visitor().submit(when=WEDNESDAY)
        assert refused.status_code == 422


def test_the_token_says_whether_times_can_be_chosen(callme: Callme, clock: HandClock) -> None:
    for now, is_open in ((TUESDAY_NOON, True), (TUESDAY_NIGHT, False)):
        clock.now = now
        answer = callme.visitor().get("/api/sites/acme/token").get_json()
        assert answer["moment"]["sales"]["later"] is True
        assert (answer["open"], answer["later"]) == (is_open, "Choose a time")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"receptionist": "nobody"}, "receptionist"),
        ({"receptionist": "sales", "timezone": "Mars/Base"}, "timezone"),
        ({"receptionist": "sales", "phone": "123"}, "phone"),
    ],
)
def test_a_field_of_the_slots_that_is_wrong_is_named(
    callme: Callme, fields: dict[str, str], field: str
) -> None:
    answer = callme.visitor().post("/api/sites/acme/slots", data=fields)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


# What is accepted


def test_a_planned_call_is_accepted_and_rings_when_it_is_due(
    callme: Callme, clock: HandClock, vendor: StandIn
) -> None:
    visitor = callme.visitor()
    call = plan(visitor, timezone="America/Denver")
    assert (call["status"], call["due_at"]) == ("scheduled", WEDNESDAY)
    shown = status_of(visitor, call)
    assert shown["title"] == ("We will call you Wednesday, 8:15\u202fAM (10:15\u202fAM, New York)")
    assert shown["message"] == "We will ring +1********00."
    assert (shown["phone"], shown["due_at"]) == ("+1********00", WEDNESDAY)
    assert (shown["final"], shown["poll_after_ms"]) == (False, 300_000)
    clock.now = datetime.fromisoformat(WEDNESDAY) - timedelta(seconds=1)
    assert vendor.received == []
    clock.move(1)
    wait_until(lambda: callme.store.status(call["id"]).final, 20, "the planned call's end")
    assert callme.store.status(call["id"]) is CallStatus.CONNECTED
    assert len(vendor.received) == 1
    callme.store.check_events()


def test_a_planned_call_takes_its_receptionists_way_when_it_is_due(
    callme: Callme, clock: HandClock, vendor: StandIn
) -> None:
    call = plan(callme.visitor())
    receptionists = [{"key": "sales", "label": "Sales", "menu_id": "99887766"}]
    callme.store.set_up(sites(receptionists=receptionists))
    clock.now = datetime.fromisoformat(WEDNESDAY)
    wait_until(lambda: callme.store.status(call["id"]).final, 20, "the planned call's end")
    assert callme.store.call(call["id"]).menu_id == "99887766"


@pytest.mark.parametrize(
    "when",
    [
        "tomorrow",
        "2026-12-02T15:15:00",  # of no zone
        "2026-12-01T16:00:00Z",  # past
        "2026-12-02T15:20:00Z",  # between two slots
        "2026-12-02T17:30:00Z",  # in the break
        "2026-12-15T15:15:00Z",  # behind the horizon
        "0001-01-01T00:00:00+14:00",
        "9" * 40,
    ],
)
def test_a_time_that_is_not_offered_is_refused_with_the_nearest_free_ones(
    callme: Callme, when: str
) -> None:
    answer = callme.visitor().submit(when=when)
    problem = answer.get_json()
    assert answer.status_code == 422
    assert problem["errors"] == {"when": ["This time is not on offer. Please choose another one."]}
    assert len(problem["choices"]) == len(problem["choices_written"]) == 6
    assert set(problem["choices"]) <= set(instants(offered(callme.visitor())))
    assert problem["fallback_phone"] == FALLBACK_PHONE
    assert callme.store.all_calls() == []


def test_the_nearest_times_are_around_the_one_that_was_wanted(callme: Callme) -> None:
    problem = callme.visitor().submit(when="2026-12-02T17:30:00Z").get_json()
    times = ("16:15", "16:30", "16:45", "17:00", "17:15", "18:30")
    assert problem["choices"] == [f"2026-12-02T{time}:00Z" for time in times]


def test_a_slot_at_night_is_refused(callme: Callme) -> None:
    answer = callme.visitor().submit(when=WEDNESDAY, phone="(415) 555-0132")
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {
        "when": ["It is night at your phone's place then. Please choose another time."]
    }


def test_a_zone_that_does_not_exist_is_named(callme: Callme) -> None:
    answer = callme.visitor().submit(when=WEDNESDAY, timezone="Mars/Base")
    assert (answer.status_code, [*answer.get_json()["errors"]]) == (422, ["timezone"])


def test_a_full_slot_is_refused_and_the_next_ones_are_offered(callme: Callme) -> None:
    plan(callme.visitor(), phone="(202) 555-0101")
    plan(callme.visitor(), phone="(202) 555-0102")
    plan(callme.visitor(), phone="(202) 555-0103", receptionist="help")
    answer = callme.visitor().submit(when=WEDNESDAY)
    problem = answer.get_json()
    assert answer.status_code == 422
    assert problem["errors"] == {
        "when": ["This time has just been taken. Please choose another one."]
    }
    assert WEDNESDAY not in problem["choices"]
    assert "2026-12-02T15:00:00Z" in problem["choices"]
    assert WEDNESDAY not in instants(offered(callme.visitor()))


def test_a_number_has_one_planned_call_on_all_sites(tmp_path: Path, clock: HandClock) -> None:
    with running_callme(tmp_path, sites=sites(), clock=clock) as callme:
        plan(callme.visitor())
        answer = callme.visitor().submit(when="2026-12-03T15:15:00Z")
        assert answer.status_code == 422
        assert answer.get_json()["errors"] == {
            "when": ["A call to this number is planned already."]
        }
        assert callme.visitor().submit().status_code == 202, "it can still be called at once"


def test_a_planned_call_counts_when_it_is_accepted_and_when_it_is_due(
    tmp_path: Path, clock: HandClock
) -> None:
    """Three an hour: two are planned for Wednesday, so that only one more can be asked for then."""
    limits = {"number_pause_seconds": 0, "number_per_day": 0, "per_hour": 3, "per_day": 0}
    with running_callme(tmp_path, sites=sites(limits=limits), clock=clock) as callme:
        plan(callme.visitor(), phone="(202) 555-0101")
        plan(callme.visitor(), phone="(202) 555-0102")
        callme.visitor().ask_for_call(phone="(202) 555-0103")
        assert callme.visitor().submit(phone="(202) 555-0104").status_code == 503
        clock.now = datetime.fromisoformat(WEDNESDAY) + timedelta(minutes=10)
        callme.visitor().ask_for_call(phone="(202) 555-0105")
        assert callme.visitor().submit(phone="(202) 555-0106").status_code == 503


def test_no_more_are_planned_for_an_hour_than_may_be_placed_in_it(
    tmp_path: Path, clock: HandClock
) -> None:
    limits = {"number_pause_seconds": 0, "number_per_day": 0, "per_hour": 2, "per_day": 0}
    with running_callme(tmp_path, sites=sites(limits=limits), clock=clock) as callme:
        plan(callme.visitor(), "2026-12-02T15:00:00Z", phone="(202) 555-0101")
        clock.now += HOUR
        plan(callme.visitor(), "2026-12-02T15:30:00Z", phone="(202) 555-0102")
        clock.now += HOUR
        answer = callme.visitor().submit(when=WEDNESDAY, phone="(202) 555-0103")
        assert answer.status_code == 422
        plan(callme.visitor(), "2026-12-02T16:30:00Z", phone="(202) 555-0103")


def test_a_repeated_request_gets_its_planned_call(callme: Callme, clock: HandClock) -> None:
    visitor = callme.visitor()
    fields = visitor.fields(when=WEDNESDAY)
    first = visitor.post("/api/sites/acme/calls", data=fields).get_json()
    clock.move(25 * 60)
    again = visitor.post("/api/sites/acme/calls", data=fields).get_json()
    assert (again["id"], again["key"]) == (first["id"], first["key"])
    assert len(callme.store.all_calls()) == 1


# Changes of mind


def test_a_call_is_moved_and_keeps_its_id(callme: Callme, clock: HandClock) -> None:
    visitor = callme.visitor()
    call = plan(visitor)
    moved = change(visitor, call, "when", when="2026-12-03T15:15:00Z")
    assert (moved["id"], moved["due_at"]) == (call["id"], "2026-12-03T15:15:00Z")
    assert len(callme.store.all_calls()) == 1
    assert [event.reason for event in callme.store.calls.events(call["id"])] == ["", "moved"]
    assert WEDNESDAY in instants(offered(callme.visitor())), "its slot is free again"
    clock.now = datetime.fromisoformat(WEDNESDAY) + HOUR
    assert callme.store.status(call["id"]) is CallStatus.SCHEDULED


def test_an_empty_when_rings_at_once(callme: Callme, vendor: StandIn) -> None:
    visitor = callme.visitor()
    call = plan(visitor)
    moved = change(visitor, call, "when", when="")
    assert moved["status"] in ("queued", "dialing", "connected")
    wait_until(lambda: callme.store.status(call["id"]).final, 20, "the call's end")
    assert len(vendor.received) == 1


def test_a_call_is_cancelled_and_that_is_no_fault_twice(
    callme: Callme, clock: HandClock, vendor: StandIn
) -> None:
    visitor = callme.visitor()
    call = plan(visitor)
    for _ in range(2):
        assert change(visitor, call, "cancel")["status"] == "cancelled"
    clock.now = datetime.fromisoformat(WEDNESDAY)
    moved = visitor.post(f"/api/calls/{call['id']}/when", data={"key": call["key"]})
    assert moved.status_code == 409
    assert vendor.received == []
    assert callme.store.calls.events(call["id"])[-1].reason == "visitor"


@pytest.mark.parametrize("what", ["when", "cancel"])
@pytest.mark.parametrize("key", ["", "x" * 22, "é"])
def test_without_its_key_a_call_is_not_changed(callme: Callme, what: str, key: str) -> None:
    visitor = callme.visitor()
    call = plan(visitor)
    answer = visitor.post(f"/api/calls/{call['id']}/{what}", data={"key": key})
    assert answer.status_code == 403
    assert callme.store.status(call["id"]) is CallStatus.SCHEDULED


def test_the_key_of_another_call_changes_nothing(callme: Callme) -> None:
    visitor = callme.visitor()
    mine = plan(visitor)
    theirs = plan(callme.visitor(), phone="(202) 555-0101")
    answer = visitor.post(f"/api/calls/{theirs['id']}/cancel", data={"key": mine["key"]})
    assert answer.status_code == 403


def test_a_page_of_another_origin_changes_nothing(callme: Callme) -> None:
    call = plan(callme.visitor())
    stranger = callme.visitor(origin="https://evil.example")
    answer = stranger.post(f"/api/calls/{call['id']}/cancel", data={"key": call["key"]})
    assert answer.status_code == 403
    assert callme.store.status(call["id"]) is CallStatus.SCHEDULED


def test_a_call_that_is_dialled_is_not_moved(callme: Callme, clock: HandClock) -> None:
    visitor = callme.visitor()
    call = plan(visitor)
    clock.now = datetime.fromisoformat(WEDNESDAY)
    wait_until(lambda: callme.store.status(call["id"]).final, 20, "the call's end")
    for what in ("when", "cancel"):
        answer = visitor.post(f"/api/calls/{call['id']}/{what}", data={"key": call["key"]})
        assert answer.status_code == 409
        assert answer.get_json()["detail"] == "This call can no longer be changed."


def test_moving_to_a_full_slot_leaves_the_call_where_it_was(callme: Callme) -> None:
    visitor = callme.visitor()
    call = plan(visitor, "2026-12-03T15:15:00Z")
    plan(callme.visitor(), phone="(202) 555-0101")
    plan(callme.visitor(), phone="(202) 555-0102")
    answer = visitor.post(
        f"/api/calls/{call['id']}/when", data={"key": call["key"], "when": WEDNESDAY}
    )
    assert answer.status_code == 422
    assert WEDNESDAY not in answer.get_json()["choices"]
    assert status_of(visitor, call)["due_at"] == "2026-12-03T15:15:00Z"


def test_a_call_of_another_site_is_not_known(callme: Callme) -> None:
    answer = callme.visitor().post(f"/api/calls/{'x' * 22}/cancel", data={"key": "y" * 22})
    assert answer.status_code == 404


def test_a_promise_that_no_dispatcher_has_kept_is_shown_as_expired(
    tmp_path: Path, clock: HandClock
) -> None:
    with running_callme(tmp_path, sites=sites(), clock=clock) as callme:
        visitor = callme.visitor()
        call = plan(visitor)
        clock.now = datetime.fromisoformat(WEDNESDAY) + timedelta(minutes=16)
        assert status_of(visitor, call)["status"] == "expired"


def test_a_call_that_is_moved_in_another_zone_is_promised_by_that_ones_clock(
    callme: Callme, clock: HandClock
) -> None:
    visitor = callme.visitor()
    call = plan(visitor, timezone="America/Denver")
    moved = change(visitor, call, "when", when="2026-12-03T15:15:00Z", timezone="America/New_York")
    assert moved["title"] == "We will call you Thursday, 10:15\u202fAM"
    stored = callme.store.call(call["id"])
    assert stored.plan
    assert (stored.timezone, stored.plan.wall_time) == ("America/New_York", "2026-12-03T10:15")


def test_at_night_a_call_that_is_moved_to_now_is_asked_about_once_more(
    tmp_path: Path, clock: HandClock
) -> None:
    """By the browser's own clock too, as it was told when the call was planned."""
    clock.now = datetime(2026, 12, 2, 0, 0, tzinfo=UTC)
    given = sites(hours={"week": {"mon-sun": ["00:00-24:00"]}}, quiet={})
    with running_callme(tmp_path, sites=given, clock=clock) as callme:
        visitor = callme.visitor()
        call = plan(visitor, timezone="Europe/Berlin")
        address = f"/api/calls/{call['id']}/when"
        asked = visitor.post(address, data={"key": call["key"]})
        assert asked.get_json()["errors"]["night"][0] == "It is 1:00\u202fAM in Berlin"
        assert callme.store.status(call["id"]) is CallStatus.SCHEDULED
        change(visitor, call, "when", night="yes")
        evidence = EvidenceRepository(callme.store.database, Fingerprint(SECRET_KEY))
        assert [found.agreement.night for found in evidence.find(call["id"])] == [True]
