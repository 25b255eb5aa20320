"""What happens on the button and in the panel stays there: to the page it would have happened on
`<call-me>`, which is neither a button nor a field, and pages cancel that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.embedding import Host, Landing
from tests.browser.pages import watched

KINDS = " ".join(
    (
        # UI Events, Pointer Events, Touch Events
        "click dblclick auxclick contextmenu mousedown mouseover mouseout wheel mousewheel",
        "pointerdown pointerover pointerout gotpointercapture lostpointercapture",
        "touchstart touchmove touchend touchcancel DOMMouseScroll",
        "keydown keypress keyup beforeinput input focusin focusout",
        # Clipboard API, drag and drop, Selection API
        "copy cut paste dragstart drag dragleave selectstart",
        # What fields, forms and dialogs tell
        "change select invalid reset submit toggle beforetoggle cancel close",
    )
).split()
ENDS_OF_GESTURES = [
    *("mousemove", "mouseup", "pointermove", "pointerup", "pointercancel"),
    *("dragenter", "dragover", "drop"),
]
"""Which may have begun on the page: a map that is dragged, a file that is let go."""

LISTEN = """
kinds => {
  window.heard = [];
  for (const where of [window, document, document.body, document.querySelector('call-me')])
    for (const kind of kinds)
      where.addEventListener(kind, event => {
        heard.push(`${kind} at ${where.nodeName || 'window'}`);
        event.preventDefault();
      }, {passive: false});
}
"""
HAPPEN = """
kinds => {
  const host = document.querySelector('call-me');
  const open = host.dataset.state !== 'closed';
  let targets = 0;
  const all = () => [...host.shadowRoot.querySelectorAll('*')];
  const seen = all().map(one => one.localName);
  for (const at in seen)
    for (const kind of kinds) {
      // Some of what is dispatched here closes the panel.
      if (open) host.panel.open();
      const target = all()[at];
      if (!target) continue;
      targets++;
      const event = new Event(kind, {bubbles: true, composed: true, cancelable: true});
      const before = heard.length;
      target.dispatchEvent(event);
      if (heard.length > before) heard.push(`of ${target.localName}.${target.className}`);
    }
  return [targets, heard];
}
"""


@pytest.fixture
def page(host: Host, visitor: Callable[..., BrowserContext]) -> Page:
    """A page that may be touched, with a button in the text."""
    page = watched(visitor(has_touch=True, reduced_motion="reduce").new_page())
    Landing(page, host).visit(
        f'<call-me site="acme"></call-me><script async src="{host.callme_url}/w/acme.js"></script>'
    )
    expect(page.locator("call-me[data-state=closed]")).to_be_attached()
    return page


def closed(landing: Landing) -> None:
    landing.page.locator("call-me [part=launcher]").hover()
    landing.page.wait_for_function("document.querySelector('call-me').panel")


def opened(landing: Landing) -> None:
    landing.open_panel()


def refused(landing: Landing) -> None:
    landing.open_panel()
    landing.ask_for_call("12")


def connected(landing: Landing) -> None:
    landing.open_panel()
    landing.be_called()


@pytest.mark.parametrize("state", [closed, opened, refused, connected])
def test_no_kind_of_event_leaves_the_widget(
    host: Host, page: Page, state: Callable[[Landing], None]
) -> None:
    state(Landing(page, host))
    page.evaluate(LISTEN, KINDS)
    targets, heard = page.evaluate(HAPPEN, KINDS)
    assert targets >= 2 * len(KINDS)
    assert heard == []


@pytest.mark.parametrize("state", [closed, opened])
def test_the_page_receives_the_end_of_its_own_gestures(
    host: Host, page: Page, state: Callable[[Landing], None]
) -> None:
    state(Landing(page, host))
    page.evaluate(LISTEN, ENDS_OF_GESTURES)
    _, heard = page.evaluate(HAPPEN, ENDS_OF_GESTURES)
    for kind in ENDS_OF_GESTURES:
        assert f"{kind} at #document" in heard


def test_page_shortcuts_work_while_the_button_has_focus(host: Host, page: Page) -> None:
    """But for the keys that press the button."""
    page.evaluate("window.keys = []; addEventListener('keydown', event => keys.push(event.key))")
    page.locator("call-me [part=launcher]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("call-me[data-state=open]")).to_be_attached()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("keys") == ["ArrowRight"]


def test_the_page_receives_the_widgets_own_events(host: Host, page: Page) -> None:
    page.evaluate(
        "window.told = []; addEventListener('callme:open', event => told.push(event.target.localName))"
    )
    Landing(page, host).open_panel()
    assert page.evaluate("told") == ["call-me"]


def test_the_widget_does_not_listen_for_pointerrawupdate(host: Host, page: Page) -> None:
    """A listener for pointerrawupdate costs the whole page."""
    cdp = page.context.new_cdp_session(page)
    Landing(page, host).open_panel()
    for part in ("[part=launcher]", "dialog"):
        found = cdp.send(
            "Runtime.evaluate",
            {"expression": f"document.querySelector('call-me').shadowRoot.querySelector('{part}')"},
        )
        where = {"objectId": found["result"]["objectId"]}
        listeners = cdp.send("DOMDebugger.getEventListeners", where)["listeners"]
        kinds = {listener["type"] for listener in listeners}
        assert {"click", "wheel", "beforeinput"} <= kinds
        assert "pointerrawupdate" not in kinds
        assert {listener["type"] for listener in listeners if not listener["passive"]} <= {
            *["click", "pointerdown", "close", "pointerenter", "focus"]
        }
