"""callme.d.ts is true: its names are those of the API and of the widget's scripts."""

from __future__ import annotations

import re
from typing import get_args, get_type_hints

import pytest

from tests.helpers.callme import Callme
from tests.helpers.guide import widget_source
from tests.helpers.sites import SITES
from tests.helpers.types import comment_words, listed_in_comment, members, union, union_of
from webapp.assets import FORM_ALONE
from webapp.domain.calls import CallStatus
from webapp.domain.site.appearance import Appearance, Show
from webapp.domain.site.reading import parse_sites
from webapp.providers.captcha import SERVICES, Captcha
from webapp.web.site.public import public_captcha, public_site


def test_the_site_type_has_the_fields_of_the_api_answer(callme: Callme) -> None:
    """The keys of GET /api/sites/SITE are the members of the types that Site consists of."""
    answer = callme.visitor().get("/api/sites/acme").get_json()
    assert members("SiteForm") == set(FORM_ALONE)
    assert answer.keys() == members("SiteButton") | members("SiteForm")
    assert answer["receptionists"][0].keys() == members("Receptionist")
    assert answer["countries"][0].keys() == members("Country")


def test_the_server_has_the_types_to_copy(callme: Callme) -> None:
    answer = callme.visitor().get("/static/widget/callme.d.ts")
    assert (answer.status_code, "interface CallmeApi" in answer.text) == (200, True)
    answer.close()


def test_the_captcha_type_has_the_fields_of_the_api_answer(callme: Callme) -> None:
    with callme.app.test_request_context():
        answered = public_captcha(Captcha(SERVICES["turnstile"], "key", "secret"))
    assert answered.keys() == members("Captcha")


@pytest.mark.parametrize(
    ("setting", "member"),
    [("launcher", "launcher"), ("position", "side"), ("theme", "color_scheme")],
)
def test_the_types_allow_exactly_the_owners_choices(
    callme: Callme, setting: str, member: str
) -> None:
    """Launchers, sides and colour schemes: all that the API can return, and no others."""
    site = parse_sites(SITES, "the tests' sites")["acme"]
    answered = set()
    for choice in get_args(get_type_hints(Appearance)[setting]):
        look = Appearance.model_validate({setting: choice})
        with callme.app.test_request_context():
            answer = {**public_site("acme", site.model_copy(update={"appearance": look}))}
        answered.add(answer[member])
    assert union_of("SiteButton", member) == answered


def test_the_show_type_has_the_fields_of_the_show_settings() -> None:
    assert members("Show") == Show.model_fields.keys() | {"open_ms"}
    assert union_of("Show", "device") | {"any"} == set(get_args(get_type_hints(Show)["device"]))


def test_the_types_states_and_statuses_are_those_of_the_code() -> None:
    """A call's statuses are the server's; the element's states are what the panel sets."""
    assert union("Status") == {status.value for status in CallStatus}
    source = widget_source(".js")
    table = re.search(r"const SHOWN = {\n(.*?)\n};", source, re.DOTALL)
    assert table, "the widget has no table of what it shows"
    shown = {
        shown_state or state
        for state, shown_state in re.findall(
            r'^  (\w+): (?:.*state: "(\w+)")?', table[1], re.MULTILINE
        )
    }
    assert union("State") == shown | set(re.findall(r'dataset\.state = "(\w+)"', source))


def test_the_event_types_are_those_that_the_panel_emits() -> None:
    """Every event that is emitted is typed under all of its names, and no others are."""
    emitted = set(re.findall(r'\.emit\("(\w+)"', widget_source(".js")))
    assert members("Details") == emitted
    assert members("CallMeEvents") == {f"callme:{name}" for name in emitted}
    assert union_of("DataLayerEntry", "event") == {f"callme_{name}" for name in emitted}


def test_attributes_parts_and_properties_are_those_of_the_code() -> None:
    source = widget_source(".js", ".css")
    read = re.findall(r'(?:get|has)Attribute\("([\w-]+)"\)', widget_source("launcher.js"))
    assert members("CallMeAttributes") == set(read)
    assert listed_in_comment(r"`call-me::part\(…\)`") == set(
        re.findall(r'part(?:: |", | = )"(\w+)"', source)
    )
    assert comment_words(r"--callme-[a-z-]+") == set(re.findall(r"--callme-[a-z-]+", source))
