"""WCAG 2.2 AA in every state of the widget and on every page of ours, however one looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import DemoHere
from tests.browser.looks import faults
from tests.browser.states import FORMS, LAUNCHERS, STATES, WORDS, Panel, desktop, opened


@pytest.fixture(scope="module")
def shared_page(browser: Browser) -> Iterator[Page]:
    """One page for all states: what is answered to it never reaches a limit."""
    with desktop(browser) as page:
        yield page


@pytest.fixture(scope="module", params=["", "batteries"], ids=["inline", "floating"])
def panel(demo: DemoHere, shared_page: Page, request: pytest.FixtureRequest) -> Panel:
    return opened(demo, shared_page, request.param)


@pytest.mark.parametrize("shape", LAUNCHERS)
def test_the_button_is_accessible(panel: Panel, shape: str) -> None:
    """In each of its shapes, in the page and floating."""
    with panel.configured(LAUNCHERS[shape]):
        assert faults(panel.page, widget=True) == []


@pytest.mark.parametrize("form", FORMS)
def test_the_form_is_accessible(panel: Panel, form: str) -> None:
    with panel.configured(FORMS[form]):
        panel.open()
        choices = panel.card.get_by_role("combobox")
        expect(choices).to_have_count(1 if "countries" in FORMS[form] else 0)
        expect(panel.phone).to_be_focused()
        assert faults(panel.page, widget=True) == []


@pytest.mark.parametrize("panel", ["batteries"], ids=["floating"], indirect=True)
@pytest.mark.parametrize("state", STATES)
def test_each_state_of_a_call_is_accessible(panel: Panel, state: str) -> None:
    with panel.showing(state):
        assert faults(panel.page, widget=True) == []


PAGES = {
    "the form": "/call/harrow-sun",
    "stop": "/stop",
    "an error": "/call/harrow-sun/there-is-none",
    "an unknown site": "/call/there-is-none",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=list(PAGES))
def test_a_page_of_ours_is_accessible(demo: DemoHere, page: Page, path: str) -> None:
    page.goto(demo.callme_url + path)
    assert faults(page, widget=False) == []


@pytest.mark.parametrize("path", ["/call/harrow-sun", "/stop"])
def test_a_fault_in_a_form_of_ours_is_accessible(demo: DemoHere, page: Page, path: str) -> None:
    """The title says so, and focus is in the field that says what is wrong."""
    page.goto(demo.callme_url + path)
    demo.let_a_moment_pass()
    page.get_by_role("textbox", name="Phone number").fill("12")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_role("textbox", name="Phone number")).to_be_focused()
    assert faults(page, widget=False) == []


OUTCOMES = {
    "0102": "dialing",
    "0100": "connected",
    "0101": "busy",
    "0103": "failed",
    "0104": "unknown",
}


@pytest.mark.parametrize("ending", OUTCOMES, ids=list(OUTCOMES.values()))
def test_the_status_page_is_accessible(demo: DemoHere, page: Page, ending: str) -> None:
    """While a phone rings, and at each end."""
    page.goto(f"{demo.callme_url}/call/harrow-sun")
    demo.let_a_moment_pass()
    page.get_by_role("textbox", name="Phone number").fill(f"202 555 {ending}")
    page.get_by_role("button", name="Call me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[f"{OUTCOMES[ending]}.title"])
    assert faults(page, widget=False) == []


def test_a_number_that_is_never_called_again_is_confirmed_accessibly(
    demo: DemoHere, page: Page
) -> None:
    page.goto(f"{demo.callme_url}/stop")
    demo.let_a_moment_pass()
    page.get_by_role("textbox", name="Phone number").fill("202 555 0179")
    page.get_by_role("button", name="Never call me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Done")
    assert faults(page, widget=False) == []
