"""After `Callme.destroy()` nothing is left of the widget, at whichever moment it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.hosts.conftest import PATIENCE_MS
from tests.browser.hosts.grounds import Grounds
from tests.browser.hosts.ledger import LEDGER, Ledger
from tests.browser.hosts.visits import Visit, no_trouble

LOAD_AGAIN = """
() => {
  const tag = document.querySelector('script[src]');
  const again = document.createElement('script');
  again.src = tag.src;
  document.head.append(again);
}
"""
TWO_TURNS = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SHEETS = """
() => [document, ...[...document.querySelectorAll('call-me')].map(one => one.shadowRoot)]
  .reduce((sum, {adoptedStyleSheets}) => sum + adoptedStyleSheets.length, 0)
"""
CHALLENGE = {
    "parameters": {"salt": "00" * 8, "nonce": "00" * 8, "keyPrefix": "00", "data": {"most": 99_999}}
}
OLD_ENOUGH = "start => performance.now() - start > 1300"
A_WHILE = "start => performance.now() - start > 700"
"""Longer than the first pause between two looks at a call."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(LEDGER)
    yield context.new_page()
    context.close()


def as_it_came(visit: Visit) -> None:
    visit.launcher.wait_for()


def near(visit: Visit) -> None:
    visit.launcher.hover()


def opened(visit: Visit) -> None:
    visit.open()


def shut_again(visit: Visit) -> None:
    visit.open()
    visit.shut()


def refused(visit: Visit) -> None:
    visit.open()
    visit.phone.fill("12")
    visit.submit.click()


def ringing(visit: Visit) -> None:
    visit.open()
    visit.send_and_let_ring()


def connected(visit: Visit) -> None:
    visit.open()
    visit.is_connected(visit.send())


def heard(visit: Visit) -> None:
    visit.launcher.wait_for()
    visit.run("for (const name of ['open', 'close']) Callme.on(name, () => {})")


IDLE = "new Promise(done => requestIdleCallback(() => done(), {timeout: 5000}))"
"""Idle callbacks run in order: once this one ran, the one with which the launcher waits has."""

MOMENTS = [as_it_came, near, opened, shut_again, refused, ringing, connected, heard]


@pytest.mark.parametrize("name", ["calm", "calm-inline"])
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_destroy_leaves_no_listener_timer_observer_or_element(
    grounds: Grounds, page: Page, name: str, moment: Callable[[Visit], None]
) -> None:
    """No listener, timer, observer, element or sheet, and no name but `Callme`."""
    page.goto(f"{grounds.hosts}/{name}")
    ledger = Ledger(page, grounds)
    with no_trouble(page):
        moment(Visit(page, grounds))
        page.evaluate(IDLE)
        page.evaluate("Callme.destroy()")
    nothing_is_left(page, ledger)


def nothing_is_left(page: Page, ledger: Ledger) -> None:
    assert ledger.rest() == []
    assert ledger.globals() == ["Callme"]
    assert page.evaluate(SHEETS) == 0
    expect(page.locator("call-me[floating]")).to_have_count(0)
    expect(page.locator("call-me *")).to_have_count(0)
    expect(page.locator("call-me[data-state]")).to_have_count(0)


def test_destroy_while_offline_stops_waiting_for_the_network(grounds: Grounds, page: Page) -> None:
    page.goto(f"{grounds.hosts}/calm")
    ledger = Ledger(page, grounds)
    visit = Visit(page, grounds)
    visit.launcher.wait_for()
    page.context.set_offline(True)
    visit.launcher.click()
    visit.has_state("unavailable")
    page.evaluate("Callme.destroy()")
    nothing_is_left(page, ledger)
    page.context.set_offline(False)
    page.evaluate(TWO_TURNS)
    nothing_is_left(page, ledger)


@dataclass(frozen=True)
class Held:
    """A request whose answer is held back, and what leads to it."""

    name: str
    address: str
    until: Callable[[Visit], None]


def press(visit: Visit) -> None:
    visit.launcher.click()


def press_and_send(visit: Visit) -> None:
    visit.launcher.click()
    visit.has_state("open")
    visit.send()


def be_puzzled_and_send(visit: Visit) -> None:
    """As while the site is under attack."""

    def puzzle(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "challenge": CHALLENGE})

    visit.page.route("**/token?*", puzzle)
    press_and_send(visit)
    # Until the token is old enough: then the form waits for nothing but the puzzle.
    visit.page.wait_for_function(OLD_ENOUGH, arg=visit.page.evaluate("performance.now()"))


HELD = [
    Held("modules", "**/panel.js", press),
    Held("token", "**/token?*", press),
    Held("token-of-a-form-that-was-sent", "**/token?*", press_and_send),
    Held("puzzle", "**/proof.js", be_puzzled_and_send),
    Held("answer", "**/calls?*", press_and_send),
    Held("news", "**/api/calls/*", press_and_send),
]


@pytest.mark.parametrize("name", ["calm", "calm-inline"])
@pytest.mark.parametrize("held", HELD, ids=lambda held: held.name)
def test_an_answer_after_destroy_starts_nothing(
    grounds: Grounds, page: Page, held: Held, name: str
) -> None:
    """An answer that comes after destroy() starts nothing."""
    routes: list[Route] = []

    def hold(route: Route) -> None:
        routes.append(route)

    page.route(held.address, hold)
    page.goto(f"{grounds.hosts}/{name}")
    ledger = Ledger(page, grounds)
    with page.expect_request(held.address):
        held.until(Visit(page, grounds))
    page.evaluate("Callme.destroy()")
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    with page.expect_event("requestfinished", lambda request: request == routes[0].request):
        routes[0].continue_()
    page.wait_for_function(A_WHILE, arg=page.evaluate("performance.now()"))
    assert requested == []
    nothing_is_left(page, ledger)


@pytest.mark.parametrize("name", ["calm", "calm-inline", "integrity"])
def test_loading_the_script_after_destroy_brings_the_widget_back(
    grounds: Grounds, page: Page, name: str
) -> None:
    """The same buttons appear again, and a second destroy() removes them."""
    page.goto(f"{grounds.hosts}/{name}")
    ledger = Ledger(page, grounds)
    visit = Visit(page, grounds)
    visit.open()
    page.evaluate("Callme.destroy()")
    page.evaluate(LOAD_AGAIN)
    visit.connect()
    expect(page.locator("call-me")).to_have_count(1)
    page.evaluate("Callme.destroy()")
    nothing_is_left(page, ledger)


def test_an_element_added_after_destroy_requests_nothing(grounds: Grounds, page: Page) -> None:
    """An element of a page whose widget was taken away does not ask for anything."""
    page.goto(f"{grounds.hosts}/calm")
    ledger = Ledger(page, grounds)
    Visit(page, grounds).launcher.wait_for()
    page.evaluate("Callme.destroy()")
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.evaluate("document.body.append(document.createElement('call-me'))")
    page.evaluate("document.querySelector('call-me').setAttribute('site', 'acme')")
    page.evaluate("document.body.prepend(document.querySelector('call-me'))")
    page.evaluate(TWO_TURNS)
    assert requested == []
    nothing_is_left(page, ledger)
