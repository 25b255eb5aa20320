"""WCAG 2.2 AA in every state of the widget and on every page of ours, however one looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import WIDE, Demo, watched
from tests.browser.looks import faults
from tests.browser.states import FORMS, LAUNCHERS, STATES, Panel, opened


@pytest.fixture(scope="module")
def shared_page(browser: Browser) -> Iterator[Page]:
    """One page for all states: what is answered to it never reaches a limit."""
    with browser.new_context(viewport=WIDE, reduced_motion="reduce") as context:
        yield watched(context.new_page())


@pytest.fixture(scope="module", params=["", "batteries"], ids=["inline", "floating"])
def panel(demo: Demo, shared_page: Page, request: pytest.FixtureRequest) -> Panel:
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
        assert faults(panel.page, widget=True) == []


@pytest.mark.parametrize("panel", ["batteries"], ids=["floating"], indirect=True)
@pytest.mark.parametrize("state", STATES)
def test_each_state_of_a_call_is_accessible(panel: Panel, state: str) -> None:
    with panel.showing(state):
        assert faults(panel.page, widget=True) == []
