"""The widget in the engines beside Chromium, which has all the other tests of a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser import engines
from tests.browser.engines.webdriver import Browser, Element, Key
from tests.browser.landing import NARROW, Landing, landing
from tests.helpers.waiting import wait_until
from webapp.domain.attack import REFUSALS

SECONDS = 45
"""For what a person waits a moment for; the machine may have more to do than it can."""


class Visit:
    """Somebody on the landing page. `states` is what the panel went through."""

    def __init__(self, browser: Browser, landing: Landing, path: str, *, narrow: bool = False):
        self.browser = browser
        self.landing = landing
        if narrow:
            browser.open(f"{landing.url}{NARROW}/?path={path}")
            browser.enter_frame()
        else:
            browser.open(landing.url + path)
        self.part("[part=launcher]")
        browser.run(
            "const widget = document.querySelector('call-me');"
            "window.states = [widget.dataset.state];"
            "new MutationObserver(() => {"
            "  const state = widget.dataset.state;"
            "  if (state !== states.at(-1)) states.push(state);"
            "}).observe(widget, {attributeFilter: ['data-state']});"
        )

    def part(self, selector: str) -> Element:
        """An element of the shadow tree, once it is there."""
        script = "return document.querySelector('call-me')?.shadowRoot?.querySelector(arguments[0])"
        found = wait_until(lambda: self.browser.find(script, selector), SECONDS, selector)
        assert found
        return found

    def press(self, selector: str) -> None:
        self.browser.click(self.part(selector))

    def of(self, selector: str, what: str) -> object:
        """What a script says of an element `e` of the shadow tree, such as its text."""
        return self.browser.run(
            "const e = document.querySelector('call-me').shadowRoot.querySelector(arguments[0]);"
            f"return {what}",
            selector,
        )

    def expect_state(self, state: str) -> None:
        script = "return document.querySelector('call-me').dataset.state"
        reached = f"the state {state} (it went through {self.states()})"
        wait_until(lambda: self.browser.run(script) == state, SECONDS, reached)

    def expect_focus(self, selector: str) -> None:
        matches = "!!e && e.getRootNode().activeElement === e"
        wait_until(lambda: self.of(selector, matches), SECONDS, f"the focus on {selector}")

    def states(self) -> object:
        return self.browser.run("return window.states")

    def open(self) -> None:
        self.press("[part=launcher]")
        self.expect_state("open")
        self.expect_focus("[name=phone]")

    def request(self, number: str) -> None:
        self.open()
        self.browser.type(number)
        self.press("[part=submit]")

    def expect_one_call(self, number: str) -> None:
        calls = self.landing.vendor.phones.count(number)
        assert calls == 1, f"the vendor got {calls} requests"

    def expect_no_complaint(self) -> None:
        complaints = self.browser.run("return window.complaints")
        assert complaints == [], f"the page complained: {complaints}"


def whole_path(browser: Browser, landing: Landing) -> None:
    """Press, type, submit: each step of the call is told, and the vendor is asked once. No line of
    the page's strict policy is broken from the first script on."""
    visit = Visit(browser, landing, "")
    visit.open()
    visit.part("form .quiet")  # what the server offers beside a call now
    height = visit.of("dialog", "e.offsetHeight")
    browser.type("(202) 555-0102")  # rings until we say
    assert visit.of("dialog", "e.offsetHeight") == height, "the card jumped at the first key"
    visit.press("[part=submit]")
    visit.expect_state("dialing")
    landing.vendor.let_all_answer()
    visit.expect_state("connected")
    assert visit.states() == ["closed", "open", "sending", "queued", "dialing", "connected"]
    visit.expect_one_call("2025550102")
    visit.expect_no_complaint()


def keyboard_alone(browser: Browser, landing: Landing) -> None:
    """Tab to the button, Enter, type, Enter, Escape: focus goes in, stays in, and comes back."""
    visit = Visit(browser, landing, "batteries")
    focused = "return document.activeElement.tagName"
    for _ in range(40):
        browser.type(Key.TAB)
        if browser.run(focused) == "CALL-ME":
            break
    visit.expect_focus("[part=launcher]")
    browser.type(Key.ENTER)
    visit.expect_focus("[name=phone]")
    browser.type(Key.TAB * 2)
    # BODY: the browser's own buttons, between the last and the first of the panel's.
    assert browser.run(focused) in ("CALL-ME", "BODY"), "the focus left the panel for the page"
    browser.run(
        "document.querySelector('call-me').shadowRoot.querySelector('[name=phone]').focus()"
    )
    browser.type("2025550121" + Key.ENTER)
    visit.expect_state("connected")
    visit.expect_one_call("2025550121")
    browser.type(Key.ESCAPE)
    visit.expect_state("closed")
    visit.expect_focus("[part=launcher]")
    visit.expect_no_complaint()


def bad_number(browser: Browser, landing: Landing) -> None:
    """Told in the field, which has the focus, and nobody is rung."""
    before = len(landing.vendor.phones)
    visit = Visit(browser, landing, "")
    visit.request("202 555 01")
    visit.part("#fault:not([hidden])")
    assert (
        visit.of("#fault", "e.textContent")
        == "That does not look like a full phone number. Example: (202) 555-0100"
    )
    visit.expect_focus("[name=phone]")
    kept = "[e.value.replace(/\\D/g, ''), e.getAttribute('aria-invalid')]"
    assert visit.of("[name=phone]", kept) == ["20255501", "true"]
    assert len(landing.vendor.phones) == before
    visit.expect_no_complaint()


def narrow_dark_and_right_to_left(browser: Browser, landing: Landing) -> None:
    """On an Arabic page: a dark sheet over the whole width, at the lower edge, that starts at the
    right."""
    visit = Visit(browser, landing, "batteries", narrow=True)
    browser.run("Object.assign(document.documentElement, {dir: 'rtl', lang: 'ar'})")
    visit.open()
    distances = (
        "(r => [r.left, document.documentElement.clientWidth - r.right, innerHeight - r.bottom])"
        "(e.getBoundingClientRect())"
    )
    edge = "the sheet at the lower edge"
    wait_until(lambda: visit.of("dialog", distances) == [0, 0, 0], SECONDS, edge)
    look = visit.of("dialog", "(s => [s.backgroundColor, s.direction])(getComputedStyle(e))")
    assert look == ["rgb(21, 23, 28)", "rtl"]
    wide = browser.run("return document.documentElement.scrollWidth - innerWidth")
    assert isinstance(wide, int)
    assert wide <= 0, f"the page scrolls sideways by {wide} px"
    browser.type("2025550122")
    visit.press("[part=submit]")
    visit.expect_state("connected")
    visit.expect_no_complaint()


def right_to_left(browser: Browser, landing: Landing) -> None:
    """On an Arabic page the button floats at the left, and its panel, a card, right above it."""
    visit = Visit(browser, landing, "batteries")
    browser.run("Object.assign(document.documentElement, {dir: 'rtl', lang: 'ar'})")
    visit.open()
    above = (
        "(([panel, button]) => [panel.left - button.left, panel.width, panel.bottom < button.top])"
        "([e, e.getRootNode().host].map(one => one.getBoundingClientRect()))"
    )
    place = "a card above the button"
    wait_until(lambda: visit.of("dialog", above) == [0, 360, True], SECONDS, place)
    visit.expect_no_complaint()


def under_attack(browser: Browser, landing: Landing) -> None:
    """The module that solves the puzzle is loaded, and this engine's hashing solves it."""
    landing.attack(REFUSALS * 3)
    visit = Visit(browser, landing, "")
    visit.request("2025550123")
    visit.expect_state("connected")
    visit.expect_one_call("2025550123")
    loaded = (
        "return performance.getEntriesByType('resource').some(e => e.name.endsWith('/proof.js'))"
    )
    assert browser.run(loaded), "the demo was not under attack"
    visit.expect_no_complaint()


def closed_receptionist(browser: Browser, landing: Landing) -> None:
    """One that does not answer now: the panel says when again, by the browser's clock, and a time can be
    chosen instead."""
    visit = Visit(browser, landing, "batteries")
    visit.open()
    browser.type("(202) 555-0100")
    visit.press("[value=billing]")
    visit.press("[part=submit]")
    visit.part("[role=listbox]")
    assert "Open again: " in str(visit.of("[role=alert]", "e.textContent"))
    visit.expect_focus("[role=listbox]")
    browser.type(Key.ENTER)
    visit.expect_state("scheduled")
    visit.press("button.quiet:last-child")
    visit.expect_state("cancelled")
    visit.expect_no_complaint()


SCENARIOS: list[Callable[[Browser, Landing], None]] = [
    whole_path,
    keyboard_alone,
    bad_number,
    narrow_dark_and_right_to_left,
    right_to_left,
    closed_receptionist,
    under_attack,  # lasts for minutes: the last one
]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Landing]:
    with landing(tmp_path) as running:
        yield running


@pytest.mark.timeout(300)
@pytest.mark.parametrize("engine", engines.ENGINES)
def test_the_widget_passes_all_scenarios_in_another_engine(
    engine: str, page: Landing, subtests: pytest.Subtests
) -> None:
    """One browser for all scenarios: starting it takes longer than most of them. A dark one, as
    Chromium's tests look at light pages."""
    with engines.opened(engine, dark=True) as browser:
        for scenario in SCENARIOS:
            with subtests.test(scenario.__name__):
                scenario(browser, page)
