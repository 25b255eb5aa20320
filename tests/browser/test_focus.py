"""The keyboard alone is enough, focus is always somewhere sensible, and what happens is said once."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Widget
from tests.browser.demo import Demo
from tests.browser.embedding import Landing
from tests.browser.states import STATES, WORDS, Panel, desktop, opened
from tests.helpers.guide import CALLME

FOCUSED = """() => {
  let at = document.activeElement;
  if (at === document.body) return 'body';
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at.getAttribute('aria-label') || at.value || at.textContent.trim() || at.localName;
}"""


@pytest.fixture(scope="module")
def panel(demo: Demo, browser: Browser) -> Iterator[Panel]:
    """One page for all: each test leaves its panel closed."""
    with desktop(browser) as page:
        yield opened(demo, page)


def tab_until(page: Page, wanted: str, key: str = "Tab") -> None:
    """Go on until the element of this name has focus."""
    passed = []
    while page.evaluate(FOCUSED) != wanted:
        page.keyboard.press(key)
        passed.append(page.evaluate(FOCUSED))
        assert len(passed) < 40, f"{wanted} cannot be reached with {key}: {passed}"


def test_a_call_can_be_made_by_keyboard_alone(demo: Demo, page: Page) -> None:
    """Tab to the button, choose whom to talk to with an arrow, type, send, close."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.wait_for()
    tab_until(page, "Call me")
    page.keyboard.press("Enter")
    expect(widget.phone).to_be_focused()
    tab_until(page, "quotes", "Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Service and repairs")).to_be_checked()
    page.keyboard.press("Tab")
    expect(widget.phone).to_be_focused()
    page.keyboard.type("202 555 0172")
    page.keyboard.press("Tab")
    expect(widget.submit).to_be_focused()
    page.keyboard.press("Space")
    widget.expect_state("connected")
    assert demo.received("2025550172")[0]["query"]["menu_id"] == "55443323"  # type: ignore[index]
    expect(widget.close).to_be_focused()
    page.keyboard.press("Enter")
    widget.expect_state("closed")
    expect(widget.launcher).to_be_focused()


def test_tab_stays_in_the_open_panel(panel: Panel) -> None:
    """Round and round through its controls, and the browser's own: never into the page behind."""
    with panel.configured({}):
        panel.open()
        seen = []
        for _ in range(16):
            panel.page.keyboard.press("Tab")
            seen.append(panel.page.evaluate(FOCUSED))
    ours = {"Call me now", "Privacy policy", "Close", "quotes", "input"}
    assert set(seen) <= {*ours, "body"}, seen
    assert seen.count("Call me now") >= 2, f"the panel was left for good: {seen}"


@pytest.mark.parametrize("way", ["Escape", "Close", "beside", "Callme.close()"])
@pytest.mark.parametrize("opener", ["launcher", "page"])
def test_focus_goes_back_to_what_opened_the_panel(panel: Panel, opener: str, way: str) -> None:
    """The button, or a link of the page that calls Callme.open()."""
    page = panel.page
    own = page.get_by_role("link", name="Home batteries")
    with panel.configured({}):
        if opener == "page":
            own.evaluate(
                """link => link.addEventListener('click', event => {
                  event.preventDefault(); Callme.open(); }, {once: true})"""
            )
            own.focus()
        else:
            panel.launcher.focus()
        page.keyboard.press("Enter")
        expect(panel.phone).to_be_focused()
        if way == "Escape":
            page.keyboard.press("Escape")
        elif way == "Close":
            panel.close.click()
        elif way == "beside":
            page.mouse.click(5, 5)
        else:
            page.evaluate("Callme.close()")
        panel.expect_state("closed")
        expect(own if opener == "page" else panel.launcher).to_be_focused()


def test_a_redrawn_form_keeps_focus_in_the_field(panel: Panel) -> None:
    """A form that is drawn anew while somebody types keeps the typed text, and focus."""
    with panel.configured({}):
        panel.page.evaluate("Callme.update({consent: 'The words of yesterday.'})")
        panel.open()
        expect(panel.card).not_to_contain_text("The words of yesterday.")
        expect(panel.phone).to_be_focused()


@pytest.mark.parametrize("state", STATES)
def test_focus_is_in_the_field_or_on_close_in_each_state(panel: Panel, state: str) -> None:
    """On Close, Enter does no harm."""
    with panel.showing(state):
        field = state.startswith("field")
        expect(panel.phone if field else panel.close).to_be_focused()


def test_a_limited_visitor_is_shown_the_owners_number(panel: Panel) -> None:
    with panel.showing("limit"):
        link = panel.card.get_by_role("link", name="Call (202) 555-0199")
        expect(link).to_have_attribute("href", "tel:+12025550199")
        expect(panel.card.get_by_role("button", name="Close")).to_have_count(2)


@pytest.mark.parametrize("state", ["busy", "failed"])
def test_try_again_focuses_the_field_with_its_number(panel: Panel, state: str) -> None:
    with panel.showing(state):
        panel.page.get_by_role("button", name="Try again").focus()
        panel.page.keyboard.press("Enter")
        expect(panel.phone).to_be_focused()
        expect(panel.phone).to_have_value("(202) 555-0171")


def test_focus_moves_to_the_owners_number_offline_and_back_to_the_button(
    demo: Demo, page: Page
) -> None:
    """The number takes the button's place while the browser is offline."""
    page.goto(demo.url)
    widget = Widget(page)
    widget.launcher.wait_for()
    page.context.set_offline(True)
    widget.launcher.focus()
    page.keyboard.press("Enter")
    expect(widget.element.get_by_role("link", name="(202) 555-0199")).to_be_focused()
    page.context.set_offline(False)
    expect(widget.launcher).to_be_focused()


# What is said

LISTEN = """() => {
  const live = document.querySelector('call-me').shadowRoot.querySelector('[role=status]');
  window.said = [];
  new MutationObserver(() => said.push(live.textContent))
    .observe(live, {childList: true, characterData: true, subtree: true});
}"""
SAID = {
    "limit": "One call at a time. This number cannot be called again just yet."
    " You can ask again in 2 minutes.",
}
SAME = {"expired": "failed", "cancelled": "failed"}


def words_of(state: str) -> str:
    words = f"{WORDS[f'{state}.title']}. {WORDS[f'{state}.sentence']}"
    names = {"tel": "(202) 555-0199", "name": "Harrow & Sun Solar"}
    return words.format(**names, receptionist="Quotes and planning")


@pytest.mark.parametrize("state", [state for state in STATES if not state.startswith("field")])
def test_each_state_is_announced_once(panel: Panel, state: str) -> None:
    """One polite live region says title and sentence, and nothing else in the panel is one."""
    with panel.configured({}):
        panel.open()
        panel.page.evaluate(LISTEN)
        with panel.sending(state):
            said = [words_of("sending")]
            if state != "sending":
                said.append(SAID.get(state) or words_of(SAME.get(state, state)))
            assert panel.page.evaluate("said") == said
            live = panel.card.locator("[role=status], [role=alert], [aria-live]")
            expect(live).to_have_count(1)


def test_an_error_is_announced_once_wherever_focus_was(panel: Panel) -> None:
    """Read as the field's description when focus comes to it, as an alert when it was there before."""
    alert = panel.card.get_by_role("alert")
    with panel.configured({}):
        panel.open()
        panel.phone.fill("12")
        panel.page.keyboard.press("Enter")
        expect(alert).to_have_text(WORDS["error.phone"].format(example="(202) 555-0100"))
        panel.submit.click()
        expect(panel.phone).to_be_focused()
        expect(alert).to_have_count(0)
        expect(panel.phone).to_have_accessible_description(
            WORDS["error.phone"].format(example="(202) 555-0100")
        )


@pytest.mark.parametrize("state", ["queued", "open"])
def test_an_opened_panel_has_a_name_and_says_what_it_is_about(panel: Panel, state: str) -> None:
    """Also one that comes back to a call which goes on: its changes were not said meanwhile."""
    dialog = panel.page.get_by_role("dialog")
    with panel.configured({}):
        panel.open()
        if state == "queued":
            with panel.sending(state):
                panel.page.keyboard.press("Escape")
                panel.expect_state("closed")
                panel.launcher.click()
        expect(dialog).to_have_accessible_name(WORDS[f"{state}.title"])
        expect(dialog).to_have_accessible_description(WORDS[f"{state}.sentence"])


def test_button_and_panel_say_which_language_they_speak(landing: Landing) -> None:
    """Arabic on an English page: read out as Arabic, and from right to left."""
    landing.visit(
        f'<script async src="{CALLME}/w/acme.js"></script><call-me site="acme" locale="ar"></call-me>'
    )
    launcher = landing.page.locator("call-me [part=launcher]")
    expect(launcher).to_have_attribute("lang", "ar")
    launcher.click()
    dialog = landing.page.get_by_role("dialog")
    expect(dialog).to_have_attribute("lang", "ar")
    expect(dialog).to_have_attribute("dir", "rtl")


# What is seen with forced colours

DARK_SHARE = """async png => {
  const bytes = Uint8Array.from(atob(png), (one) => one.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const pen = new OffscreenCanvas(24, 24).getContext('2d');
  pen.drawImage(image, (image.width - 24) / 2, (image.height - 24) / 2, 24, 24, 0, 0, 24, 24);
  const {data} = pen.getImageData(0, 0, 24, 24);
  return data.filter((value, at) => at % 4 === 0 && value < 128).length / 576;
}"""


def test_the_handset_icon_shows_with_forced_colours(panel: Panel) -> None:
    """A bubble shows only the handset."""
    panel.page.emulate_media(forced_colors="active")
    with panel.configured({"launcher": "bubble"}):
        picture = base64.b64encode(panel.launcher.screenshot()).decode()
        share = panel.page.evaluate(DARK_SHARE, picture)
    panel.page.emulate_media(forced_colors="none")
    assert 0.1 < share < 0.6, f"{share:.0%} of the glyph's place is dark"
