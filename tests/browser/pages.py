"""Pages that tests use one after the other: a browser needs more time for a new one than most tests do.

A page that was given back has no routes, no storage and nothing open, and its visitor has another
address. What cannot be taken back, such as an init script, is for a page of a test's own.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Frame, Page, Route, ViewportSize

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}

NewPage = Callable[..., Page]
Scheme = Literal["light", "dark"]
Motion = Literal["reduce", "no-preference"]

_visitors = itertools.count(1)


failed_scripts: list[str] = []
"""What the pages that are watched have told of a test's scripts."""


def watched(page: Page) -> Page:
    # Collected: an exception in here would end the browser, and every test after this one with it.
    page.on("pageerror", lambda error: failed_scripts.append(error.stack or str(error)))
    return page


def new_address() -> str:
    number = next(_visitors)
    return f"198.51.{os.getpid() % 100}.{number % 250 + 1}"


def context_of_a_visitor(browser: Browser, **options: object) -> tuple[BrowserContext, list[str]]:
    """A visitor with an address, which is the list's first and can be changed there."""
    address = [new_address()]
    context = browser.new_context(**{"viewport": WIDE, **options})  # type: ignore[arg-type]
    context.route(
        re.compile(r"/(api|call)/"),
        lambda route: route.continue_(
            headers={**route.request.headers, "X-Forwarded-For": address[0]}
        ),
    )
    return context, address


class SharedPage:
    """The page of a browser context, for one test at a time."""

    def __init__(self, browser: Browser, options: dict[str, object]) -> None:
        self._context, self._address = context_of_a_visitor(browser, **options)
        self._visited: set[str] = set()
        self.page = watched(self._context.new_page())
        self.page.on("framenavigated", self._note)

    def _note(self, frame: Frame) -> None:
        parts = urlsplit(frame.url)
        if frame is self.page.main_frame and parts.netloc:
            self._visited.add(f"{parts.scheme}://{parts.netloc}/")

    def seen(self, viewport: ViewportSize, scheme: Scheme, motion: Motion) -> Page:
        self.page.set_viewport_size(viewport)
        self.page.emulate_media(
            media="null", color_scheme=scheme, reduced_motion=motion, forced_colors="none"
        )
        return self.page

    def renewed(self) -> bool:
        """Whether nothing of the test is left."""
        try:
            self._renew()
        except Error:
            return False
        return True

    def _renew(self) -> None:
        page = self.page
        for other in self._context.pages:
            if other is not page:
                other.close()
        page.unroute_all()
        self._context.set_offline(False)
        self._context.clear_cookies()
        # Storage belongs to origins, whose servers may have gone by now.
        page.route("**/*", _nothing)
        for origin in sorted(self._visited):
            page.goto(origin)
            page.evaluate("sessionStorage.clear(); localStorage.clear()")
        page.mouse.move(0, 0)
        page.unroute_all()
        self._visited.clear()
        self._address[0] = new_address()

    def close(self) -> None:
        self._context.close()


def _nothing(route: Route) -> None:
    route.fulfill(body="<!doctype html>", content_type="text/html")


class SharedPages:
    """One for each kind of browser that a test asks for."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, SharedPage] = {}
        self._taken: list[tuple[str, SharedPage]] = []

    def take(
        self,
        *,
        viewport: ViewportSize = WIDE,
        color_scheme: Scheme = "light",
        reduced_motion: Motion = "reduce",
        **options: object,
    ) -> Page:
        """A page as new, which is watched; a second one of the same kind within a test is one more.

        Nothing moves there, unless it is asked for: each frame is painted by the processor.
        """
        name = repr(sorted(options.items()))
        shared = self._free.pop(name, None) or SharedPage(self._browser, options)
        self._taken.append((name, shared))
        return shared.seen(viewport, color_scheme, reduced_motion)

    def give_back(self) -> None:
        """All that were taken. One that cannot be renewed is not used again."""
        while self._taken:
            name, shared = self._taken.pop()
            if name in self._free or not shared.renewed():
                shared.close()
            else:
                self._free[name] = shared

    def close(self) -> None:
        for shared in self._free.values():
            shared.close()
