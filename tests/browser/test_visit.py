"""What is known of a visit, and calls that outlive the page they were asked for on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.embedding import Host
from tests.browser.pages import NewPage
from tests.helpers.waiting import wait_until

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Acme</title></head><body>
<a href="{next}">Next page</a><script async src="{script}"></script></body></html>"""


@pytest.fixture
def pages(host: Host) -> tuple[str, str, str]:
    """Two pages of a new site, each with a link to the other, and the site's key."""
    key = host.add_site("")
    script = f"{host.callme_url}/w/{key}.js"
    first = host.serve_at(f"first-{key}", PAGE.format(script=script, next=f"second-{key}"))
    second = host.serve_at(f"second-{key}", PAGE.format(script=script, next=f"first-{key}"))
    return first, second, key


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page(reduced_motion="reduce")


def ask(page: Page, phone: str) -> None:
    page.locator("call-me [part=launcher]").click()
    page.locator("call-me [part=phone]").fill(phone)
    page.locator("call-me [part=submit]").click()


def expect_state(page: Page, state: str) -> None:
    expect(page.locator("call-me")).to_have_attribute("data-state", state)


def visit_of(host: Host, phone: str) -> object:
    """What is stored of the visit that the call came from."""
    call = next(call for call in host.callme.store.all_calls() if call.phone == phone)
    return call.visit


def test_a_call_goes_on_on_the_next_page_of_the_site(
    host: Host, page: Page, pages: tuple[str, str, str]
) -> None:
    """Its end is told there, to the visitor who opens the panel and to the page's own listeners."""
    first, second, _ = pages
    answered = host.held.hold("2025550177")
    page.goto(first)
    ask(page, "(202) 555-0177")
    expect_state(page, "dialing")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url(second)
    page.evaluate("addEventListener('callme:status', e => { window.last = e.detail.status; })")
    page.locator("call-me [part=launcher]").click()
    expect_state(page, "dialing")
    expect(page.locator("call-me dialog h2")).to_have_text("Your phone is about to ring")
    answered.set()
    expect(page.locator("call-me[data-state=connected]")).to_be_visible()
    assert page.evaluate("window.last") == "connected"
    page.reload()
    page.locator("call-me [part=launcher]").click()
    expect_state(page, "open")


def test_the_campaign_of_the_first_page_is_kept_for_the_visit(
    host: Host, page: Page, pages: tuple[str, str, str]
) -> None:
    """Landed with a campaign, went on, and asked for a call two pages later."""
    first, second, _ = pages
    elsewhere = host.serve(f'<a href="{first}?utm_source=news&utm_campaign=spring&gclid=1">in</a>')
    page.goto(elsewhere.replace("localhost", "127.0.0.1"))
    page.get_by_role("link", name="in").click()
    page.locator("call-me [part=launcher]").click()
    expect_state(page, "open")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url(second)
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url(first)
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url(second)
    ask(page, "202 555 0171")
    expect_state(page, "connected")
    visit = visit_of(host, "+12025550171")
    assert visit.page_url == second  # type: ignore[attr-defined]
    assert visit.landing_url == first  # type: ignore[attr-defined]
    assert visit.referrer.startswith("http://127.0.0.1")  # type: ignore[attr-defined]
    assert visit.utm == {"utm_source": "news", "utm_campaign": "spring"}  # type: ignore[attr-defined]


def test_two_campaigns_are_not_mixed(host: Host, page: Page, pages: tuple[str, str, str]) -> None:
    """Of the one that comes second nothing is filled in from the first."""
    first, second, _ = pages
    page.goto(first + "?utm_source=news&utm_campaign=spring")
    page.locator("call-me [part=launcher]").click()
    expect_state(page, "open")
    page.goto(second + "?utm_source=search&utm_medium=cpc")
    ask(page, "202 555 0176")
    expect_state(page, "connected")
    visit = visit_of(host, "+12025550176")
    assert visit.landing_url == first  # type: ignore[attr-defined]
    assert visit.utm == {"utm_source": "search", "utm_medium": "cpc"}  # type: ignore[attr-defined]


def test_a_panel_that_was_made_before_the_call_shows_it_when_it_is_opened(
    host: Host, page: Page
) -> None:
    """As on the page that the visitor comes back to: here of the page's second button."""
    answered = host.held.hold("2025550178")
    key = host.add_site("")
    tag = f'<script async src="{host.callme_url}/w/{key}.js"></script>'
    page.goto(host.serve(f'{tag}<call-me site="{key}"></call-me><call-me site="{key}"></call-me>'))
    asked, other = (page.locator("call-me").nth(at) for at in (0, 1))
    other.locator("[part=launcher]").focus()
    other.locator("dialog").wait_for(state="attached")
    asked.locator("[part=launcher]").click()
    asked.locator("[part=phone]").fill("(202) 555-0178")
    asked.locator("[part=submit]").click()
    expect(asked).to_have_attribute("data-state", "dialing")
    page.keyboard.press("Escape")
    other.locator("[part=launcher]").click()
    expect(other).to_have_attribute("data-state", "dialing")
    expect(other.locator("dialog h2")).to_have_text("Your phone is about to ring")
    page.evaluate("Callme.destroy()")
    answered.set()


def test_a_visitor_who_acts_on_the_second_page_only_still_landed_on_the_first(
    host: Host, page: Page, pages: tuple[str, str, str]
) -> None:
    """Nothing was stored there; the browser says which page of the site came before."""
    first, second, _ = pages
    page.goto(first + "?utm_source=ads")
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url(second)
    ask(page, "202 555 0172")
    expect_state(page, "connected")
    visit = visit_of(host, "+12025550172")
    assert visit.landing_url == first  # type: ignore[attr-defined]
    assert visit.utm == {"utm_source": "ads"}  # type: ignore[attr-defined]


def test_the_pages_data_layer_hears_of_each_step_and_of_no_number(
    page: Page, pages: tuple[str, str, str]
) -> None:
    first, _, key = pages
    page.goto(first)
    page.evaluate("window.dataLayer = []")
    ask(page, "202 555 0173")
    expect_state(page, "connected")
    page.keyboard.press("Escape")
    wait_until(lambda: page.evaluate("dataLayer.at(-1).event") == "callme_close", 20, "the end")
    heard = page.evaluate("dataLayer")
    events = [(entry["event"], entry.get("callme_status")) for entry in heard]
    # A phone that is picked up at once may never be seen ringing.
    assert [event for event in events if event != ("callme_status", "dialing")] == [
        ("callme_open", None),
        ("callme_submit", None),
        ("callme_status", "queued"),
        ("callme_status", "connected"),
        ("callme_close", None),
    ]
    assert {entry["callme_site"] for entry in heard} == {key}
    assert "5550173" not in str(heard).replace(" ", "")


@pytest.mark.parametrize("nonsense", ["{}", "7", '"x"', "null", "[]", "no JSON"])
def test_the_form_opens_with_invalid_data_in_session_storage(
    page: Page, pages: tuple[str, str, str], nonsense: str
) -> None:
    """Somebody else's script may have written there what it liked."""
    first, _, key = pages
    page.goto(first)
    page.evaluate("([key, text]) => { localStorage[key] = text; }", [f"callme:{key}", nonsense])
    page.evaluate("([key, text]) => { sessionStorage[key] = text; }", ["callme", nonsense])
    page.reload()
    page.locator("call-me [part=launcher]").click()
    expect_state(page, "open")
    assert page.url == first
