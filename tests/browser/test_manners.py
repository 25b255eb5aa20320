"""The widget as a guest on somebody else's page: what it asks for, keeps, and leaves alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Widget
from tests.browser.demo import Demo
from tests.browser.pages import NARROW, NewPage, watched
from tests.helpers.waiting import wait_until


def test_one_request_before_the_visitor_acts(demo: Demo, page: Page) -> None:
    """Until somebody comes near the button, the launcher is all that is asked for."""
    requested: list[str] = []
    page.on(
        "request",
        lambda request: requested.append(request.url) if demo.callme_url in request.url else None,
    )
    page.goto(demo.url, wait_until="networkidle")
    widget = Widget(page)
    widget.launcher.wait_for()
    assert requested == [f"{demo.callme_url}/w/harrow-sun.js"]
    with page.expect_response("**/panel.js"), page.expect_response("**/w/harrow-sun/*.js"):
        widget.launcher.hover()
    page.locator("call-me dialog").wait_for(state="attached")
    assert sorted(url.removeprefix(demo.callme_url).split("/")[1] for url in requested[1:]) == [
        "w",
        "widget",
        "widget",
    ], requested


STORED = "[document.cookie, localStorage.length, ...Object.keys(sessionStorage).sort()]"


def test_nothing_is_stored_before_the_visitor_acts(demo: Demo, page: Page) -> None:
    """Once the panel was opened the tab keeps where the visit began; a call only while it goes on."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.hover()
    assert page.evaluate(STORED) == ["", 0]
    widget.open()
    assert page.evaluate(STORED) == ["", 0, "callme"]
    widget.phone.fill("202 555 0150")
    widget.submit.click()
    widget.expect_state("dialing")
    assert page.evaluate(STORED) == ["", 1, "callme"]
    kept = page.evaluate("JSON.parse(localStorage['callme:harrow-sun'])")
    assert "0150" not in str({**kept, "id": "", "key": "", "status_url": ""})
    widget.expect_state("connected")
    assert page.evaluate(STORED) == ["", 0, "callme"]
    assert "202" not in page.evaluate("sessionStorage.callme")


def test_no_cookie_and_no_global_but_callme(
    demo: Demo, visitor: Callable[..., BrowserContext]
) -> None:
    """After a whole call there is no cookie, and `window` has one name more."""
    page = watched(visitor().new_page())
    page.add_init_script("window.before = new Set(Object.getOwnPropertyNames(window))")
    page.goto(demo.url)
    widget = Widget(page)
    widget.request("202 555 0157")
    widget.expect_state("connected")
    assert page.context.cookies() == []
    added = page.evaluate(
        "Object.getOwnPropertyNames(window).filter(n => !before.has(n) && n !== 'before')"
    )
    assert added == ["Callme"]


def test_a_call_violates_no_content_security_policy(
    demo: Demo, visitor: Callable[..., BrowserContext]
) -> None:
    """script-src and connect-src for Callme's origin are all that it needs; Trusted Types hold."""
    page = watched(visitor().new_page())
    page.add_init_script(
        "window.violations = [];"
        "addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective))"
    )
    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.click()
    widget.expect_state("open")
    widget.phone.fill("202 555 0151")
    widget.submit.click()
    widget.expect_state("connected")
    assert page.locator("body").evaluate("() => window.violations") == []


HOSTILE = """
* { all: unset !important; }
button, dialog, call-me button { display: none !important; }
html { font-size: 62.5%; letter-spacing: 1em; text-transform: uppercase; }
body { transform: scale(1); }
dialog { opacity: 0 !important; }
"""


def test_a_hostile_page_cannot_break_the_widget(demo: Demo, page: Page) -> None:
    """Styles that would hide or bend any button leave ours as it is."""
    page.goto(demo.url + "batteries")
    widget = Widget(page)
    widget.launcher.wait_for()
    before = widget.launcher.bounding_box()
    page.evaluate(
        """css => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(css);
          document.adoptedStyleSheets = [sheet];
        }""",
        HOSTILE,
    )
    assert widget.launcher.bounding_box() == before
    widget.request("202 555 0152")
    widget.expect_state("connected")
    box = widget.card.bounding_box()
    assert box
    assert box["width"] == 360


def test_the_widget_changes_nothing_of_the_page(demo: Demo, page: Page) -> None:
    """With and without the widget, every element of the page stands and looks the same."""
    measure = """() => [...document.querySelectorAll('body *')]
      .filter(e => !e.closest('call-me') && !e.closest('details'))
      .map(e => { const r = e.getBoundingClientRect(), s = getComputedStyle(e);
                  return [e.tagName, r.x, r.y, r.width, r.height, s.font, s.color].join(); })"""
    page.route("**/w/*.js", lambda route: route.abort())
    page.goto(demo.url + "batteries")
    without = page.evaluate(measure)
    page.unroute("**/w/*.js")
    page.goto(demo.url + "batteries")
    widget = Widget(page)
    widget.open()
    assert page.evaluate(measure) == without


def test_destroy_leaves_nothing_behind(demo: Demo, page: Page) -> None:
    """After destroy() no element, no panel, no poll: only the name `Callme` remains."""
    page.goto(demo.url + "batteries")
    widget = Widget(page)
    widget.request("(202) 555-0102")
    widget.expect_state("dialing")
    requested: list[str] = []
    page.evaluate("Callme.destroy()")
    page.on("request", lambda request: requested.append(request.url))
    expect(page.locator("call-me")).to_have_count(0)
    start = page.evaluate("performance.now()")
    wait_until(lambda: page.evaluate("performance.now()") > start + 2500, 10, "a poll's time")
    assert [url for url in requested if demo.callme_url in url] == []


def test_a_page_can_open_and_close_the_panel_and_hears_each_event(demo: Demo, page: Page) -> None:
    """A page can open and close the panel, and hears each step of the call."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.wait_for()
    page.evaluate(
        """() => { window.heard = [];
          for (const name of ['open', 'submit', 'status', 'close'])
            Callme.on(name, e => heard.push(name + (e.detail.status ? ':' + e.detail.status : ''))); }"""
    )
    page.evaluate("Callme.open('harrow-sun')")
    widget.expect_state("open")
    widget.phone.fill("202 555 0153")
    widget.submit.click()
    widget.expect_state("connected")
    page.evaluate("Callme.close()")
    widget.expect_state("closed")
    assert page.evaluate("heard") == [
        "open", "submit", "status:queued", "status:dialing", "status:connected", "close",
    ]  # fmt: skip


def test_loading_the_script_twice_makes_one_button(demo: Demo, new_page: NewPage) -> None:
    """A tag that was pasted twice does no harm."""
    page = new_page(bypass_csp=True)
    page.goto(demo.url + "batteries")
    widget = Widget(page)
    widget.launcher.wait_for()
    page.add_script_tag(url=f"{demo.callme_url}/w/harrow-sun.js?again")
    expect(page.locator("call-me")).to_have_count(1)


def test_the_launcher_without_a_site_fetches_its_configuration(
    demo: Demo, new_page: NewPage
) -> None:
    """/widget/VERSION/launcher.js, as a page with integrity= would load it, works for <call-me site>."""
    page = new_page(bypass_csp=True)
    boot = page.request.get(f"{demo.callme_url}/w/harrow-sun.js").text()
    version = boot.split('version:"')[1].split('"')[0]
    # Nor does it run anything that no hash is known of.
    page.route("**/w/**", lambda route: route.abort())
    page.goto(demo.url)
    page.evaluate(
        """src => new Promise((done, failed) => {
          const script = document.createElement('script');
          Object.assign(script, {src, crossOrigin: 'anonymous', onload: done, onerror: failed});
          document.head.append(script);
        })""",
        f"{demo.callme_url}/widget/{version}/launcher.js",
    )
    widget = Widget(page)
    widget.request("202 555 0154")
    widget.expect_state("connected")


@pytest.mark.parametrize("keys", ["Escape", "Close"])
def test_the_keyboard_is_enough_and_focus_comes_back(demo: Demo, page: Page, keys: str) -> None:
    """Tab to the button, Enter, type, Enter, and out again: focus is always somewhere sensible."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.wait_for()
    widget.launcher.focus()
    page.keyboard.press("Enter")
    expect(widget.phone).to_be_focused()
    page.keyboard.type("202 555 0155")
    page.keyboard.press("Enter")
    widget.expect_state("connected")
    expect(widget.close).to_be_focused()
    page.keyboard.press("Escape" if keys == "Escape" else "Enter")
    widget.expect_state("closed")
    expect(widget.launcher).to_be_focused()


def test_a_live_region_announces_each_state_once(demo: Demo, page: Page) -> None:
    """One polite live region says title and sentence of each state, once."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.open()
    page.evaluate(
        """() => {
          const root = document.querySelector('call-me').shadowRoot;
          const live = root.querySelector('[role=status]');
          window.said = [];
          new MutationObserver(() => said.push(live.textContent)).observe(live, {childList: true}); }"""
    )
    widget.phone.fill("202 555 0156")
    widget.submit.click()
    widget.expect_state("connected")
    assert page.evaluate("said") == [
        "Just a moment. Sending your request …",
        "Thank you. We are placing your call.",
        "Your phone is about to ring. Please pick up: it is Harrow & Sun Solar.",
        "You picked up. We are connecting you with Quotes and planning. You can close this.",
    ]


def test_reduced_motion_disables_all_animations(demo: Demo, new_page: NewPage) -> None:
    """The browser says `prefers-reduced-motion: reduce`."""
    page = new_page(reduced_motion="reduce")
    page.goto(demo.url)
    widget = Widget(page)
    widget.request("202 555 0157")
    widget.expect_state("dialing")
    running = page.evaluate("document.getAnimations({subtree: true}).length")
    inside = widget.card.evaluate("e => e.getAnimations({subtree: true}).length")
    assert (running, inside) == (0, 0)


def test_on_a_small_screen_the_panel_is_a_sheet_at_the_bottom(
    demo: Demo, new_page: NewPage
) -> None:
    """Full width, at the lower edge, with targets of at least 44 px."""
    page = new_page(viewport=NARROW, has_touch=True, reduced_motion="reduce")
    page.goto(demo.url + "batteries")
    widget = Widget(page)
    widget.launcher.tap()
    widget.expect_state("open")
    box = widget.card.bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 360)
    assert box["y"] + box["height"] == NARROW["height"]
    for target in (widget.phone, widget.submit, widget.close):
        size = target.bounding_box()
        assert size
        assert min(size["width"], size["height"]) >= 44, size
