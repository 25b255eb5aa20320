"""A real Chromium, and what it looks at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.browser import chromium
from tests.browser.demo import Demo, DemoHere, demo_here, running_demo
from tests.browser.embedding import Host, Landing, running_host
from tests.browser.pages import NewPage, SharedPages, context_of_a_visitor, failed_scripts
from tests.helpers.waiting import wait_until
from webapp.settings import Settings

ARGUMENTS = ["--disable-background-networking", "--disable-gpu", "--in-process-gpu"]
AGE_MS = "performance.now() - performance.getEntriesByType('navigation')[0].responseEnd"
READ_TIMEOUT: float = Settings.model_fields["dialogtech_read_timeout"].default

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHere]:
    """One demo for the tests of this process, each a visitor of its own; a silent vendor is given up
    after three seconds."""
    folder = tmp_path_factory.mktemp("demo")
    with undisturbed(folder), demo_here(folder, read_timeout=3) as running:
        yield running


@pytest.fixture(scope="session")
def patient_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHere]:
    """A demo with a clock of its own, that waits for the vendor as long as it does by default."""
    folder = tmp_path_factory.mktemp("patient")
    with undisturbed(folder), demo_here(folder, read_timeout=READ_TIMEOUT) as running:
        yield running


@pytest.fixture(scope="module")
def demo_of_processes() -> Iterator[Demo]:
    """What `callme demo` starts."""
    with running_demo() as running:
        yield running


@contextmanager
def undisturbed(folder: Path) -> Iterator[None]:
    """No setting from outside, for what lives longer than a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in os.environ:
            if name.startswith("CALLME_"):
                patch.delenv(name)
        patch.setenv("CALLME_SECRETS_DIR", str(folder))
        yield


@pytest.fixture(scope="session")
def engine() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def browser(engine: BrowserType) -> Iterator[Browser]:
    """Chromium's engine without the browser's own windows, where that can be had."""
    path = chromium.find_light()
    assert path, "there is no Chromium: python -m tests.install gets one"
    browser = engine.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def whole_browser(engine: BrowserType) -> Iterator[Browser]:
    """As a visitor has it, which also keeps pages for going back to and prepares some."""
    path = chromium.find()
    assert path, "there is no Chromium: python -m tests.install gets one"
    # Playwright switches it off by default.
    kept = ["--disable-back-forward-cache"]
    browser = engine.launch(executable_path=path, args=ARGUMENTS, ignore_default_args=kept)
    yield browser
    browser.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts, each a visitor with an address of its own."""
    with visitors_in(browser) as make:
        yield make


@pytest.fixture
def visitor_as_they_are(whole_browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """The same in the browser that visitors have."""
    with visitors_in(whole_browser) as make:
        yield make


@contextmanager
def visitors_in(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    with ExitStack() as contexts:

        def make(**options: object) -> BrowserContext:
            context, _ = context_of_a_visitor(browser, **options)
            return contexts.enter_context(context)

        yield make


@pytest.fixture(scope="session")
def pages_of_all(browser: Browser) -> Iterator[SharedPages]:
    pages = SharedPages(browser)
    yield pages
    pages.close()


@pytest.fixture
def new_page(pages_of_all: SharedPages) -> Iterator[NewPage]:
    """Gives pages that fail their test on any error of a script. They are as new ones, so nothing may be
    added to them that cannot be taken away: for init scripts, service workers and databases of the page
    there is `visitor`."""

    yield pages_of_all.take
    pages_of_all.give_back()


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page on a desktop that fails its test on any error of a script or a policy."""
    return new_page()


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Callme, and an origin of somebody else's for pages that carry its button."""
    folder = tmp_path_factory.mktemp("host")
    with undisturbed(folder), running_host(folder) as running:
        yield running


@pytest.fixture
def landing(host: Host, new_page: NewPage) -> Iterator[Landing]:
    """A page that fails its test on an error of a script, and on whatever the browser complains of."""
    page = new_page(reduced_motion="reduce")
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", hear)
    yield Landing(page, host)
    page.remove_listener("console", hear)
    assert complaints == []


def let_a_moment_pass(page: Page) -> None:
    """No person sends a form within its first second, and nobody who does is believed."""
    wait_until(lambda: page.evaluate(AGE_MS) > 1200, 10, "a second on the page")


@pytest.fixture(autouse=True)
def no_script_failed() -> Iterator[None]:
    """Fails a test on what would otherwise only stand in the console of a page that is watched."""
    failed_scripts.clear()
    yield
    assert failed_scripts == []


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
