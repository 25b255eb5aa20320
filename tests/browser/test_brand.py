"""The owner's brand on the button and the panel, and when the button shows at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.embedding import Host
from tests.browser.pages import NARROW, WIDE, NewPage
from tests.helpers.waiting import wait_until
from webapp.domain.clock import utc_now
from webapp.store.pauses import PauseRepository

TALL = (
    "<!DOCTYPE html><html lang=en><head><meta name=viewport content='width=device-width'></head>"
    "<body style='height:4000px'><h1>Acme</h1>{}</body></html>"
)
Open = Callable[..., Page]


@pytest.fixture
def open_page(host: Host, new_page: NewPage) -> Open:
    """Opens a page of the host's that carries the button of a new site with these settings."""

    def opened(settings: str, path: str = "", html: str = TALL, **options: object) -> Page:
        key = host.add_site(settings)
        tag = f'<script async src="{host.callme_url}/w/{key}.js"></script>'
        page = new_page(reduced_motion="reduce", **options)
        page.goto(host.serve_at(path or f"of-{key}", html.format(tag)))
        return page

    return opened


def launcher(page: Page) -> object:
    """Where the button is, and what it looks like."""
    button = page.locator("call-me [part=launcher]")
    button.wait_for()
    return button.evaluate(
        """button => {
          const box = button.getBoundingClientRect(), style = getComputedStyle(button);
          return {text: button.textContent, color: style.backgroundColor, on: style.color,
            left: box.left, right: document.documentElement.clientWidth - box.right,
            bottom: innerHeight - box.bottom, width: box.width, height: box.height,
            radius: style.borderTopLeftRadius};
        }"""
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", {"text": "Call me", "right": 24, "bottom": 24, "height": 56, "radius": "28px"}),
        ('appearance = { color = "#ffd400" }', {"color": "rgb(255, 212, 0)", "on": "rgb(0, 0, 0)"}),
        ('appearance = { label = "Talk to sales" }', {"text": "Talk to sales"}),
        ('appearance = { position = "left" }', {"left": 24, "bottom": 24}),
        ('appearance = { position = "start" }', {"left": 24}),
        ('appearance = { position = "right", offset = [40, 80] }', {"right": 40, "bottom": 80}),
        ('appearance = { launcher = "bubble" }', {"width": 56, "height": 56}),
        ('appearance = { launcher = "tab" }', {"bottom": 0, "radius": "12px"}),
    ],
)
def test_the_button_is_as_the_owner_wants_it(
    open_page: Open, settings: str, expected: dict[str, object]
) -> None:
    seen = launcher(open_page(settings))
    assert isinstance(seen, dict)
    assert {name: seen[name] for name in expected} == expected


def test_start_and_end_follow_the_direction_of_the_page(open_page: Open) -> None:
    """On a page from right to left the button and its panel are on the left."""
    page = open_page("", html=TALL.replace("lang=en", "lang=en dir=rtl"))
    seen = launcher(page)
    assert isinstance(seen, dict)
    assert seen["left"] == 24
    page.locator("call-me [part=launcher]").click()
    box = page.locator("call-me dialog").bounding_box()
    assert box
    assert box["x"] == 24


def test_a_site_without_a_floating_button_shows_only_what_the_page_places(
    open_page: Open,
) -> None:
    page = open_page('appearance = { launcher = "inline" }')
    wait_until(lambda: page.evaluate("!!window.Callme"), 10, "the launcher")
    expect(page.locator("call-me")).to_have_count(0)
    key = page.locator("script").get_attribute("src")
    assert key
    site = key.split("/")[-1].removesuffix(".js")
    page.evaluate(
        "site => { const one = document.createElement('call-me');"
        "one.setAttribute('site', site); document.body.append(one); }",
        site,
    )
    expect(page.locator("call-me [part=launcher]")).to_have_text("Call me")


def test_update_while_the_panel_is_fetched_reaches_the_panel(
    open_page: Open,
) -> None:
    page = open_page('appearance = { title = "Talk to us" }')
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/panel.js", hold)
    with page.expect_request("**/panel.js"):
        page.locator("call-me [part=launcher]").click()
    page.evaluate("Callme.update({title: 'Talk to a planner'})")
    held[0].continue_()
    expect(page.locator("call-me dialog h2")).to_have_text("Talk to a planner")


def test_a_second_sites_script_loaded_during_the_panel_fetch_keeps_the_panels_site(
    host: Host, new_page: NewPage
) -> None:
    """Until then the second site's button was made of what the API tells of it."""
    first, second = host.add_site(""), host.add_site('appearance = { title = "Talk to us" }')
    tag = '<script async src="{}/w/{}.js"></script>'
    page = new_page()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/panel.js", hold)
    body = f'<call-me site="{second}"></call-me>' + tag.format(host.callme_url, first)
    page.goto(host.serve(TALL.format(body)))
    button = page.locator(f"call-me[site={second}]")
    with page.expect_request("**/panel.js"):
        button.locator("[part=launcher]").click()
    page.add_script_tag(url=f"{host.callme_url}/w/{second}.js")
    held[0].continue_()
    expect(button.locator("dialog h2")).to_have_text("Talk to us")
    expect(button.locator("dialog")).to_be_visible()


def test_title_and_sentence_are_the_owners_in_the_owners_language_only(open_page: Open) -> None:
    """A visitor of another language is shown the catalogue's words."""
    settings = 'appearance = { title = "Talk to Acme", sentence = "We ring back at once." }'
    page = open_page(settings)
    page.locator("call-me [part=launcher]").click()
    expect(page.locator("call-me dialog h2")).to_have_text("Talk to Acme")
    expect(page.locator("call-me #said")).to_have_text("We ring back at once.")
    other = open_page(settings, html=TALL.replace("lang=en", "lang=de"))
    other.locator("call-me [part=launcher]").click()
    expect(other.locator("call-me dialog h2")).not_to_have_text("Talk to Acme")
    expect(other.locator("call-me dialog")).to_have_attribute("lang", "de")


DARK, LIGHT = "rgb(21, 23, 28)", "rgb(255, 255, 255)"


@pytest.mark.parametrize(
    ("theme", "visitors", "pages", "card"),
    [
        ("auto", "dark", "light", DARK),
        ("auto", "light", "dark", LIGHT),
        ("light", "dark", "dark", LIGHT),
        ("dark", "light", "light", DARK),
        ("host", "light", "dark", DARK),
        ("host", "dark", "light", LIGHT),
        ("host", "dark", "light dark", DARK),
    ],
)
def test_the_theme_is_the_owners_the_visitors_or_the_pages(
    open_page: Open, theme: str, visitors: str, pages: str, card: str
) -> None:
    html = TALL.replace("<html ", f"<html style='color-scheme:{pages}' ")
    page = open_page(f'appearance = {{ theme = "{theme}" }}', html=html, color_scheme=visitors)
    page.locator("call-me [part=launcher]").click()
    expect(page.locator("call-me dialog")).to_have_css("background-color", card)


def test_the_radius_setting_applies_and_the_pages_style_overrides_it(
    open_page: Open,
) -> None:
    """Custom properties and ::part() of the page's style sheet go over the owner's settings."""
    page = open_page("appearance = { radius = 4 }")
    page.locator("call-me [part=launcher]").click()
    dialog = page.locator("call-me dialog")
    assert dialog.evaluate("one => getComputedStyle(one).borderTopLeftRadius") == "4px"
    page.add_style_tag(
        content="call-me{--callme-color:#7a2048;--callme-radius:2px}"
        "call-me::part(submit){letter-spacing:3px}"
    )
    assert dialog.evaluate("one => getComputedStyle(one).borderTopLeftRadius") == "2px"
    submit = page.locator("call-me [part=submit]")
    assert submit.evaluate("one => getComputedStyle(one).letterSpacing") == "3px"
    assert submit.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(122, 32, 72)"


@pytest.mark.parametrize(
    ("paths", "path", "shows"),
    [
        ('["/pricing*"]', "pricing/enterprise", True),
        ('["/pricing*"]', "jobs", False),
        ('["!/jobs*"]', "jobs/engineer", False),
        ('["!/jobs*"]', "about", True),
        ('["/shop/*", "!/shop/cart"]', "shop/cart", False),
        ('["/shop/*", "!/shop/cart"]', "shop/shoes", True),
        ('["/über uns*"]', "über uns/wir", True),
        ('["/%C3%bcber*"]', "über", True),
        ('["!/контакты"]', "контакты", False),
    ],
)
def test_the_button_floats_on_the_pages_that_the_owner_names(
    open_page: Open, paths: str, path: str, shows: bool
) -> None:
    page = open_page(f"show = {{ paths = {paths} }}", path=path)
    wait_until(lambda: page.evaluate("!!window.Callme"), 10, "the launcher")
    expect(page.locator("call-me")).to_have_count(1 if shows else 0)


def test_history_push_state_shows_and_hides_the_button_by_path(open_page: Open) -> None:
    page = open_page('show = { paths = ["/pricing*", "/über"] }', path="home")
    wait_until(lambda: page.evaluate("!!window.Callme"), 10, "the launcher")
    steps = (("/pricing", 1), ("/jobs", 0), ("/pricing/all", 1), ("/home", 0), ("/%c3%bcber", 1))
    for path, count in steps:
        page.evaluate("path => history.pushState({}, '', path)", path)
        expect(page.locator("call-me")).to_have_count(count)


@pytest.mark.parametrize(
    ("device", "touch", "count"),
    [("touch", True, 1), ("touch", False, 0), ("mouse", True, 0), ("mouse", False, 1)],
)
def test_the_button_floats_on_the_devices_that_the_owner_names(
    open_page: Open, device: str, touch: bool, count: int
) -> None:
    options = {"has_touch": True, "is_mobile": True, "viewport": NARROW} if touch else {}
    page = open_page(f'show = {{ device = "{device}" }}', **options)
    wait_until(lambda: page.evaluate("!!window.Callme"), 10, "the launcher")
    expect(page.locator("call-me")).to_have_count(count)


def test_the_button_appears_after_the_delay_or_the_scroll_percentage(
    host: Host, visitor: Callable[..., BrowserContext]
) -> None:
    """The first of the two counts. The test drives the page's clock."""
    key = host.add_site("show = { delay_seconds = 30, scroll_percent = 50 }")
    tag = f'<script async src="{host.callme_url}/w/{key}.js"></script>'
    address = host.serve(TALL.format(tag))
    for act in ("wait", "scroll"):
        page = visitor(viewport=WIDE).new_page()
        page.clock.install()
        page.goto(address)
        wait_until(lambda page=page: page.evaluate("!!window.Callme"), 10, "the launcher")  # type: ignore[misc]
        page.clock.run_for(29_000)
        page.evaluate("scrollTo(0, 100)")
        expect(page.locator("call-me")).to_have_count(0)
        if act == "wait":
            page.clock.run_for(1_500)
        else:
            page.evaluate("scrollTo(0, 2500)")
        expect(page.locator("call-me")).to_have_count(1)


def test_a_paused_site_shows_no_button(open_page: Open, host: Host) -> None:
    """The page's own <call-me> shows none either. The button is back after the pause."""
    page = open_page("")
    launcher(page)
    address = page.locator("script").get_attribute("src")
    assert address
    key = address.split("/")[-1].removesuffix(".js")
    pauses = PauseRepository(host.callme.store.database, utc_now)
    pauses.pause(key)
    wait_until(lambda: "paused:true" in page.request.get(address).text(), 10, "the pause")
    page.reload()
    wait_until(lambda: page.evaluate("!!window.Callme"), 10, "the launcher")
    expect(page.locator("call-me")).to_have_count(0)
    page.evaluate(
        "key => document.body.insertAdjacentHTML('beforeend', `<call-me site=${key}></call-me>`)",
        key,
    )
    expect(page.locator("call-me")).to_have_attribute("data-state", "closed")
    expect(page.locator("call-me [part=launcher]")).to_have_count(0)
    pauses.resume(key)
    wait_until(lambda: "paused:true" not in page.request.get(address).text(), 10, "the end")
    page.reload()
    launcher(page)


def test_on_a_touch_device_the_keyboard_does_not_cover_the_sheet(open_page: Open) -> None:
    """The keyboard makes the visual viewport smaller, and not the page: told here by hand."""
    page = open_page("", has_touch=True, is_mobile=True, viewport=NARROW)
    page.locator("call-me [part=launcher]").tap()
    dialog = page.locator("call-me dialog")
    expect(dialog).to_be_visible()
    box = dialog.bounding_box()
    assert box
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 360, 740)
    page.evaluate(
        """() => {
          Object.defineProperty(visualViewport, 'height', {value: innerHeight - 300});
          visualViewport.dispatchEvent(new Event('resize'));
        }"""
    )
    box = dialog.bounding_box()
    assert box
    assert box["y"] >= 0
    assert box["y"] + box["height"] == 440
    # Safari moves what is left of the page to the field: the lower end of it is elsewhere then.
    page.evaluate(
        """() => {
          Object.defineProperty(visualViewport, 'offsetTop', {value: 120});
          visualViewport.dispatchEvent(new Event('scroll'));
        }"""
    )
    box = dialog.bounding_box()
    assert box
    assert box["y"] + box["height"] == 560


def test_in_a_low_window_the_panel_is_a_sheet_however_high_the_button_stands(
    open_page: Open,
) -> None:
    """A laptop at 200 % has some 325 px; a card above a button at 200 of them would be a slit."""
    page = open_page("appearance = { offset = [24, 200] }", viewport={"width": 683, "height": 325})
    page.locator("call-me [part=launcher]").click()
    dialog = page.locator("call-me dialog")
    expect(dialog).to_be_visible()
    box = dialog.bounding_box()
    assert box
    assert box["height"] > 250
    assert box["y"] + box["height"] == 325
