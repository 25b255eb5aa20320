"""A page that zooms itself, on `html` or `body`, has a panel of which all can be reached."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.embedding import Host, Landing
from tests.browser.pages import NewPage

ZOOMS = (0.5, 0.8, 1, 1.25, 1.5, 2, 3)
INSIDE = """card => {
  const { top, left, right, bottom } = card.getBoundingClientRect();
  return top >= -1 && left >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
}"""


@pytest.mark.parametrize("size", [(1280, 600), (360, 640)], ids=["1280x600", "360x640"])
@pytest.mark.parametrize("of", ["documentElement", "body"])
@pytest.mark.parametrize("launcher", ["pill", "inline"])
def test_the_panel_fits_or_scrolls_at_every_zoom(
    host: Host, new_page: NewPage, size: tuple[int, int], of: str, launcher: str
) -> None:
    page = new_page(viewport={"width": size[0], "height": size[1]})
    landing = Landing(page, host)
    key = host.add_site("")
    place = f'<call-me site="{key}"></call-me>' if launcher == "inline" else ""
    landing.visit(f'{place}<script async src="{host.callme_url}/w/{key}.js"></script>')
    lost = []
    for zoom in ZOOMS:
        page.evaluate("([of, zoom]) => document[of].style.zoom = zoom", [of, zoom])
        landing.open_panel()
        panel = page.locator("call-me [part=panel]")
        if not panel.evaluate(INSIDE):
            lost.append((zoom, panel.bounding_box()))
        submit = page.locator("call-me [part=submit]")
        submit.scroll_into_view_if_needed()
        if not submit.evaluate(INSIDE):
            lost.append((zoom, submit.bounding_box()))
        page.keyboard.press("Escape")
        expect(page.locator("call-me[data-state=closed]")).to_be_attached()
    assert lost == []
