"""The hosted page in a browser whose JavaScript is switched off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import let_a_moment_pass
from tests.browser.demo import Demo, DemoHere
from tests.browser.pages import NARROW, WIDE, NewPage


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["360px", "1280px"])
def test_the_hosted_page_rings_a_phone_without_javascript(
    demo: Demo, visitor: Callable[..., BrowserContext], viewport: dict[str, int]
) -> None:
    """Form, a mistake told in the field, the status page that renews itself, and the end."""
    page = visitor(viewport=viewport, java_script_enabled=False).new_page()
    number = f"202555016{viewport['width'] % 7}"
    page.goto(f"{demo.callme_url}/call/harrow-sun")
    page.get_by_role("radio", name="Service and repairs").check()
    let_a_moment_pass(page)
    page.get_by_role("textbox", name="Phone number").fill("12")
    page.get_by_role("button", name="Call me").click()
    expect(page).to_have_title("Error: Harrow & Sun Solar calls you")
    expect(page.get_by_role("textbox", name="Phone number")).to_have_value("12")
    expect(page.get_by_role("textbox", name="Phone number")).to_have_accessible_description(
        "That does not look like a full phone number. Example: (202) 555-0100"
    )
    expect(page.get_by_role("radio", name="Service and repairs")).to_be_checked()
    let_a_moment_pass(page)
    page.get_by_role("textbox", name="Phone number").fill(number)
    page.get_by_role("button", name="Call me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You picked up")
    expect(page.get_by_role("status")).to_contain_text(
        "We are connecting you with Service and repairs. You can close this."
    )
    assert len(demo.received(number)) == 1


def test_the_hosted_page_fits_a_tiny_screen(
    demo: Demo, visitor: Callable[..., BrowserContext]
) -> None:
    """320 px, as at 400 % zoom: nothing scrolls sideways."""
    page = visitor(viewport={"width": 320, "height": 256}).new_page()
    page.goto(f"{demo.callme_url}/call/harrow-sun")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_status_page_updates_without_a_reload(demo: Demo, new_page: NewPage) -> None:
    """A screen reader hears each state once; it is not sent back to the start of the page."""
    page = new_page()
    page.goto(f"{demo.callme_url}/call/harrow-sun")
    let_a_moment_pass(page)
    page.get_by_role("textbox", name="Phone number").fill("202 555 0168")
    page.get_by_role("button", name="Call me").click()
    page.wait_for_url("**/call/harrow-sun/*")
    page.evaluate(
        """() => { window.said = [];
          const news = document.querySelector('[role=status]');
          const heard = () => said.push(news.querySelector('h1').textContent);
          heard();
          new MutationObserver(heard).observe(news, {childList: true}); }"""
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("You picked up")
    expect(page.get_by_text("This page looks for news by itself.")).to_have_count(0)
    expect(page).to_have_title("You picked up – Harrow & Sun Solar")
    said = page.evaluate("window.said")
    assert said[-1] == "You picked up"
    assert len(said) == len(set(said)), "a state was said twice"


TRANSLATE = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.trim()) texts.push(walker.currentNode);
  for (const text of texts) {
    const font = document.createElement("font");
    font.textContent = text.data.toUpperCase();
    text.replaceWith(font);
  }
  window.told = 0;
  new MutationObserver(() => window.told++).observe(
    document.getElementById("news"), {childList: true, subtree: true, characterData: true});
}"""
"""An imitation of the browser's translator, which wraps every text in an element of its own."""


def test_a_translated_status_page_is_rewritten_only_when_there_is_news(
    patient_demo: DemoHere, new_page: NewPage
) -> None:
    demo, page, number = patient_demo, new_page(), "2025550184"
    answered = demo.held.hold(number)
    page.goto(f"{demo.callme_url}/call/harrow-sun")
    demo.let_a_moment_pass()
    page.get_by_role("textbox", name="Phone number").fill(number)
    page.get_by_role("button", name="Call me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your phone is about to ring")
    with page.expect_response("**/call/harrow-sun/*") as answer:
        pass  # the page's script runs, and knows its texts from before they are translated
    answer.value.finished()
    page.evaluate(TRANSLATE)
    for _ in range(2):
        with page.expect_response("**/call/harrow-sun/*") as answer:
            pass
        answer.value.finished()
    assert page.evaluate("window.told") == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("YOUR PHONE IS ABOUT TO RING")
    answered.set()
    expect(page.get_by_role("heading", level=1)).to_have_text("You picked up")


@pytest.mark.parametrize("path", ["/call/harrow-sun", "/stop", "/openapi"])
def test_our_pages_follow_the_browsers_text_size(
    demo: DemoHere, new_page: NewPage, path: str
) -> None:
    """Imitated by the root's own size, of which the browser's setting is the default."""
    page = new_page()
    page.goto(demo.callme_url + path)
    sizes = """() => ['body', 'h1', 'p'].map(
        one => parseFloat(getComputedStyle(document.querySelector(one)).fontSize))"""
    before = page.evaluate(sizes)
    page.evaluate("document.documentElement.style.fontSize = '32px'")
    assert page.evaluate(sizes) == [2 * size for size in before]
