"""Callme and the host pages, one for all tests of this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import WIDE
from tests.browser.hosts.grounds import Grounds
from tests.browser.hosts.grounds import grounds as made_grounds
from tests.browser.hosts.pages import ROWS
from tests.browser.hosts.visits import WATCH

PATIENCE_MS = 10_000

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    folder = tmp_path_factory.mktemp("hosts")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in os.environ:
            if name.startswith("CALLME_"):
                patch.delenv(name)
        patch.setenv("CALLME_SECRETS_DIR", str(folder / "no-secrets-here"))
        with made_grounds(folder, {row.name: row.sent for row in ROWS}) as running:
            yield running


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A context for each set of options. Pages may share it: the widget keeps nothing in a browser."""
    known: dict[str, BrowserContext] = {}

    def context(**options: object) -> BrowserContext:
        name = repr(sorted(options.items()))
        if name not in known:
            # Nothing moves, so that all can be measured at once.
            chosen = {"viewport": WIDE, "reduced_motion": "reduce", **options}
            known[name] = browser.new_context(**chosen)  # type: ignore[arg-type]
            known[name].set_default_timeout(PATIENCE_MS)
            known[name].add_init_script(WATCH)
        return known[name]

    yield context
    for one in known.values():
        one.close()


@pytest.fixture
def new_page(contexts: Callable[..., BrowserContext]) -> Iterator[NewPage]:
    """Makes pages of a visitor whose browser has these options."""
    pages: list[Page] = []

    def make(**options: object) -> Page:
        pages.append(contexts(**options).new_page())
        return pages[-1]

    yield make
    for page in pages:
        page.close()
