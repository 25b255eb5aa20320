"""The button on other people's pages: strict, hostile and odd ones. The table is in pages.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.browser.conftest import WIDE
from tests.browser.hosts.grounds import Grounds
from tests.browser.hosts.pages import ROWS, Row
from tests.browser.hosts.visits import WATCH, Troubles, Visit, layout_of

_BY_NAME = {row.name: row for row in ROWS}
_looks: dict[str, list[str]] = {}

NewPage = Callable[[Row], Page]


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Makes pages for a row's visitor: nothing moves, so that all can be measured at once."""
    contexts = []

    def make(row: Row) -> Page:
        options = {"viewport": WIDE, "reduced_motion": "reduce", **row.browser}
        contexts.append(browser.new_context(**options))  # type: ignore[arg-type]
        contexts[-1].add_init_script(WATCH)
        return contexts[-1].new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_visitor_is_called_and_the_page_is_left_alone(
    grounds: Grounds, new_page: NewPage, row: Row
) -> None:
    """The whole path to "connected"; no error, no violation of a policy; the page stands as it does
    without the button, and the button looks as it does on a calm page."""
    page = new_page(row)
    troubles = Troubles.of(page)
    visit = visited(page, grounds, row)
    row.story(visit)
    assert troubles.said == []
    assert visit.violations() == []
    if row.stands:
        assert visit.layout == layout_without(new_page(row), grounds, row)
    if row.looks_like:
        assert visit.look == calm_look(new_page, grounds, row.looks_like)


def visited(page: Page, grounds: Grounds, row: Row) -> Visit:
    page.goto(f"{grounds.hosts}/{row.name}")
    return Visit(page, grounds, innermost(page))


def innermost(page: Page) -> Frame:
    return page.frames[-1]


def layout_without(page: Page, grounds: Grounds, row: Row) -> list[str]:
    """How the page stands where Callme cannot be reached."""
    page.route(f"{grounds.callme}/**", lambda route: route.abort())
    page.goto(f"{grounds.hosts}/{row.name}")
    return layout_of(innermost(page))


def calm_look(new_page: NewPage, grounds: Grounds, name: str) -> list[str]:
    """How the widget looks on a page that does nothing to it."""
    if name not in _looks:
        visit = visited(new_page(_BY_NAME[name]), grounds, _BY_NAME[name])
        visit.open()
        _looks[name] = visit.look
    return _looks[name]
