"""The button on other people's pages: strict, hostile and odd ones. The table is in table.py."""

from __future__ import annotations

import pytest
from playwright.sync_api import Frame, Page

from tests.browser.hosts.conftest import PageWith
from tests.browser.hosts.grounds import Grounds
from tests.browser.hosts.rows import Row
from tests.browser.hosts.table import ROWS
from tests.browser.hosts.visits import Visit, layout_of, no_trouble

_BY_NAME = {row.name: row for row in ROWS}
_looks: dict[str, list[str]] = {}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_call_connects_on_a_host_page_without_errors_or_layout_changes(
    grounds: Grounds, page_with: PageWith, row: Row
) -> None:
    """The whole path to "connected"; no error, no violation of a policy; the page stands as it does
    without the button, and the button looks as it does on a calm page."""
    page = page_with(**row.browser)
    page.goto(f"{grounds.hosts}/blank")
    page.evaluate("sessionStorage.clear()")
    with no_trouble(page):
        visit = visited(page, grounds, row)
        row.story(visit)
    assert visit.violations() == []
    if row.stands:
        assert visit.layout == layout_without(page, grounds, row)
    if row.looks_like:
        assert visit.look == calm_look(page_with, grounds, _BY_NAME[row.looks_like])


def visited(page: Page, grounds: Grounds, row: Row) -> Visit:
    page.goto(f"{grounds.hosts}/{row.name}")
    return Visit(page, grounds, innermost(page))


def innermost(page: Page) -> Frame:
    return page.frames[-1]


def layout_without(page: Page, grounds: Grounds, row: Row) -> list[str]:
    """How the page stands where Callme cannot be reached."""
    page.route(f"{grounds.callme}/**", lambda route: route.abort())
    page.goto(f"{grounds.hosts}/{row.name}")
    layout = layout_of(innermost(page))
    page.goto("about:blank")
    page.unroute_all()
    return layout


def calm_look(page_with: PageWith, grounds: Grounds, calm: Row) -> list[str]:
    """How the widget looks on a page that does nothing to it."""
    if calm.name not in _looks:
        visit = visited(page_with(**calm.browser), grounds, calm)
        visit.open()
        _looks[calm.name] = visit.look
    return _looks[calm.name]
