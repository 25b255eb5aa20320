"""While a site is under attack a visitor's browser solves a puzzle, and the visitor does not notice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Widget, undisturbed
from tests.browser.demo import DemoHere, demo_here
from tests.browser.pages import watched
from webapp.domain.attack import REFUSALS

CALLS = "/api/sites/harrow-sun/calls"
SOLVED_SECONDS = 100
"""A puzzle is much work for a machine that has two busy processes besides."""

pytestmark = pytest.mark.timeout(300)
TASK = "ThreadControllerImpl::RunTask"
"""As Chromium calls a task in its traces."""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHere]:
    """A demo at whose site somebody has thrown forms from many addresses."""
    folder = tmp_path_factory.mktemp("attacked")
    with undisturbed(folder), demo_here(folder, read_timeout=60, puzzles=True) as running:
        for visitor in range(REFUSALS * 3):
            requests.post(
                running.callme_url + CALLS,
                data={"phone": "1"},
                headers={"X-Forwarded-For": f"203.0.113.{visitor}"},
                timeout=20,
            )
        yield running


def test_the_widget_solves_the_puzzle_without_ever_blocking_the_page(
    attacked: DemoHere, visitor: Callable[..., BrowserContext]
) -> None:
    """No task of the page takes as long as a visitor could feel. Three visits, as a puzzle may happen to
    be solved at once."""
    page = watched(visitor().new_page())
    longest = [longest_task_of_a_visit(attacked, page, f"202555017{last}") for last in "456"]
    assert max(longest) < 50, longest


def longest_task_of_a_visit(attacked: DemoHere, page: Page, phone: str) -> float:
    """In milliseconds, from the open form to the call: opening the panel is not the puzzle's doing."""
    page.goto(attacked.url)
    widget = Widget(page)
    with page.expect_response("**/token?*") as answer:
        widget.open()
    assert answer.value.json()["challenge"], "the demo is not under attack"
    with tasks_of(page) as tasks:
        with page.expect_request(f"**{CALLS}?*", timeout=SOLVED_SECONDS * 1000) as sent:
            widget.phone.fill(phone)
            widget.submit.click()
        widget.expect_state("connected")
    assert "proof=ey" in (sent.value.post_data or "")
    assert len(attacked.received(phone)) == 1
    return max(tasks)


@contextmanager
def tasks_of(page: Page) -> Iterator[list[float]]:
    """What each task of the page's main thread took, in milliseconds of the processor's time: a machine
    that is busy with something else makes none of them longer. Filled when the block ends."""
    browser = page.context.browser
    assert browser
    tasks: list[float] = []
    browser.start_tracing(page=page, categories=["toplevel"])
    try:
        yield tasks
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks += [
        event["tdur"] / 1000
        for event in events
        if event["name"] == TASK and (event["pid"], event["tid"]) in mains and "tdur" in event
    ]


def test_a_form_that_was_opened_before_the_attack_is_sent_again_with_a_proof(
    attacked: DemoHere, page: Page
) -> None:
    """Its token came without a puzzle: the refusal is not shown, as the next token has one."""

    def as_before(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"challenge": None})

    page.route("**/token?*", as_before, times=1)
    page.goto(attacked.url)
    widget = Widget(page)
    widget.request("2025550172")
    widget.expect_state("connected", SOLVED_SECONDS)
    assert len(attacked.received("2025550172")) == 1


def test_the_hosted_page_solves_the_puzzle(attacked: DemoHere, page: Page) -> None:
    page.goto(f"{attacked.callme_url}/call/harrow-sun")
    page.get_by_role("textbox", name="Phone number").fill("2025550173")
    expect(page.locator("[data-challenge]")).not_to_have_value("", timeout=SOLVED_SECONDS * 1000)
    attacked.let_a_moment_pass()
    page.get_by_role("button", name="Call me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You picked up")
    assert len(attacked.received("2025550173")) == 1
