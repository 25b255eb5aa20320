"""Digits that may be several numbers ring none of them until the visitor has said which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.callme import Callme, running_callme
from tests.helpers.sites import FALLBACK_PHONE, both_sites
from webapp.domain.site.reading import parse_sites
from webapp.errors import ConfigurationError

QUESTION = "Which of these is your number?"
CHOICES = ["+494915123456789", "+4915123456789"]
NEW_AREA = "We do not know numbers that begin like this. If it is right, please call us."
IN_GERMANY = both_sites(region="DE", allowed_regions=["DE", "US"])


def phones(callme: Callme) -> list[str]:
    return [call.phone for call in callme.store.all_calls()]


def submit_page(callme: Callme, **fields: str) -> tuple[int, str]:
    token = callme.visitor().token()
    visitor = callme.visitor(origin=None)
    answer = visitor.post("/call/acme", data=visitor.fields(token=token, **fields))
    return answer.status_code, answer.text


def test_the_api_asks_which_number_and_the_chosen_one_is_rung(tmp_path: Path) -> None:
    with running_callme(tmp_path, sites=IN_GERMANY) as callme:
        visitor = callme.visitor()
        body = visitor.submit(phone="4915123456789").get_json()
        assert (body["status"], body["errors"]) == (422, {"phone": [QUESTION]})
        assert body["choices"] == CHOICES
        assert body["choices_written"] == ["+49 491 5123456789", "+49 1512 3456789"]
        assert phones(callme) == []
        visitor.ask_for_call(phone=body["choices"][1])
        assert phones(callme) == [CHOICES[1]]


def test_the_hosted_page_asks_too_and_keeps_the_rest_of_the_form(tmp_path: Path) -> None:
    with running_callme(tmp_path, sites=IN_GERMANY) as callme:
        status, page = submit_page(callme, phone="4915123456789", receptionist="help")
        assert (status, page.count('name="phone"')) == (422, 2)
        assert f"<legend>{QUESTION}</legend>" in page
        assert re.findall(r'type="radio" name="phone" value="([^"]+)"', page) == CHOICES
        assert re.search(r'value="help"[^>]* checked', page)
        assert phones(callme) == []
        assert submit_page(callme, phone=CHOICES[0])[0] == 303
        assert phones(callme) == [CHOICES[0]]


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        ("(624) 234-5678", NEW_AREA),
        (
            "+44 20 7946 0018",
            "We can only call numbers in these countries: United States and Canada.",
        ),
        ("+1 900 234 5678", "We can only call ordinary landline and mobile numbers."),
    ],
)
def test_a_number_that_is_never_callable_shows_the_owners_number(
    untouched: Callme, phone: str, sentence: str
) -> None:
    visitor = untouched.visitor()
    body = visitor.submit(phone=phone).get_json()
    assert body["errors"] == {"phone": [sentence]}
    assert body["fallback_phone"] == FALLBACK_PHONE
    assert f'href="tel:{FALLBACK_PHONE}"' in submit_page(untouched, phone=phone)[1]


@pytest.mark.parametrize("phone", ["555", "202-555-0100 ext. 5"])
def test_a_correctable_number_does_not_show_the_owners_number(
    untouched: Callme, phone: str
) -> None:
    visitor = untouched.visitor()
    assert "fallback_phone" not in visitor.submit(phone=phone).get_json()
    assert "tel:" not in submit_page(untouched, phone=phone)[1]


def test_an_owner_can_allow_a_new_area(tmp_path: Path) -> None:
    with running_callme(tmp_path, sites=both_sites(extra_prefixes=["+1624"])) as callme:
        callme.visitor().ask_for_call(phone="(624) 234-5678")
        assert phones(callme) == ["+16242345678"]
        other = callme.visitor("other", origin="https://other.example")
        assert other.submit(phone="+1 624 234 5678", receptionist="all").status_code == 422


@pytest.mark.parametrize("prefix", ["1624", "+1", "+0162", "+999624", "", "+1 624", "+44"])
def test_an_invalid_extra_prefix_is_refused_by_name(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match=r"acme\.extra_prefixes\[0\]: .* is no prefix"):
        parse_sites(both_sites(extra_prefixes=[prefix]), "the test")
