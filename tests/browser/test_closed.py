"""A panel that is opened outside of the site's hours says when it is open again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.embedding import Host, Landing
from tests.browser.looks import faults
from tests.browser.pages import watched

NOW = datetime.now(UTC)
CLOSED = f"""
[hours]
week = {{ mon-sun = ["00:00-24:00"] }}
dates = {{ "{NOW - timedelta(days=1):%Y-%m-%d}/{NOW + timedelta(days=2):%Y-%m-%d}" = [] }}
"""
"""Open again in two to three days, whenever the test runs."""


def open_panel(host: Host, page: Page, language: str = "en") -> None:
    speaks = f"<script>document.documentElement.lang = '{language}'</script>"
    launcher = f'<script async src="{host.callme_url}/w/{host.add_site(CLOSED)}.js"></script>'
    Landing(page, host).visit(speaks + launcher)
    page.locator("call-me [part=launcher]").click()


def test_the_panel_offers_the_number_and_says_when_it_is_open_again(host: Host, page: Page) -> None:
    open_panel(host, page)
    dialog = page.locator("call-me[data-state=unavailable] dialog")
    expect(dialog.get_by_role("heading")).to_have_text("We are closed right now")
    opens = (NOW + timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
    # By the browser's own clock, wherever the test runs.
    day = page.evaluate(
        "ms => new Date(ms).toLocaleDateString('en', {weekday: 'long'})", opens.timestamp() * 1000
    )
    expect(dialog.locator(".sentence")).to_contain_text(f"Open again: {day}, ")
    expect(dialog.locator("[part=call]")).to_have_attribute("href", "tel:+12025550199")
    expect(dialog.locator("form")).to_have_count(0)
    expect(dialog.get_by_role("status")).to_contain_text("We are closed right now.")
    assert faults(page, widget=True) == []


@pytest.mark.parametrize("language", ["de", "ar", "ja"])
def test_the_closed_panel_speaks_the_visitors_language(
    host: Host, page: Page, language: str
) -> None:
    open_panel(host, page, language)
    dialog = page.locator("call-me[data-state=unavailable] dialog")
    expect(dialog).to_have_attribute("lang", language)
    expect(dialog.get_by_role("heading")).not_to_have_text("We are closed right now")


def test_a_panel_that_is_opened_again_asks_again(host: Host, page: Page) -> None:
    open_panel(host, page)
    closed = page.locator("call-me[data-state=unavailable] dialog")
    expect(closed).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("call-me[data-state=closed]")).to_be_attached()
    with page.expect_response("**/token**"):
        page.locator("call-me [part=launcher]").click()
    expect(closed).to_be_visible()


def test_after_a_closed_receptionist_another_one_can_be_chosen(host: Host, page: Page) -> None:
    """The number that was typed is kept, and is not marked as wrong."""
    hours = " ".join(CLOSED.split("[hours]")[1].split("\n")).replace(" dates", ", dates")
    settings = f"""
[[receptionists]]
key = "sales"
label = "Sales"
menu_id = "1"
[[receptionists]]
key = "billing"
label = "Billing"
menu_id = "2"
hours = {{ {hours} }}
"""
    launcher = f"{host.callme_url}/w/{host.add_site(settings)}.js"
    landing = Landing(page, host)
    landing.visit(f'<script async src="{launcher}"></script>')
    landing.open_panel()
    page.get_by_label("Billing").check()
    landing.ask_for_call("202 555 0151")
    dialog = page.locator("call-me[data-state=unavailable] dialog")
    expect(dialog.locator(".sentence")).to_contain_text("Open again: ")
    dialog.get_by_role("button", name="Try again later").click()
    page.get_by_label("Sales").check()
    expect(page.locator("call-me [part=phone]")).to_have_value("(202) 555-0151")
    page.locator("call-me [part=submit]").click()
    expect(page.locator("call-me[data-state=connected]")).to_be_visible()


OPENS = NOW.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
CLOSES = OPENS + timedelta(days=1)


@pytest.fixture
def hiding(host: Host, visitor: Callable[..., BrowserContext]) -> Page:
    """A page that is open while the site is closed and its button hidden, from OPENS to CLOSES not."""
    settings = f"""
[hours]
when_closed = "hide"
week = {{ mon-sun = ["00:00-24:00"] }}
dates = {{ "{NOW:%Y-%m-%d}" = [], "{CLOSES:%Y-%m-%d}" = [] }}
"""
    page = watched(visitor().new_page())
    page.clock.install(time=NOW)
    launcher = f"{host.callme_url}/w/{host.add_site(settings)}.js"
    Landing(page, host).visit(f'<script async src="{launcher}"></script>')
    page.wait_for_function("window.Callme")
    page.clock.fast_forward(10_000)
    expect(page.locator("call-me[floating]")).to_have_count(0)
    return page


def test_a_button_that_hides_comes_when_the_site_opens_and_goes_when_it_closes(
    hiding: Page,
) -> None:
    """By the clock of the visitor's device."""
    floating = hiding.locator("call-me[floating]")
    hiding.clock.fast_forward(int((OPENS - NOW).total_seconds() * 1000))
    expect(floating.get_by_role("button", name="Call me", exact=True)).to_be_visible()
    hiding.clock.fast_forward(int((CLOSES - OPENS).total_seconds() * 1000))
    expect(floating).to_have_count(0)


@pytest.mark.parametrize("event", ["document, visibilitychange", "window, pageshow"])
def test_a_button_that_hides_looks_at_the_clock_when_a_page_is_back(
    hiding: Page, event: str
) -> None:
    """Timers stand still while a laptop sleeps, and in the cache of pages to go back to."""
    target, name = event.split(", ")
    floating = hiding.locator("call-me[floating]")
    for now, count in ((OPENS, 1), (CLOSES, 0)):
        hiding.clock.set_system_time(now + timedelta(hours=1))
        hiding.evaluate(f"{target}.dispatchEvent(new Event('{name}', {{bubbles: true}}))")
        expect(floating).to_have_count(count)
