"""Every state that the widget can be in, reached at once by answering in the server's place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from tests.browser.conftest import Widget
from tests.browser.demo import Demo
from tests.browser.pages import watched
from webapp.assets import STATIC
from webapp.domain.phone.patterns import countries

Changes = dict[str, object]

LAUNCHERS: dict[str, Changes] = {
    "inline": {"launcher": "inline"},
    "pill": {"launcher": "pill"},
    "bubble": {"launcher": "bubble"},
    "tab": {"launcher": "tab", "offset": [24, 0]},
}
FORMS: dict[str, Changes] = {
    "two receptionists": {},
    "one receptionist": {"receptionists": [{"key": "quotes", "label": "Quotes and planning"}]},
    "a box to tick": {"consent_checkbox": True},
    "nothing to agree to": {"consent": None, "privacy_url": None},
    "a country to choose": {
        "countries": [country.public() for country in countries("US", ["US", "DE"])]
    },
}
"""What sites can choose, each as what it changes of the demo's site."""

STATUSES = (
    "queued",
    "dialing",
    "connected",
    "busy",
    "failed",
    "unknown",
    "expired",
    "cancelled",
)
REFUSALS: dict[str, tuple[int, Changes]] = {
    "field refused": (
        422,
        {"errors": {"phone": ["We can only call numbers in these countries: Canada."]}},
    ),
    "limit": (
        429,
        {"detail": "This number cannot be called again just yet. You can ask again in 2 minutes."},
    ),
    "unavailable": (503, {"detail": "We cannot call you right now. Please call us."}),
}
STATES = ("field error", "sending", *STATUSES, *REFUSALS, "offline")
"""All that can follow the open form."""

WORDS: dict[str, str] = json.loads((STATIC / "locales" / "en.json").read_text("utf-8"))["widget"]
"""What the panel says, by state."""

_SHOWN_AS = {
    "field error": "open",
    "field refused": "open",
    "limit": "unavailable",
    "offline": "unavailable",
}
_LONG_MS = 600_000
"""Until the panel asks again: longer than any test."""


class Panel(Widget):
    """The widget of a page whose requests are answered here."""

    def __init__(self, demo: Demo, page: Page) -> None:
        super().__init__(page)
        site = requests.get(f"{demo.callme_url}/api/sites/harrow-sun", timeout=15)
        self._site: Changes = site.json()
        self._shown = self._site
        self._answer: Callable[[Route], None] = Route.abort
        page.route("**/api/sites/*/calls?*", self._take_call)
        page.route("**/api/sites/*/token?*", self._give_token)

    def _take_call(self, route: Route) -> None:
        self._answer(route)

    def _give_token(self, route: Route) -> None:
        terms = {key: self._shown.get(key) for key in ("consent", "consent_checkbox")}
        _fulfill(route, 200, {"token": "of no worth", "challenge": None, **terms})

    def configure(self, changes: Changes) -> None:
        """Have the demo's site with `changes`, and a panel that is closed."""
        self._shown = self._site | changes
        self.page.evaluate("sessionStorage.clear(); localStorage.clear()")
        self.page.evaluate("site => Callme.update(site)", self._shown)
        self.expect_state("closed")

    @contextmanager
    def configured(self, changes: Changes) -> Iterator[None]:
        """The same for a while."""
        self.configure(changes)
        try:
            yield
        finally:
            self.configure({})

    @contextmanager
    def showing(self, state: str) -> Iterator[None]:
        """Open the panel and have it come to `state`; a new one is made afterwards."""
        with self.configured({}):
            self.open()
            with self.sending(state):
                yield

    @contextmanager
    def sending(self, state: str) -> Iterator[None]:
        """Fill the open form and press its button, which leads to `state`."""
        held: list[Route] = []
        self._answer = _answer_of(state, held)
        self.phone.fill("12" if state == "field error" else "202 555 0171")
        self.page.context.set_offline(state == "offline")
        self.submit.click()
        self.expect_state(_SHOWN_AS.get(state, state))
        if state.startswith("field"):
            expect(self.phone).to_have_attribute("aria-invalid", "true")
        try:
            yield
        finally:
            self.page.context.set_offline(False)
            for route in held:
                route.abort()


@contextmanager
def desktop(browser: Browser) -> Iterator[Page]:
    """A page for many tests. As nothing moves, nothing has to be waited for."""
    screen: ViewportSize = {"width": 1280, "height": 800}
    with browser.new_context(viewport=screen, reduced_motion="reduce") as context:
        yield watched(context.new_page())


def opened(demo: Demo, page: Page, path: str = "") -> Panel:
    """A page of the demo with its panel still closed."""
    page.goto(demo.url + path)
    panel = Panel(demo, page)
    panel.launcher.wait_for()
    return panel


def _answer_of(state: str, held: list[Route]) -> Callable[[Route], None]:
    if state == "sending":
        return held.append
    if state in STATUSES:
        news: Changes = {"status": state, "status_url": "about:", "poll_after_ms": _LONG_MS}
        return lambda route: _fulfill(route, 202, news)
    if state in REFUSALS:
        status, problem = REFUSALS[state]
        return lambda route: _fulfill(route, status, problem | {"status": status})
    return Route.abort


def _fulfill(route: Route, status: int, body: Changes) -> None:
    route.fulfill(
        status=status,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Content-Type": "application/json",
        },
        body=json.dumps(body),
    )
