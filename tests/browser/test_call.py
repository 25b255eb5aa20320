"""From the press of the button to the end of the call, in a real browser on the real servers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize, expect

from tests.browser.conftest import READ_TIMEOUT, Widget
from tests.browser.demo import Demo, DemoHere
from tests.browser.pages import NARROW, WIDE, watched

US_FALLBACK = "(202) 555-0199"

ENDS = {
    "0101": ("busy", "We could not reach you", "Your phone was busy or not answered."),
    "0103": (
        "failed",
        "That did not work",
        "We could not place the call. Please call us:",
    ),
    "0104": (
        "unknown",
        "Did your phone ring?",
        "We did not hear back from the phone service.",
    ),
    "0105": (
        "connected",
        "You picked up",
        "We are connecting you with Quotes and planning.",
    ),
    "0106": (
        "unknown",
        "Did your phone ring?",
        "We did not hear back from the phone service.",
    ),
    "0107": (
        "unknown",
        "Did your phone ring?",
        "We did not hear back from the phone service.",
    ),
    "0108": (
        "failed",
        "That did not work",
        "We could not place the call. Please call us:",
    ),
    "0109": (
        "failed",
        "That did not work",
        "We could not place the call. Please call us:",
    ),
    "0110": (
        "failed",
        "That did not work",
        "We could not place the call. Please call us:",
    ),
    "0111": (
        "failed",
        "That did not work",
        "We could not place the call. Please call us:",
    ),
}


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["360px", "1280px"])
@pytest.mark.parametrize("path", ["", "batteries"], ids=["inline", "floating"])
def test_a_press_rings_the_phone_and_the_panel_tells_each_step(
    demo_of_processes: Demo,
    visitor_as_they_are: Callable[..., BrowserContext],
    viewport: ViewportSize,
    path: str,
) -> None:
    """The whole main path, cross-origin: queued, dialing, connected, and what the vendor got."""
    demo, page = demo_of_processes, watched(visitor_as_they_are(viewport=viewport).new_page())
    number = f"20255501{20 + viewport['width'] % 7 * 2 + len(path) % 2}"
    page.goto(demo.url + path)
    widget = Widget(page)
    widget.launcher.wait_for()
    widget.watch_states()
    widget.request(f"({number[:3]}) {number[3:6]}-{number[6:]}")
    widget.expect_state("connected")
    expect(widget.card).to_contain_text("We are connecting you with Quotes and planning.")
    assert widget.states() == [
        "closed",
        "open",
        "sending",
        "queued",
        "dialing",
        "connected",
    ]
    requests = demo.received(number)
    assert len(requests) == 1, f"the vendor got {len(requests)} requests"
    assert requests[0]["query"]["menu_id"] == "55443322"  # type: ignore[index]
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, f"the page scrolls sideways by {overflow} px"


def test_the_strip_shows_what_the_vendor_received(demo: Demo, page: Page) -> None:
    """The demo's strip: the request with its keys hashed, and the answer."""
    page.goto(demo.url)
    Widget(page).request("(202) 555-0140")
    strip = page.get_by_text("phone_to_call=2025550140")
    expect(strip).to_be_visible()
    assert "foo" not in page.locator("body").inner_text().split()


@pytest.mark.parametrize("ending", ENDS)
def test_each_vendor_outcome_shows_its_own_end_state(demo: Demo, page: Page, ending: str) -> None:
    """The right end state, its title and sentence, and never a panel that hangs."""
    state, title, sentence = ENDS[ending]
    before = len(demo.received(f"202555{ending}"))
    page.goto(demo.url + "batteries")
    widget = Widget(page)
    widget.request(f"(202) 555-{ending}")
    widget.expect_state(state)
    expect(widget.card.get_by_role("heading")).to_have_text(title)
    expect(widget.card.locator(".sentence")).to_contain_text(sentence)
    if state in ("failed", "unknown"):
        link = widget.card.get_by_role("link", name=f"Call {US_FALLBACK}")
        expect(link).to_have_attribute("href", "tel:+12025550199")
    times = len(demo.received(f"202555{ending}")) - before
    assert times == (3 if ending == "0105" else 1)


def test_a_phone_that_rings_long_stays_ringing_until_it_is_answered(
    patient_demo: DemoHere, visitor: Callable[..., BrowserContext]
) -> None:
    """Thirty seconds of ringing, by the clocks of the page and of Callme: the panel asks and says so all
    the while, then that it was picked up."""
    assert READ_TIMEOUT > 30
    answered = patient_demo.held.hold("2025550149")
    page = watched(visitor().new_page())
    page.clock.install()
    page.goto(patient_demo.url + "batteries")
    widget = Widget(page)
    widget.request("(202) 555-0149")
    widget.expect_state("dialing")
    for _ in range(6):
        with page.expect_response("**/api/calls/*") as news:
            patient_demo.clock.move(5)
            page.clock.fast_forward(5_000)
        assert news.value.json()["status"] == "dialing"
        widget.expect_state("dialing")
    answered.set()
    widget.expect_state("connected")


def test_a_second_receptionist_can_be_chosen(demo: Demo, page: Page) -> None:
    """Whom the visitor chose is who the vendor is asked for, and who the panel names."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.open()
    page.get_by_role("radio", name="Service and repairs").check()
    widget.phone.fill("202 555 0141")
    widget.submit.click()
    widget.expect_state("connected")
    expect(widget.card).to_contain_text("We are connecting you with Service and repairs.")
    assert demo.received("2025550141")[0]["query"]["menu_id"] == "55443323"  # type: ignore[index]


@pytest.mark.parametrize(
    "typed",
    ["hello", "123", "(202) 555-01", "+44 20 7946 0958", "2" * 64],
    ids=["letters", "short", "incomplete", "another country", "endless"],
)
def test_a_number_we_cannot_call_shows_its_error_at_the_field(
    demo: Demo, page: Page, typed: str
) -> None:
    """The sentence stands at the field, the typed text stays, and no vendor is asked."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.request(typed)
    expect(widget.phone).to_have_attribute("aria-invalid", "true")
    assert marks(widget.phone.input_value()) == marks(typed), "only separators may change"
    expect(widget.phone).to_be_focused()
    expect(widget.phone).to_have_accessible_description(
        "We can only call numbers in these countries: United States and Canada."
        if typed.startswith("+44")
        else "That does not look like a full phone number. Example: (202) 555-0100"
    )
    widget.expect_state("open")


def marks(number: str) -> str:
    """What was typed, without the separators that the field groups it with."""
    return re.sub(r"[\s()-]", "", number)


def test_a_double_click_makes_one_call(demo: Demo, page: Page) -> None:
    """Two fast clicks and an Enter on top: one vendor request."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.open()
    widget.phone.fill("202 555 0142")
    page.evaluate(
        """() => {
          const form = document.querySelector('call-me').shadowRoot.querySelector('form');
          const button = form.querySelector('button');
          button.click(); button.click(); form.requestSubmit();
        }"""
    )
    widget.expect_state("connected")
    assert len(demo.received("2025550142")) == 1


def test_a_submit_while_offline_keeps_the_number_and_can_be_retried_online(
    demo: Demo, page: Page
) -> None:
    """A press while offline says so, dials nothing, and sends the same wish when asked again."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.open()
    widget.phone.fill("202 555 0144")
    page.context.set_offline(True)
    widget.submit.click()
    expect(widget.card.get_by_role("heading")).to_have_text("You are offline")
    widget.expect_state("unavailable")
    assert demo.received("2025550144") == []
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    widget.expect_state("connected")
    assert len(demo.received("2025550144")) == 1


def test_a_press_while_offline_shows_the_owners_number_in_the_buttons_place(
    demo: Demo, page: Page
) -> None:
    """The owner's number stands in the button's place, the visitor stays on the page, and the button is
    back with the network."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.wait_for()
    page.context.set_offline(True)
    widget.launcher.click()
    link = widget.element.get_by_role("link", name=US_FALLBACK)
    expect(link).to_have_attribute("href", "tel:+12025550199")
    widget.expect_state("unavailable")
    assert page.url == demo.url
    page.context.set_offline(False)
    widget.open()
    expect(widget.phone).to_be_focused()


@pytest.mark.parametrize("gone", ["away", "failing"])
def test_a_press_while_callme_is_down_keeps_the_page_and_shows_the_number(
    demo: Demo, page: Page, gone: str
) -> None:
    """Its own page would be as dead: the visitor would lose the owner's for a browser's error."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.wait_for()
    answer = (
        (lambda route: route.abort())
        if gone == "away"
        else (lambda route: route.fulfill(status=502, body="Bad gateway"))
    )
    page.route(f"{demo.callme_url}/**", answer)
    widget.launcher.click()
    link = widget.element.get_by_role("link", name=US_FALLBACK)
    expect(link).to_have_attribute("href", "tel:+12025550199")
    widget.expect_state("unavailable")
    assert page.url == demo.url


@pytest.mark.parametrize("status", [200, 502])
def test_an_earlier_failed_press_does_not_close_a_later_panel(
    demo: Demo, page: Page, status: int
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.wait_for()
    page.route("**/panel.js", lambda route: route.abort(), times=1)
    page.route("**/api/sites/harrow-sun", hold)
    with page.expect_request("**/api/sites/harrow-sun"):
        page.evaluate("() => void Callme.open()")
    widget.open()
    expect(widget.phone).to_be_focused()
    with page.expect_response("**/api/sites/harrow-sun"):
        held[0].fulfill(
            status=status, json={}, headers={"Access-Control-Allow-Origin": demo.url.rstrip("/")}
        )
    page.evaluate("() => new Promise((done) => setTimeout(() => requestAnimationFrame(done)))")
    assert page.url == demo.url
    expect(widget.phone).to_be_focused()


def test_a_widget_that_was_taken_away_while_its_modules_fail_leaves_the_page_alone(
    demo: Demo, page: Page
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.goto(demo.url)
    page.route("**/panel.js", hold)
    with page.expect_request("**/panel.js"):
        Widget(page).launcher.click()
    page.evaluate("Callme.destroy()")
    with page.expect_response(f"{demo.callme_url}/api/sites/harrow-sun"):
        held[0].abort()
    # By then it would have gone.
    page.evaluate("() => new Promise((done) => setTimeout(() => requestAnimationFrame(done)))")
    assert page.url == demo.url


def test_a_form_whose_answer_was_lost_is_sent_again_and_rings_once(demo: Demo, page: Page) -> None:
    """The page still gets every event, `queued` included, which owners count."""
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.fallback()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort()

    page.route("**/calls?*", lose_the_first)
    page.goto(demo.url)
    page.evaluate(
        """() => { window.told = []; Callme.on("status", ({ detail }) => told.push(detail.status)); }"""
    )
    widget = Widget(page)
    widget.request("202 555 0146")
    widget.expect_state("connected")
    events = page.evaluate("told")
    assert (events[0], events.count("queued"), events[-1]) == ("queued", 1, "connected")
    assert len(lost) == 1
    assert len(demo.received("2025550146")) == 1


def test_when_no_answer_ever_comes_the_panel_does_not_claim_that_nobody_rings(
    demo: Demo, page: Page
) -> None:
    """The form was accepted and the phone rings: "we could not place the call" would be untrue."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/calls?*", lose)
    page.goto(demo.url)
    widget = Widget(page)
    widget.request("202 555 0147")
    widget.expect_state("unknown", 30)
    expect(widget.card.get_by_role("heading")).to_have_text("Did your phone ring?")
    page.unroute("**/calls?*")
    widget.close.click()
    widget.open()
    expect(widget.phone).to_have_value("(202) 555-0147")
    widget.submit.click()
    widget.expect_state("connected")
    assert len(demo.received("2025550147")) == 1, "the same wish makes the same call"


def test_a_call_unknown_to_the_server_ends_as_unknown_at_once(demo: Demo, page: Page) -> None:
    """The browser may read the refusal, so that the panel needs not wait for its patience to end."""
    unknown = f"{demo.callme_url}/api/calls/unknown"
    page.route("**/api/calls/*", lambda route: route.fulfill(response=route.fetch(url=unknown)))
    page.goto(demo.url)
    widget = Widget(page)
    widget.request("202 555 0148")
    widget.expect_state("unknown")


def test_too_many_requests_are_told_with_the_time_to_wait(demo: Demo, page: Page) -> None:
    """The eleventh request of a minute: a card that says when to come back, and no vendor request."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.wait_for()
    page.evaluate(
        """async (url) => {
          for (let i = 0; i < 10; i++) {
            await fetch(url, {method: 'POST', body: new URLSearchParams({phone: ''})});
          }
        }""",
        f"{demo.callme_url}/api/sites/harrow-sun/calls",
    )
    widget.request("202 555 0145")
    widget.expect_state("unavailable")
    expect(widget.card.get_by_role("heading")).to_have_text("One call at a time")
    expect(widget.card.locator(".sentence")).to_contain_text("You can ask again in")
    assert demo.received("2025550145") == []


@pytest.mark.parametrize("blocked", ["**/widget/**", "**/w/harrow-sun/*.js"])
def test_when_a_module_cannot_be_loaded_the_hosted_page_takes_over(
    demo: Demo, page: Page, blocked: str
) -> None:
    """It costs the visitor a page, not the call: the panel's, or what the site's form is made of."""
    page.goto(demo.url)
    page.route(blocked, lambda route: route.abort())
    Widget(page).launcher.click()
    page.wait_for_url(f"{demo.callme_url}/call/harrow-sun")
    expect(page.get_by_role("heading", level=1)).to_have_text("Want us to call you?")
