"""Callme and the host pages, one for all tests of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import undisturbed
from tests.browser.hosts.grounds import Grounds
from tests.browser.hosts.grounds import grounds as made_grounds
from tests.browser.hosts.table import PAGES
from tests.browser.hosts.visits import WATCH
from tests.browser.pages import WIDE

PATIENCE_MS = 20_000

PageWith = Callable[..., Page]


@pytest.fixture(scope="session")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    folder = tmp_path_factory.mktemp("hosts")
    with undisturbed(folder), made_grounds(folder, PAGES) as running:
        yield running


@pytest.fixture(scope="session")
def open_pages(browser: Browser) -> Iterator[dict[str, Page]]:
    """A page for each set of options. Rows share it, as the widget keeps nothing in a browser."""
    pages: dict[str, Page] = {}
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.fixture
def page_with(browser: Browser, open_pages: dict[str, Page]) -> PageWith:
    """Gives the page of a visitor whose browser has these options. Nothing moves in it, so that all
    can be measured at once."""

    def page_with(**options: object) -> Page:
        name = repr(sorted(options.items()))
        if name not in open_pages:
            chosen = {"viewport": WIDE, "reduced_motion": "reduce", **options}
            context = browser.new_context(**chosen)  # type: ignore[arg-type]
            context.set_default_timeout(PATIENCE_MS)
            context.add_init_script(WATCH)
            open_pages[name] = context.new_page()
        return open_pages[name]

    return page_with
