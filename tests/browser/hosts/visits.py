"""A visit to a host page: what a visitor does there, and what the page must not have noticed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import ConsoleMessage, Error, Frame, Page, Request, expect

from tests.browser.hosts.grounds import Grounds
from tests.helpers.sites import OTHER_MENU, SALES_MENU

WATCH = """
(() => {
  const violations = [];
  Object.defineProperty(window, 'violations', {value: violations});
  addEventListener('securitypolicyviolation', event =>
    violations.push(event.violatedDirective + ' of ' + event.blockedURI), true);
})();
"""

LOOK = """
host => {
  const shown = ['font-size', 'font-family', 'font-weight', 'line-height', 'letter-spacing',
    'text-transform', 'text-align', 'text-shadow', 'word-spacing', 'white-space', 'color',
    'background-color', 'display', 'opacity', 'visibility', 'padding', 'margin', 'border',
    'border-radius', 'cursor', 'filter'];
  const dialog = host.shadowRoot.querySelector('dialog');
  return [...host.shadowRoot.querySelectorAll('*')].map(element => {
    const {x, y, width, height} = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const placed = dialog && dialog.contains(element) ? [x, y] : [];
    return [element.localName, ...[...placed, width, height].map(Math.round),
      ...shown.map(name => name + ': ' + style.getPropertyValue(name))].join('; ');
  });
}
"""
"""How every element of the widget looks, and how large it is; where, for those of the panel."""

BESIDE = """
host => {
  const atLeft = element => {
    const {left, right} = element.getBoundingClientRect();
    return left + right < innerWidth;
  };
  const panel = host.shadowRoot.querySelector('dialog');
  return !host.hasAttribute('floating') || atLeft(host) === atLeft(panel);
}
"""
"""Whether the panel of a button that floats is at the button's side of the page."""

LAYOUT = """
() => [...document.querySelectorAll('html, body, body *')]
  .filter(element => !element.closest('call-me') && !element.querySelector('call-me:not([floating])'))
  .map(element => {
    const {x, y, width, height} = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (style.display === 'none') return element.localName;
    return [element.localName, x + scrollX, y + scrollY, width, height,
      style.font, style.color, style.display].join();
  })
"""
"""Where every element of the page stands, but for those that hold the button."""


def layout_of(root: Page | Frame) -> list[str]:
    seen: list[str] = root.evaluate(LAYOUT)
    return seen


@contextmanager
def no_trouble(page: Page) -> Iterator[None]:
    """Fail when the page complains meanwhile, or say so with what failed before."""
    said: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(f"console: {message.text}")

    def fault(error: Error) -> None:
        said.append(f"a script failed: {error}")

    def missed(request: Request) -> None:
        said.append(f"not loaded: {request.url} ({request.failure})")

    hearers = {"console": console, "pageerror": fault, "requestfailed": missed}
    for event, hear in hearers.items():
        page.on(event, hear)  # type: ignore[call-overload]
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"The page said: {said}")
        raise
    finally:
        for event, hear in hearers.items():
            page.remove_listener(event, hear)
    assert not said, f"The page said: {said}"


class Visit:
    """The button of a page, found by its parts: in whichever language it speaks."""

    def __init__(self, page: Page, grounds: Grounds, frame: Frame | None = None) -> None:
        self.page = page
        self.grounds = grounds
        self.root: Page | Frame = frame or page
        self.look: list[str] = []
        """How acme's button looked when its panel was open for the first time."""
        self.layout: list[str] = []
        """How the page stood at that moment."""
        self.of("acme")

    def of(self, site: str) -> Visit:
        """From now on the button of that site is meant."""
        self.site = site
        self.element = self.root.locator(f"call-me[site={site}]")
        self.launcher = self.element.locator("[part~=launcher]")
        self.panel = self.element.locator("dialog")
        self.phone = self.element.locator("[part~=phone]")
        self.submit = self.element.locator("[part~=submit]")
        self.closer = self.element.locator("[part~=close]")
        return self

    def run(self, script: str) -> None:
        """Have the page do something."""
        self.root.evaluate(script)

    def has_state(self, state: str) -> None:
        expect(self.element).to_have_attribute("data-state", state)

    def open(self) -> None:
        self.launcher.click()
        self.is_open()

    def is_open(self) -> None:
        """The panel is in the top layer, by its button, and what is seen of it can be pressed."""
        self.has_state("open")
        assert self.element.evaluate(BESIDE), "the panel is at the other side than its button"
        assert self.panel.evaluate("dialog => dialog.matches(':modal')"), "the panel is not modal"
        self.submit.click(trial=True)
        self.closer.click(trial=True)
        if not self.look and self.site == "acme":
            self.look = self.element.evaluate(LOOK)
            self.layout = layout_of(self.root)

    def send(self) -> str:
        """Ask for a call in the panel that is open; the number that was typed."""
        phone = self.grounds.new_phone()
        self.phone.fill(phone)
        self.submit.click()
        return phone

    def send_and_let_ring(self) -> tuple[str, threading.Event]:
        """Ask for a call whose phone rings until the event is set."""
        phone = self.grounds.new_phone()
        answered = self.grounds.held.hold(phone)
        self.phone.fill(phone)
        self.submit.click()
        self.has_state("dialing")
        return phone, answered

    def is_connected(self, phone: str) -> None:
        self.has_state("connected")
        wanted = {"acme": SALES_MENU, "beta": OTHER_MENU}[self.site]
        assert self.grounds.menus(phone) == [wanted], "the vendor's calls to this number"

    def shut(self) -> None:
        self.closer.click()
        self.has_state("closed")
        expect(self.panel).to_be_hidden()

    def connect(self) -> None:
        """The whole path: press, type, send, be rung, close."""
        self.open()
        self.is_connected(self.send())
        self.shut()

    def violations(self) -> list[str]:
        seen: list[str] = self.root.evaluate("window.violations")
        return seen
