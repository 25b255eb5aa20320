"""The button beside scripts that take what happens on a page for their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FloatRect, Page, expect

from tests.browser.embedding import first_of, hold_back
from tests.browser.hosts.conftest import PATIENCE_MS, PageWith
from tests.browser.hosts.grounds import Grounds
from tests.browser.hosts.visits import WATCH, Visit, no_trouble
from tests.browser.pages import NARROW
from tests.helpers import libraries, programs

LOW = {"width": 1280, "height": 420}


@pytest.fixture(autouse=True)
def libraries_of_others() -> None:
    programs.need("npm")
    assert libraries.find(), "python -m tests.install gets the libraries"


@pytest.fixture
def touched(browser: Browser) -> Iterator[Page]:
    """A page under a finger."""
    context = browser.new_context(has_touch=True, viewport=NARROW, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


def visit_to(page: Page, grounds: Grounds, name: str) -> Visit:
    page.goto(f"{grounds.hosts}/{name}")
    return Visit(page, grounds)


def middle_of(part: FloatRect | None) -> tuple[float, float]:
    assert part
    return part["x"] + part["width"] / 2, part["y"] + part["height"] / 2


def test_the_wheel_scrolls_a_panel_on_a_page_that_scrolls_itself(
    grounds: Grounds, page_with: PageWith
) -> None:
    page = page_with(viewport=LOW)
    visit = visit_to(page, grounds, "lenis")
    visit.launcher.click()
    visit.has_state("open")
    page.mouse.move(*middle_of(visit.panel.bounding_box()))
    page.mouse.wheel(0, 600)
    submit = "e => e.getBoundingClientRect().bottom <= innerHeight"
    page.wait_for_function(f"e => ({submit})(e)", arg=visit.submit.element_handle())
    assert page.evaluate("scrollY") == 0
    assert page.evaluate("lenis.targetScroll") == 0
    visit.is_connected(visit.send())


@pytest.mark.parametrize("name", ["draggable", "sortable"])
def test_in_a_part_of_the_page_that_can_be_dragged_the_panel_takes_clicks_and_text(
    grounds: Grounds, page_with: PageWith, name: str
) -> None:
    page = page_with()
    visit = visit_to(page, grounds, name)
    stood = page.locator("#moved").bounding_box()
    drag(page, visit.launcher.bounding_box(), far=120)
    visit.has_state("closed")
    assert page.locator("#moved").bounding_box() == stood
    visit.open()
    visit.closer.focus()
    visit.phone.click()
    expect(visit.phone).to_be_focused()
    visit.phone.fill("202555")
    drag(page, visit.phone.bounding_box(), far=-150, down=0)
    assert page.evaluate("getSelection().toString()") or visit.phone.evaluate(
        "field => field.selectionEnd - field.selectionStart"
    ), "the text in the field could not be selected"
    assert page.locator("#moved").bounding_box() == stood
    assert page.locator(".ui-draggable-dragging, .ui-sortable-helper").count() == 0
    visit.is_connected(visit.send())


def drag(page: Page, part: FloatRect | None, far: float, down: float = 60) -> None:
    x, y = middle_of(part)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + far / 2, y + 1, steps=4)
    page.mouse.move(x + far, y + down, steps=4)
    page.mouse.up()


def test_a_page_slider_ignores_gestures_and_keys_in_the_panel(
    grounds: Grounds, page_with: PageWith
) -> None:
    page = page_with()
    visit = visit_to(page, grounds, "swiper")
    visit.open()
    title = visit.panel.locator("h2").bounding_box()
    drag(page, title, far=-300)
    page.mouse.move(*middle_of(title))
    page.mouse.wheel(0, 300)
    visit.phone.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageDown")
    assert page.evaluate("[swiper.activeIndex, swiper.translate]") == [0, 0]
    visit.has_state("open")
    visit.is_connected(visit.send())


def test_a_focus_trap_of_the_page_does_not_take_focus_from_the_panel(
    grounds: Grounds, page_with: PageWith
) -> None:
    page = page_with()
    visit = visit_to(page, grounds, "focus-trap")
    page.locator("#trap.show").wait_for()
    page.locator("#letter").focus()
    visit.launcher.focus()
    expect(visit.launcher).to_be_focused()
    page.keyboard.press("Enter")
    visit.is_open()
    expect(visit.phone).to_be_focused()
    phone = grounds.new_phone()
    page.keyboard.type(phone)
    page.keyboard.press("Enter")
    visit.is_connected(phone)


def test_copy_protection_keeps_nobody_from_pressing_typing_and_pasting(
    grounds: Grounds, touched: Page
) -> None:
    visit = visit_to(touched, grounds, "copy-protection")
    visit.launcher.tap()
    visit.is_open()
    visit.phone.tap()
    phone = grounds.new_phone()
    touched.keyboard.type(phone)
    touched.keyboard.press("Control+A")
    touched.keyboard.press("Control+X")
    expect(visit.phone).to_have_value("")
    touched.keyboard.press("Control+V")
    expect(visit.phone).not_to_have_value("")
    visit.submit.tap()
    visit.is_connected(phone)


def test_a_framework_takes_over_a_whole_document_before_the_button_comes(
    grounds: Grounds, page_with: PageWith
) -> None:
    """React gives up a document with an element in it that it did not write, and makes it anew."""
    page = page_with()
    held = hold_back(page, "**/hydrate.js")
    with no_trouble(page):
        page.goto(f"{grounds.hosts}/react", wait_until="commit")
        page.wait_for_function("window.Callme && document.readyState === 'interactive'")
        page.wait_for_function("performance.now() > 300")
        expect(page.locator("call-me")).to_have_count(0)
        first_of(held, page).continue_()
        visit = Visit(page, grounds)
        visit.launcher.wait_for()
        page.wait_for_function("window.tookOver")
        assert page.evaluate("recovered") == []
        assert page.evaluate("document.body === bodyAsItCame")
        visit.connect()
    page.unroute_all()
