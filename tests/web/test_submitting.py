"""A valid form makes one call, which is committed, answered with 202, and rung once."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.helpers.callme import Callme, Visitor, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import FALLBACK_PHONE, HELP_MENU, OTHER_ORIGIN, SALES_MENU
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus

CALL_ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")


def final_status(callme: Callme, call_id: str) -> CallStatus:
    wait_until(lambda: callme.store.status(call_id).final, 10, "the call's final state")
    return callme.store.status(call_id)


def test_a_valid_form_is_answered_with_202_and_the_status_url(callme: Callme) -> None:
    answer = callme.visitor().submit()
    body = answer.get_json()
    assert answer.status_code == 202
    assert body.keys() == {"id", "key", "status", "status_url", "poll_after_ms", "due_at"}
    assert CALL_ID.match(body["id"])
    assert body["status"] == "queued"
    assert body["status_url"] == f"https://callme.example/api/calls/{body['id']}"
    assert body["poll_after_ms"] > 0
    assert body["due_at"] is None
    assert answer.headers["Location"].endswith(f"/api/calls/{body['id']}")


def test_the_call_is_rung_once_with_the_chosen_receptionists_menu(
    callme: Callme, vendor: StandIn
) -> None:
    call_id = callme.visitor().ask_for_call(receptionist="help")
    assert final_status(callme, call_id) is CallStatus.CONNECTED
    (request,) = vendor.received
    assert request.query["menu_id"] == HELP_MENU
    assert request.query["phone_to_call"] == "2025550100"
    callme.store.check_events()


def test_the_status_of_an_answered_call_is_final(callme: Callme) -> None:
    visitor = callme.visitor()
    call_id = visitor.ask_for_call()
    final_status(callme, call_id)
    answer = visitor.get(f"/api/calls/{call_id}")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "id": call_id,
        "status": "connected",
        "title": "You picked up",
        "message": "We are connecting you with Sales. You can close this.",
        "final": True,
        "poll_after_ms": 0,
        "due_at": None,
        "calls_from": None,
        "phone": "+1********00",
        "retry": None,
    }


def test_a_multipart_form_is_taken_as_well(callme: Callme) -> None:
    visitor = callme.visitor()
    answer = visitor.post(
        "/api/sites/acme/calls",
        data=visitor.fields(),
        content_type="multipart/form-data",
    )
    assert answer.status_code == 202, answer.text


def test_a_site_with_one_receptionist_needs_neither_choice_nor_consent(
    callme: Callme,
) -> None:
    visitor = callme.visitor("other", OTHER_ORIGIN)
    call_id = visitor.ask_for_call(phone="020 7946 0018", receptionist=[], consent=[])
    call = callme.store.call(call_id)
    assert (call.phone, call.receptionist) == ("+442079460018", "all")


def test_page_referrer_locale_and_utm_are_stored_cleaned_and_truncated(callme: Callme) -> None:
    visitor = callme.visitor()
    call_id = visitor.ask_for_call(
        page_url="https://www.acme.example/solar?phone=2025550100#top",
        referrer="https://search.example/" + "x" * 5000,
        locale="en-GB\0\n",
        utm_source="news\tletter",
        utm_campaign="c" * 300,
        utm_unheard_of="x",
    )
    visit = callme.store.call(call_id).visit
    assert visit.page_url == "https://www.acme.example/solar"
    assert len(visit.referrer) == 2048
    assert visit.locale == "en-GB"
    assert visit.utm == {"utm_source": "newsletter", "utm_campaign": "c" * 255}


def test_the_same_request_id_gives_the_same_call(callme: Callme, vendor: StandIn) -> None:
    """Whatever else the second form says, and however the id is written."""
    visitor = callme.visitor()
    request_id = str(uuid.uuid4())
    first = visitor.ask_for_call(request_id=request_id)
    again = visitor.ask_for_call(request_id=request_id.upper(), phone="2025550111")
    assert again == first
    assert callme.visitor().ask_for_call(request_id=request_id) == first
    final_status(callme, first)
    assert visitor.ask_for_call(request_id=request_id) == first
    assert vendor.phones == ["2025550100"]
    assert len(callme.store.all_calls()) == 1


def test_two_sites_may_use_the_same_request_id(callme: Callme) -> None:
    request_id = str(uuid.uuid4())
    here = callme.visitor().ask_for_call(request_id=request_id)
    there = callme.visitor("other", OTHER_ORIGIN).ask_for_call(
        request_id=request_id, phone="020 7946 0018", receptionist="all"
    )
    assert here != there


def test_twenty_clicks_at_once_make_one_row_and_one_request_to_the_vendor(
    callme: Callme, vendor: StandIn
) -> None:
    request_id = str(uuid.uuid4())
    visitors = [callme.visitor() for _ in range(20)]
    forms = [visitor.fields(request_id=request_id) for visitor in visitors]
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(
                lambda visitor, form: visitor.post("/api/sites/acme/calls", data=form),
                visitors,
                forms,
            )
        )
    assert {answer.status_code for answer in answers} == {202}
    (call_id,) = {answer.get_json()["id"] for answer in answers}
    assert final_status(callme, call_id) is CallStatus.CONNECTED
    assert len(callme.store.all_calls()) == 1
    assert len(vendor.received) == 1
    callme.store.check_events()


def test_extra_fields_of_a_client_do_not_reach_the_vendor(callme: Callme, vendor: StandIn) -> None:
    """Invariant 5: only the phone and the key of a configured receptionist decide where money goes."""
    visitor = callme.visitor()
    calm = visitor.ask_for_call()
    sly = {
        "menu_id": "1",
        "access_key": "mine",
        "secret_access_key": "mine",
        "action": "clickto.call",
        "phone_to_call": "9005550100",
        "dialogtech_url": "http://evil.example",
        "site": "other",
        "status": "connected",
        "due_at": "1970-01-01",
        "first_callerid": "1",
    }
    form = visitor.fields(**sly)
    answer = visitor.post("/api/sites/acme/calls", data=form, query_string=sly)
    final_status(callme, calm)
    assert final_status(callme, answer.get_json()["id"]) is CallStatus.CONNECTED
    first, second = (record.query for record in vendor.received)
    assert second == first
    assert list(second) == [
        "action",
        "access_key",
        "secret_access_key",
        "menu_id",
        "phone_to_call",
    ]
    assert second["menu_id"] == SALES_MENU


def public_answers(visitor: Visitor, call_id: str) -> dict[str, str]:
    """Every response that the public can get about a site and a call, including headers."""
    paths = [
        "/api/sites/acme",
        "/api/sites/acme/token",
        f"/api/calls/{call_id}",
        "/call/acme",
        f"/call/acme/{call_id}",
        "/w/acme.js",
        visitor.form_address(),
        "/healthz",
        "/readyz",
        "/api/sites/nobody",
        f"/call/other/{call_id}",
    ]
    answers = {path: visitor.get(path) for path in paths}
    answers["submitted"] = visitor.submit()
    answers["refused"] = visitor.submit(phone="12", receptionist=SALES_MENU)
    return {path: f"{answer.headers}{answer.text}" for path, answer in answers.items()}


def test_menu_ids_keys_and_the_callers_number_are_in_no_public_answer(
    callme: Callme,
) -> None:
    visitor = callme.visitor()
    call_id = visitor.ask_for_call(phone="+1 416 555 0123")
    final_status(callme, call_id)
    hidden = (SALES_MENU, HELP_MENU, "menu_id", "access_key", "only-for-tests")
    for where, text in public_answers(visitor, call_id).items():
        for secret in hidden:
            assert secret not in text, f"{secret} is public in {where}"
        digits = re.sub(r"\D", "", text.replace(FALLBACK_PHONE, ""))
        assert "4165550123" not in digits, f"the caller's number is public in {where}"


@pytest.mark.parametrize("call_id", ["nobody", "A" * 22, "0", "%00", "../x"])
def test_an_unknown_call_is_not_found(callme: Callme, call_id: str) -> None:
    assert callme.visitor().get(f"/api/calls/{call_id}").status_code == 404


def test_the_public_configuration_is_what_the_widget_needs_and_no_more(
    callme: Callme,
) -> None:
    answer = callme.visitor().get("/api/sites/acme")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "key": "acme",
        "name": "Acme Corp",
        "language": "en",
        "countries": [
            {
                "regions": ["US", "CA"],
                "code": "1",
                "example": "(202) 555-0100",
                "prefix": "1",
                "formats": [["[2-9]", "3-3-4,0 (3) 3-4"]],
            }
        ],
        "consent": "By pressing Call me you agree to one automated call about your enquiry.",
        "consent_checkbox": False,
        "captcha": None,
        "privacy_url": "https://www.acme.example/privacy",
        "fallback_phone": FALLBACK_PHONE,
        "fallback_text": "(202) 555-0199",
        "color": "#0b6b57",
        "text_color": "#fff",
        "shade": "#000",
        "label": None,
        "title": None,
        "sentence": None,
        "color_scheme": "light dark",
        "launcher": "pill",
        "side": "inset-inline-end",
        "offset": [24, 24],
        "radius": 16,
        "show": {},
        "paused": False,
        "receptionists": [
            {"key": "sales", "label": "Sales"},
            {"key": "help", "label": "Help desk"},
        ],
    }


def test_an_undialled_call_is_shown_as_expired_without_a_dispatcher(
    tmp_path: Path, clock: HandClock
) -> None:
    """Even if no dispatcher runs that could write this down: nobody waits at a panel for ever."""
    with running_callme(tmp_path, clock=clock) as callme:
        visitor = callme.visitor()
        path = f"/api/calls/{visitor.ask_for_call()}"
        clock.move(119)
        assert visitor.get(path).get_json()["status"] == "queued"
        clock.move(6)
        seen = visitor.get(path).get_json()
        assert (seen["status"], seen["final"], seen["poll_after_ms"]) == ("expired", True, 0)
