"""A number whose owner said stop is never called again, in any spelling and from any site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme, aged, running_callme
from tests.helpers.sites import OTHER_ORIGIN, both_sites
from webapp.domain.calls import CallStatus
from webapp.domain.suppression import Source

DONE = "We will not call this number."


def stop(callme: Callme, typed: str, **changes: str) -> TestResponse:
    """Somebody opens /stop, types a number and sends the form."""
    visitor = callme.visitor(origin=None)
    found = re.search(r'name="token" value="([^"]+)"', visitor.get("/stop").text)
    assert found
    return visitor.post("/stop", data={"phone": typed, "token": aged(found[1]), **changes})


def expect_never_called(answer: TestResponse) -> None:
    assert answer.status_code == 422, answer.text
    assert answer.get_json()["errors"] == {"phone": ["We cannot call this number."]}


def test_a_person_who_said_stop_is_not_called_in_any_spelling(untouched: Callme) -> None:
    answer = stop(untouched, "(202) 555-0100")
    assert (answer.status_code, DONE in answer.text) == (200, True)
    for spelling in ("2025550100", "+1 202 555 0100", "tel:+12025550100"):
        expect_never_called(untouched.visitor().submit(phone=spelling))


def test_the_hosted_page_says_at_the_field_that_such_a_number_is_not_called(
    untouched: Callme,
) -> None:
    """The form is as it was filled in, so that another number can be typed."""
    stop(untouched, "(202) 555-0100")
    page = untouched.visitor(origin=None)
    form = page.fields(phone="2025550100", receptionist="help", token=untouched.visitor().token())
    answer = page.post("/call/acme", data=form)
    assert answer.status_code == 422
    assert '<p class="error" id="phone-error">We cannot call this number.</p>' in answer.text
    assert 'value="2025550100"' in answer.text
    assert re.search(r'value="help"[^>]* checked', answer.text)


def test_other_numbers_can_still_be_called_after_a_stop(callme: Callme) -> None:
    stop(callme, "(202) 555-0100")
    assert callme.visitor().submit(phone="(202) 555-0101").status_code == 202


def test_a_national_number_is_stopped_in_the_countries_of_all_sites(
    callme: Callme,
) -> None:
    """The page belongs to no site, so both the British and the American reading of it count."""
    assert stop(callme, "020 7946 0018").status_code == 200
    other = callme.visitor("other", origin=OTHER_ORIGIN)
    expect_never_called(other.submit(phone="+44 20 7946 0018", receptionist="all"))


def test_a_number_is_stopped_in_every_country_that_a_form_may_be_filled_in_for(
    tmp_path: Path,
) -> None:
    """`55 1234 5678` is a number in Mexico, where a site calls too, and another number in the US."""
    with running_callme(tmp_path, sites=both_sites(allowed_regions=["US", "MX"])) as callme:
        assert stop(callme, "55 1234 5678").status_code == 200
        expect_never_called(callme.visitor().submit(phone="55 1234 5678", country="MX"))


def test_all_readings_of_the_digits_are_stopped(tmp_path: Path) -> None:
    sites = both_sites(region="DE", allowed_regions=["DE"])
    with running_callme(tmp_path, sites=sites) as callme:
        assert stop(callme, "4915123456789").status_code == 200
        for reading in ("+494915123456789", "+4915123456789"):
            expect_never_called(callme.visitor().submit(phone=reading))


def test_a_number_of_an_area_that_is_too_new_can_be_stopped(tmp_path: Path) -> None:
    with running_callme(tmp_path, sites=both_sites(extra_prefixes=["+1624"])) as callme:
        assert stop(callme, "(624) 234-5678").status_code == 200
        expect_never_called(callme.visitor().submit(phone="(624) 234-5678"))


def test_the_answer_is_the_same_whether_the_number_was_known_or_not(callme: Callme) -> None:
    first, again = stop(callme, "2025550100"), stop(callme, "2025550100")
    nonce = re.compile(r'nonce="[^"]+"')
    assert nonce.sub("", first.text) == nonce.sub("", again.text)
    assert len(callme.store.suppressions.all()) == 1


def test_an_invalid_number_shows_its_error_and_keeps_the_typed_text(
    untouched: Callme,
) -> None:
    answer = stop(untouched, "twelve")
    assert answer.status_code == 422
    assert "That does not look like a full phone number." in answer.text
    assert 'value="twelve"' in answer.text
    assert "Error: " in answer.text
    assert untouched.store.suppressions.all() == []


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_stop_form_with_an_invalid_token_stops_nobody(untouched: Callme, token: str) -> None:
    assert stop(untouched, "2025550100", token=token).status_code == 403
    assert untouched.store.suppressions.all() == []


def test_a_sites_token_is_refused_by_the_stop_form(untouched: Callme) -> None:
    token = untouched.visitor().token()
    assert stop(untouched, "2025550100", token=token).status_code == 403


def test_a_page_of_another_origin_cannot_send_the_stop_form(untouched: Callme) -> None:
    visitor = untouched.visitor(origin="https://evil.example")
    assert visitor.post("/stop", data={"phone": "2025550100"}).status_code == 403


@pytest.mark.parametrize(("site", "status"), [("same-origin", 200), ("cross-site", 403), ("", 403)])
def test_a_null_origin_is_accepted_only_with_sec_fetch_site_same_origin(
    untouched: Callme, site: str, status: int
) -> None:
    """A proxy that adds `Referrer-Policy: no-referrer` makes browsers send `Origin: null`."""
    visitor = untouched.visitor(origin="null")
    found = re.search(r'name="token" value="([^"]+)"', visitor.get("/stop").text)
    assert found
    form = {"phone": "2025550100", "token": aged(found[1])}
    answer = visitor.post("/stop", data=form, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == status


def test_what_is_queued_for_the_number_is_cancelled(tmp_path: Path) -> None:
    with running_callme(tmp_path) as callme:
        visitor = callme.visitor()
        queued = visitor.ask_for_call(phone="2025550100")
        other = visitor.ask_for_call(phone="2025550101")
        stop(callme, "2025550100")
        assert callme.store.status(queued) is CallStatus.CANCELLED
        assert callme.store.status(other) is CallStatus.QUEUED
        assert visitor.get(f"/api/calls/{queued}").get_json()["final"]
        callme.store.check_events()


def test_the_suppression_list_stores_no_phone_number(tmp_path: Path) -> None:
    with running_callme(tmp_path) as callme:
        stop(callme, "(312) 555-7391")
        (entry,) = callme.store.suppressions.all()
        assert (entry.last_two, entry.source) == ("91", Source.PERSON)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("callme.db*"))
    assert b"312555" not in stored
    assert b"5557391" not in stored


def test_numbers_of_a_prefix_are_not_called(untouched: Callme) -> None:
    assert untouched.store.suppressions.add_prefix("+1202555")
    expect_never_called(untouched.visitor().submit(phone="202 555 0142"))


def test_stopping_is_limited_for_each_visitor(untouched: Callme) -> None:
    visitor = untouched.visitor(origin=None)
    statuses = [visitor.post("/stop", data={"phone": "1"}).status_code for _ in range(6)]
    assert statuses == [403] * 5 + [429]
