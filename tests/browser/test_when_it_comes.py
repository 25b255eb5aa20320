"""The button waits until the page has loaded, and not longer than anybody notices."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.embedding import Host, Landing, first_of, hold_back
from tests.browser.pages import watched

SHOWN = """
<script>
  new MutationObserver(() => {
    if (document.querySelector('call-me[data-state]')) window.shown = window.shown || performance.now();
  }).observe(document, {subtree: true, childList: true, attributeFilter: ['data-state']});
</script>
"""
AFTER_LOAD = "shown - performance.getEntriesByType('navigation')[0].loadEventStart"
TRIES = 5
"""Of which the best counts: other tests run at the same time."""


def test_on_a_plain_page_the_button_is_there_soon_after_load(host: Host, page: Page) -> None:
    landing = Landing(page, host)
    took = []
    for _ in range(TRIES):
        landing.visit(f'{SHOWN}<script async src="{host.callme_url}/w/acme.js"></script>')
        page.wait_for_function("window.shown")
        took.append(page.evaluate(AFTER_LOAD))
    assert min(took) <= 100, took


def test_a_page_that_never_ends_loading_gets_its_button(
    host: Host, visitor: Callable[..., BrowserContext]
) -> None:
    page = watched(visitor().new_page())
    page.clock.install()
    held = hold_back(page, "**/slow.png")
    tag = f'<script async src="{host.callme_url}/w/acme.js"></script>'
    page.goto(
        host.serve(f'<img src="{host.callme_url}/slow.png"><h1>Acme</h1>{tag}'),
        wait_until="commit",
    )
    first_of(held, page)
    page.wait_for_function("window.Callme")
    expect(page.locator("call-me")).to_have_count(0)
    page.clock.fast_forward(5_000)
    expect(page.get_by_role("button", name="Call me", exact=True)).to_be_visible()
    assert page.evaluate("document.readyState") == "interactive"
    held[0].abort()
