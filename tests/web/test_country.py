"""A visitor may choose the country that the number is read in, among those that the site calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.callme import Callme, running_callme
from tests.helpers.sites import FALLBACK_PHONE, ORIGIN, other_site, sites_toml
from tests.web.test_pages import Page

NOT_IN_THE_LIST = ["Please choose one of the countries in the list."]
GB, DE = "+442079460018", "+493012345678"
SITES = sites_toml(
    europe=other_site(
        origins=[ORIGIN], allowed_regions=["DE", "GB", "US", "CA"], fallback_phone=FALLBACK_PHONE
    ),
    america=other_site(
        origins=[ORIGIN], region="US", allowed_regions=["CA", "US"], fallback_phone=FALLBACK_PHONE
    ),
)


@pytest.fixture
def callme(tmp_path: Path) -> Iterator[Callme]:
    with running_callme(tmp_path, sites=SITES) as running:
        yield running


def rung(callme: Callme) -> list[str]:
    return [call.phone for call in callme.store.all_calls()]


@pytest.mark.parametrize(
    ("phone", "country", "e164"),
    [
        pytest.param("030 12345678", "DE", DE, id="national, of the chosen country"),
        pytest.param("020 7946 0018", "GB", GB, id="national, of the site's own"),
        pytest.param("020 7946 0018", "", GB, id="chosen by no one"),
        pytest.param("020 7946 0018", [], GB, id="not sent at all"),
        pytest.param("(202) 555-0100", "CA", "+12025550100", id="another region of its +CC"),
        pytest.param(GB, "DE", GB, id="+CC says otherwise"),
        pytest.param("00 44 20 7946 0018", "US", GB, id="00 says otherwise"),
    ],
)
def test_the_number_is_read_in_the_chosen_country(
    callme: Callme, phone: str, country: str | list[str], e164: str
) -> None:
    visitor = callme.visitor("europe")
    answer = visitor.submit(phone=phone, country=country, receptionist="all")
    assert answer.status_code == 202, answer.text
    assert rung(callme) == [e164]


@pytest.mark.parametrize(
    ("country", "sentences"),
    [
        pytest.param("XX", NOT_IN_THE_LIST, id="unknown"),
        pytest.param("de", NOT_IN_THE_LIST, id="small letters"),
        pytest.param("FR", NOT_IN_THE_LIST, id="one that the site does not call"),
        pytest.param(["GB", "GB"], ["This was sent more than once."], id="twice"),
    ],
)
def test_a_country_that_is_not_in_the_list_is_refused(
    callme: Callme, country: str | list[str], sentences: list[str]
) -> None:
    visitor = callme.visitor("europe")
    answer = visitor.submit(phone="020 7946 0018", country=country, receptionist="all")
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {"country": sentences}
    assert rung(callme) == []


def test_the_example_in_an_error_is_of_the_chosen_country(callme: Callme) -> None:
    answer = callme.visitor("europe").submit(phone="12", country="DE", receptionist="all")
    [sentence] = answer.get_json()["errors"]["phone"]
    assert sentence.endswith("Example: 030 123456")


def test_the_api_lists_the_countries_with_the_sites_own_first(callme: Callme) -> None:
    visitor = callme.visitor("europe")
    found = visitor.get("/api/sites/europe").get_json()["countries"]
    assert [(country["regions"], country["code"], country["prefix"]) for country in found] == [
        (["GB"], "44", "0"),
        (["DE"], "49", "0"),
        (["US", "CA"], "1", "1"),
    ]
    assert [country["example"] for country in found] == [
        "0121 234 5678",
        "030 123456",
        "(202) 555-0100",
    ]
    assert all(country["formats"] for country in found)
    american = callme.visitor("america")
    assert 'countries:[{regions:["US","CA"]' in american.get(american.form_address()).text


def test_the_hosted_page_asks_for_the_country_and_keeps_the_answer(callme: Callme) -> None:
    """It works without script, and after an error the choice and its example are still there."""
    visitor = callme.visitor("europe", origin=None)
    page = Page(visitor.get("/call/europe"))
    assert [option["value"] for option in page.all("option")] == ["GB", "DE", "US", "CA"]
    assert not any("selected" in option for option in page.all("option"))
    assert "Germany (+49)" in visitor.get("/call/europe").text
    form = page.form() | {"receptionist": "all", "country": "DE", "phone": "12"}
    again = Page(visitor.post("/call/europe", data=form))
    assert [option["value"] for option in again.all("option") if "selected" in option] == ["DE"]
    assert again.by_id("phone")["placeholder"] == "030 123456"
    form = again.form() | {"receptionist": "all", "country": "DE", "phone": "030 12345678"}
    assert visitor.post("/call/europe", data=form).status_code == 303
    assert rung(callme) == [DE]


def test_the_hosted_page_names_a_country_that_is_not_in_the_list(callme: Callme) -> None:
    visitor = callme.visitor("europe", origin=None)
    form = Page(visitor.get("/call/europe")).form()
    form |= {"receptionist": "all", "country": "FR", "phone": "020 7946 0018"}
    answer = visitor.post("/call/europe", data=form)
    assert answer.status_code == 422
    assert Page(answer).by_id("country")["aria-describedby"] == "country-error"
    assert NOT_IN_THE_LIST[0] in answer.text


def test_a_site_with_one_calling_code_shows_no_country_choice(callme: Callme) -> None:
    """For the United States and Canada, the number itself tells the country."""
    page = Page(callme.visitor("america", origin=None).get("/call/america"))
    assert page.all("select") == []
