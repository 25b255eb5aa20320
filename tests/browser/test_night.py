"""At night at the phone's place the panel asks once more, where the site has quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from tests.browser.embedding import Host, Landing
from tests.browser.looks import faults
from webapp.domain.zones import zone_of

HERE = datetime.now(UTC).astimezone(zone_of("America/New_York"))
QUIET = f"""
[quiet]
from = "{HERE - timedelta(hours=3):%H:%M}"
until = "{HERE + timedelta(hours=3):%H:%M}"
"""
"""Around the time in New York, where the numbers of the tests are."""


def asked(host: Host, page: Page, phone: str) -> Locator:
    """The card that asks, after a press."""
    landing = Landing(page, host)
    landing.visit(f'<script async src="{host.callme_url}/w/{host.add_site(QUIET)}.js"></script>')
    landing.open_panel()
    landing.ask_for_call(phone)
    card = page.locator("dialog[open]")
    expect(card.get_by_role("heading")).to_contain_text("in New York")
    return card


def test_the_panel_says_how_late_it_is_and_rings_when_that_is_wanted(
    host: Host, page: Page
) -> None:
    card = asked(host, page, "202 555 0141")
    expect(card.locator(".sentence")).to_have_text("Ring this number now?")
    expect(card.get_by_role("status")).to_contain_text("in New York. Ring this number now?")
    assert faults(page, widget=True) == []
    card.get_by_role("button", name="Ring now").click()
    expect(page.locator("call-me[data-state=connected]")).to_be_visible()
    phones = [call.phone for call in host.callme.store.all_calls()]
    assert phones.count("+12025550141") == 1


def test_a_visitor_who_does_not_want_that_is_not_rung(host: Host, page: Page) -> None:
    """The form comes back with what was typed."""
    card = asked(host, page, "202 555 0142")
    card.get_by_role("button", name="Back").click()
    expect(card.locator("[part=phone]")).to_have_value("(202) 555-0142")
    assert "+12025550142" not in [call.phone for call in host.callme.store.all_calls()]
