"""The panel asks which number is meant, and offers the owner's where ours is the last word."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.embedding import Host, Landing

QUESTION = "Which of these is your number?"


@pytest.fixture
def landing(host: Host, page: Page) -> Landing:
    """A page in whose console the browser may tell of a request that was refused."""
    return Landing(page, host)


def open_form(landing: Landing, settings: str = "") -> str:
    """Open the panel of a site with these settings; returns the site's key."""
    key = landing.host.add_site(settings)
    landing.visit(f'<script async src="{landing.host.callme_url}/w/{key}.js"></script>')
    landing.open_panel()
    return key


def numbers_rung(landing: Landing, key: str) -> list[str]:
    return [call.phone for call in landing.host.callme.store.all_calls() if call.site == key]


def test_the_panel_asks_which_reading_is_meant_and_rings_it(landing: Landing) -> None:
    key = open_form(landing, 'region = "DE"')
    landing.ask_for_call("4915123456789")
    fault = landing.page.locator("call-me #fault")
    expect(fault).to_have_text(QUESTION)
    expect(landing.page.get_by_role("button", name="+49")).to_have_text(
        ["+49 491 5123456789", "+49 1512 3456789"]
    )
    assert numbers_rung(landing, key) == []
    landing.page.get_by_role("button", name="+49 1512 3456789").click()
    expect(landing.page.locator("call-me[data-state=connected]")).to_be_visible()
    assert numbers_rung(landing, key) == ["+4915123456789"]


def test_another_number_can_be_typed_instead(landing: Landing) -> None:
    open_form(landing)
    landing.ask_for_call("6465550148")
    expect(landing.page.locator("call-me #fault")).to_have_text(QUESTION)
    landing.ask_for_call("12")
    expect(landing.page.get_by_role("button", name="+64")).to_have_count(0)
    landing.ask_for_call("2125550148")
    expect(landing.page.locator("call-me[data-state=connected]")).to_be_visible()


def test_a_number_that_is_never_callable_shows_the_owners_number(landing: Landing) -> None:
    open_form(landing)
    landing.ask_for_call("(624) 234-5678")
    expect(landing.page.locator("call-me #fault")).to_contain_text("please call us")
    expect(landing.page.locator("call-me [part=call]")).to_have_attribute(
        "href", "tel:+12025550199"
    )
    landing.ask_for_call("12")
    expect(landing.page.locator("call-me [part=call]")).to_have_count(0)
