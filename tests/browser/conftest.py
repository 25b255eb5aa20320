"""The real command in a process of its own, and a real Chromium that looks at it."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import requests
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser import chromium
from tests.browser.embedding import Host, Landing, running_host
from tests.helpers.waiting import wait_until

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}
START_SECONDS = 60
AGE_MS = "performance.now() - performance.getEntriesByType('navigation')[0].responseEnd"
expect.set_options(timeout=15_000)


@dataclass
class Demo:
    """A running `callme demo`: the landing page's address, Callme's and the stand-in's."""

    url: str
    callme_url: str
    sandbox_url: str

    def received(self, phone: str) -> list[dict[str, str]]:
        """What the stand-in got for a number, oldest first."""
        calls = requests.get(f"{self.sandbox_url}/_sandbox/calls", timeout=5).json()
        return [call for call in calls if call["query"].get("phone_to_call") == phone]


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """One demo for the tests of this process. A visitor's address is what X-Forwarded-For says,
    so that each test is a visitor of its own; a silent vendor is given up after three seconds."""
    with running_demo({"CALLME_DIALOGTECH_READ_TIMEOUT": "3"}) as running:
        yield running


@pytest.fixture(scope="module")
def patient_demo() -> Iterator[Demo]:
    """A demo that waits for the vendor as long as it does by default."""
    with running_demo({}) as running:
        yield running


@contextmanager
def running_demo(settings: dict[str, str]) -> Iterator[Demo]:
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp", "demo", "--port", "0"],
        env={**os.environ, "CALLME_TRUSTED_PROXY_HOPS": "1", **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output: list[str] = []
    started = threading.Event()

    def collect() -> None:
        assert process.stdout
        with process.stdout:
            for line in process.stdout:
                output.append(line)
                printed = "".join(output)
                if "demo is at" in printed and "Booting worker" in printed:
                    started.set()

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        assert started.wait(START_SECONDS), "callme demo did not start:\n" + "".join(output)
        yield _addresses("".join(output))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        finally:
            process.kill()
            collector.join(5)


def _addresses(printed: str) -> Demo:
    """The landing page's address as printed; the other two as its policy names them."""
    url = re.search(r"http://\S+/", printed)
    assert url, "callme demo printed no address:\n" + printed
    policy = requests.get(url[0], timeout=5).headers["Content-Security-Policy"]
    connect = re.search(r"connect-src 'self' (\S+) ([^;\s]+)", policy)
    assert connect, f"the landing page's policy names no server: {policy}"
    return Demo(url[0], connect[1], connect[2])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, "there is no Chromium: python -m tests.install gets one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--disable-background-networking"]
        )
        yield browser
        browser.close()


_visitors = itertools.count(1)


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts, each a visitor with an address of its own."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        number = next(_visitors)
        address = f"198.51.{os.getpid() % 100}.{number % 250 + 1}"
        context = browser.new_context(**{"viewport": WIDE, **options})  # type: ignore[arg-type]
        context.route(
            re.compile(r"/(api|call)/"),
            lambda route: route.continue_(
                headers={**route.request.headers, "X-Forwarded-For": address}
            ),
        )
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(visitor: Callable[..., BrowserContext]) -> Page:
    """A page on a desktop that fails its test on any error of a script or a policy."""
    return watched(visitor().new_page())


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Callme, and an origin of somebody else's for pages that carry its button."""
    folder = tmp_path_factory.mktemp("host")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("CALLME_"):
                patch.delenv(name)
        patch.setenv("CALLME_SECRETS_DIR", str(folder))
        with running_host(folder) as running:
            yield running


@pytest.fixture
def landing(host: Host, visitor: Callable[..., BrowserContext]) -> Iterator[Landing]:
    """A page that fails its test on an error of a script, and on whatever the browser complains of."""
    page = watched(visitor(reduced_motion="reduce").new_page())
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", hear)
    yield Landing(page, host)
    assert complaints == []


def let_a_moment_pass(page: Page) -> None:
    """No person sends a form within its first second, and nobody who does is believed."""
    wait_until(lambda: page.evaluate(AGE_MS) > 1200, 10, "a second on the page")


_failed_scripts: list[str] = []


@pytest.fixture(autouse=True)
def no_script_failed() -> Iterator[None]:
    """Fails a test on what would otherwise only stand in the console of a page that is watched."""
    _failed_scripts.clear()
    yield
    assert _failed_scripts == []


def watched(page: Page) -> Page:
    # Collected: an exception in here would end the browser, and every test after this one with it.
    page.on("pageerror", lambda error: _failed_scripts.append(error.stack or str(error)))
    return page


class Widget:
    """The button of a page, as a visitor uses it. `states` is what the panel went through."""

    def __init__(self, page: Page, site: str = "harrow-sun") -> None:
        self.page = page
        self.element = page.locator(f"call-me[site={site}]")
        self.launcher = self.element.get_by_role("button", name="Call me", exact=True)
        self.phone = page.get_by_role("textbox", name="Phone number")
        self.submit = page.get_by_role("button", name="Call me now")
        self.close = page.get_by_role("button", name="Close").first
        self.card = self.element.locator("dialog")

    def watch_states(self) -> None:
        self.page.evaluate(
            """() => {
              const element = document.querySelector('call-me');
              window.seen = [element.dataset.state];
              new MutationObserver(() => window.seen.push(element.dataset.state))
                .observe(element, {attributeFilter: ['data-state']});
            }"""
        )

    def states(self) -> list[str]:
        seen: list[str] = self.page.evaluate("window.seen")
        return [state for at, state in enumerate(seen) if at == 0 or seen[at - 1] != state]

    def open(self) -> None:
        self.launcher.click()
        self.expect_state("open")

    def request(self, number: str) -> None:
        self.open()
        self.phone.fill(number)
        self.submit.click()

    def expect_state(self, state: str, seconds: float = 15) -> None:
        expect(self.element).to_have_attribute("data-state", state, timeout=seconds * 1000)
