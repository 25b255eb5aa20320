"""What the visitor needs does not come, or the page itself fails: nobody is left without an answer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo import Demo
from tests.browser.embedding import Host, Landing, first_of, hold_back
from tests.browser.pages import NewPage
from tests.helpers.guide import CALLME

BOTH = 'allowed_regions = ["US", "DE"]'
BROKEN_LAYERS = ["{push() { throw 1 }}", "{}", "null", "{push: 1}"]


def script_of(host: Host, settings: str = "") -> str:
    return f'<script async src="{host.callme_url}/w/{host.add_site(settings)}.js"></script>'


@pytest.mark.parametrize("layer", BROKEN_LAYERS)
def test_a_call_connects_when_the_pages_data_layer_fails(
    host: Host, page: Page, layer: str
) -> None:
    landing = Landing(page, host)
    landing.visit(f"<script>window.dataLayer = {layer}</script>" + script_of(host))
    landing.open_panel()
    landing.be_called()
    page.keyboard.press("Escape")
    expect(page.locator("call-me[data-state=closed]")).to_be_visible()


# The choice of a country


def refused_without_code(page: Page) -> None:
    phone = page.locator("call-me [part=phone]")
    expect(phone).to_have_accessible_description(
        "That does not look like a full phone number. Example: +1 …"
    )
    expect(phone).to_be_focused()


def test_without_the_country_module_a_number_needs_its_country_code(host: Host, page: Page) -> None:
    """With +CC there is nothing to choose."""
    page.route("**/country.js", lambda route: route.abort())
    landing = Landing(page, host)
    landing.visit(script_of(host, BOTH))
    landing.open_panel()
    landing.ask_for_call("030 98765432")
    refused_without_code(page)
    landing.ask_for_call("+49 30 98765432")
    expect(page.locator("call-me[data-state=connected]")).to_be_visible()
    phones = [call.phone for call in host.callme.store.all_calls()]
    assert "+493098765432" in phones


def test_a_country_choice_that_loads_late_applies_to_the_next_submit(
    host: Host, page: Page
) -> None:
    held = hold_back(page, "**/country.js")
    landing = Landing(page, host)
    landing.visit(script_of(host, BOTH))
    landing.open_panel()
    landing.ask_for_call("030 98765433")
    refused_without_code(page)
    first_of(held, page).continue_()
    page.get_by_role("combobox", name="Country").select_option("DE")
    page.locator("call-me [part=submit]").click()
    expect(page.locator("call-me[data-state=connected]")).to_be_visible()
    assert "+493098765433" in [call.phone for call in host.callme.store.all_calls()]


# The way to call the owner instead


@pytest.mark.parametrize("launcher", ["bubble", "pill", "tab", "inline"])
def test_the_owners_number_can_be_read_whatever_the_buttons_shape(
    host: Host, page: Page, launcher: str
) -> None:
    """On a phone, where a bubble and a pill show the handset alone."""
    page.set_viewport_size({"width": 360, "height": 740})
    key = host.add_site(f'appearance = {{ launcher = "{launcher}" }}')
    own = f'<call-me site="{key}"></call-me>' if launcher == "inline" else ""
    landing = Landing(page, host)
    landing.visit(f'{own}<script async src="{host.callme_url}/w/{key}.js"></script>')
    expect(page.locator("call-me[data-state=closed]")).to_be_visible()
    page.context.set_offline(True)
    page.locator("call-me [part=launcher]").click()
    link = page.get_by_role("link", name="(202) 555-0199")
    expect(link).to_have_css("font-size", "16px")
    box = link.bounding_box()
    assert box
    assert box["width"] > 120
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    page.context.set_offline(False)
    expect(page.locator("call-me [part=launcher]")).to_be_focused()


def test_a_failed_panel_shows_the_owners_number_with_a_hidden_launcher(
    host: Host, page: Page
) -> None:
    landing = Landing(page, host)
    landing.visit(
        "<style>#callme-panel::part(launcher) { display: none; }</style>"
        "<button onclick='Callme.open()'>Talk to us</button>"
        f'<call-me id="callme-panel" site="acme"></call-me><script src="{CALLME}/w/acme.js"></script>'
    )
    expect(page.locator("call-me[data-state=closed]")).to_be_attached()
    page.route("**/api/sites/*", lambda route: route.abort())
    page.route("**/widget/**", lambda route: route.abort())
    page.get_by_role("button", name="Talk to us").click()
    expect(page.get_by_role("link", name="(202) 555-0199")).to_be_visible()


def test_a_press_on_a_network_that_hangs_is_answered_after_a_while(host: Host, page: Page) -> None:
    """And what comes late brings the button back, but no panel that nobody waits for any more."""
    held = hold_back(page, "**/panel.js")
    landing = Landing(page, host)
    landing.visit(script_of(host))
    element = page.locator("call-me")
    expect(element).to_have_attribute("data-state", "closed")
    page.locator("call-me [part=launcher]").click()
    expect(element).to_have_attribute("aria-busy", "true")
    expect(page.locator("call-me [part=launcher]")).to_have_css("cursor", "progress")
    expect(page.get_by_role("link", name="(202) 555-0199")).to_be_focused()
    expect(element).not_to_have_attribute("aria-busy", "true")
    first_of(held, page).continue_()
    expect(page.locator("call-me [part=launcher]")).to_be_focused()
    expect(page.locator("call-me dialog")).to_be_hidden()
    page.locator("call-me [part=launcher]").click()
    expect(page.locator("call-me [part=phone]")).to_be_focused()


def test_the_hidden_attribute_hides_the_button(host: Host, page: Page) -> None:
    landing = Landing(page, host)
    landing.visit(
        f'<call-me hidden site="acme"></call-me><script src="{CALLME}/w/acme.js"></script>'
    )
    expect(page.locator("call-me[data-state=closed]")).to_be_hidden()
    page.locator("call-me").evaluate("one => one.hidden = false")
    expect(page.locator("call-me")).to_be_visible()


# Sentences in the panel's language


@pytest.fixture
def german(host: Host, new_page: NewPage) -> Landing:
    """A German page in a browser that asks for English."""
    landing = Landing(new_page(locale="en-US"), host)
    box = 'consent = "Ja, rufen Sie mich an."\nlanguage = "de"\nconsent_checkbox = true'
    key = host.add_site(box)
    landing.visit(
        f'<div lang="de"><call-me site="{key}"></call-me></div>'
        f'<script async src="{host.callme_url}/w/{key}.js"></script>'
    )
    landing.open_panel()
    return landing


def test_a_box_that_was_not_ticked_is_asked_for_in_the_panels_language(german: Landing) -> None:
    german.ask_for_call("(202) 555-0181")
    box = german.page.get_by_role("checkbox")
    expect(box).to_be_focused()
    message = box.evaluate("box => box.validationMessage")
    assert message == "Bitte stimmen Sie dem Anruf zu."
    box.check()
    german.be_called()


def test_a_visitor_who_asked_too_often_is_told_in_the_panels_language(
    demo: Demo, new_page: NewPage
) -> None:
    page = new_page(locale="en-US")
    page.goto(demo.url)
    token = f"{demo.callme_url}/api/sites/harrow-sun/token"
    spend = "address => Promise.all(Array.from({length: 60}, () => fetch(address)))"
    page.evaluate(spend, token)
    page.evaluate("document.documentElement.lang = 'de'; Callme.update({})")
    page.locator("call-me [part=launcher]").click()
    page.locator("call-me [part=phone]").fill("(202) 555-0182")
    page.locator("call-me [part=submit]").click()
    expect(page.locator("call-me .sentence")).to_contain_text("Das waren sehr viele Anfragen.")
