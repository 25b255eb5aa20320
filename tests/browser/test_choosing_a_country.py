"""A site that calls several calling codes lets the visitor say whose number it is."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.embedding import Host, Landing
from tests.helpers.waiting import wait_until


def test_a_number_is_read_as_one_of_the_country_that_was_chosen(landing: Landing) -> None:
    key = landing.host.add_site('allowed_regions = ["US", "DE"]')
    landing.visit(f'<script async src="{landing.host.callme_url}/w/{key}.js"></script>')
    landing.open_panel()
    country = landing.page.get_by_role("combobox", name="Country")
    expect(country.locator("option")).to_have_text(["United States (+1)", "Germany (+49)"])
    country.select_option("DE")
    phone = landing.page.get_by_role("textbox", name="Phone number")
    expect(phone).to_have_attribute("placeholder", "030 123456")
    phone.press_sequentially("03012345678")
    expect(phone).to_have_value("030 12345678")
    landing.page.get_by_role("button", name="Call me now").click()
    expect(landing.page.locator("call-me[data-state=connected]")).to_be_visible()
    wait_until(
        lambda: "+493012345678" in [call.phone for call in landing.host.callme.store.all_calls()],
        20,
        "the call to Berlin",
    )


def test_the_choice_comes_back_with_the_form_after_a_refusal(host: Host, page: Page) -> None:
    """What was typed is kept, and so is whose number it is."""
    landing = Landing(page, host)
    key = landing.host.add_site('allowed_regions = ["US", "DE"]')
    landing.visit(f'<script async src="{landing.host.callme_url}/w/{key}.js"></script>')
    landing.open_panel()
    country = landing.page.get_by_role("combobox", name="Country")
    country.select_option("DE")
    landing.ask_for_call("03012")
    expect(landing.page.locator("call-me [part=phone]")).to_have_attribute("aria-invalid", "true")
    expect(country).to_have_value("DE")
    expect(landing.page.locator("call-me [part=phone]")).to_have_value("030 12")


def test_the_phone_label_stands_12_pixels_below_the_country_choice(landing: Landing) -> None:
    key = landing.host.add_site('allowed_regions = ["US", "DE"]')
    landing.visit(f'<script async src="{landing.host.callme_url}/w/{key}.js"></script>')
    landing.open_panel()
    country = landing.page.get_by_role("combobox", name="Country").bounding_box()
    label = landing.page.locator("call-me label[for=phone]").bounding_box()
    assert country
    assert label
    assert label["y"] - (country["y"] + country["height"]) >= 12
