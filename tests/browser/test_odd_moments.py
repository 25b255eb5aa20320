"""What pages do to the button and visitors to the panel, though nobody would plan it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import let_a_moment_pass
from tests.browser.embedding import Host
from tests.browser.pages import NARROW, NewPage
from tests.helpers.waiting import wait_until

PAGE = """<!DOCTYPE html><html lang="{lang}"><head><title>Acme</title>
<meta name="viewport" content="width=device-width">{head}</head><body>
<h1>Acme Corp</h1><a href="#pressed">A link</a>{body}</body></html>"""
Open = Callable[..., Page]


@pytest.fixture
def open_page(host: Host, new_page: NewPage) -> Open:
    """Opens a page with this body; `{one}` and `{two}` in it are keys of new sites, `{launcher}` the
    script tags of both as the settings ask for."""

    def opened(
        body: str, *settings: str, head: str = "", lang: str = "en", **options: object
    ) -> Page:
        keys = [host.add_site(setting + "\n" * at) for at, setting in enumerate(settings or [""])]
        tags = [f'<script async src="{host.callme_url}/w/{key}.js"></script>' for key in keys]
        names = dict(zip(("one", "two"), keys, strict=False))
        html = PAGE.format(
            lang=lang,
            head=head,
            body=body.format(launcher="".join(tags), callme=host.callme_url, **names),
        )
        page = new_page(reduced_motion="reduce", **options)
        page.goto(host.serve(html))
        wait_until(lambda: page.evaluate("!!window.Callme"), 10, "the launcher")
        return page

    return opened


def states(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('call-me')].map(one => one.dataset.state)"
    )
    return found


# The page and the button


def test_a_button_that_was_cleared_away_is_put_back(open_page: Open) -> None:
    page = open_page("{launcher}")
    page.locator("call-me [part=launcher]").wait_for()
    page.evaluate("document.querySelector('call-me').remove()")
    page.locator("call-me [part=launcher]").wait_for()


def test_a_page_that_removes_the_button_works_without_it(open_page: Open) -> None:
    """The page removes the button each time, so the widget stops putting it back."""
    page = open_page(
        "{launcher}",
        head="""<script>
          new MutationObserver(() => document.querySelector('call-me')?.remove())
            .observe(document, {childList: true, subtree: true});
        </script>""",
    )
    let_a_moment_pass(page)
    expect(page.locator("call-me")).to_have_count(0)
    page.get_by_role("link", name="A link").click()
    page.wait_for_url("**#pressed")


def test_open_skips_a_button_that_is_not_displayed(open_page: Open) -> None:
    """The menu for telephones carries one as well, and a dialog in there would show nothing."""
    page = open_page(
        '<nav style="display: none"><call-me site="{one}"></call-me></nav>'
        '<call-me site="{one}"></call-me>{launcher}'
    )
    page.locator("call-me [part=launcher]").last.wait_for()
    page.evaluate("Callme.open()")
    expect(page.locator("call-me dialog[open]")).to_be_visible()
    assert states(page) == ["closed", "open"]


def test_open_does_nothing_when_no_button_is_displayed(open_page: Open) -> None:
    page = open_page('<nav style="display: none"><call-me site="{one}"></call-me></nav>{launcher}')
    page.evaluate("Callme.open()")
    page.get_by_role("link", name="A link").click()
    page.wait_for_url("**#pressed")
    assert states(page) == ["closed"]


def test_destroy_keeps_the_pages_own_floating_elements(open_page: Open) -> None:
    """We take it neither from beside another one of the page's, nor at the end."""
    page = open_page('<call-me site="{one}" floating></call-me><p></p>{launcher}')
    page.locator("call-me [part=launcher]").wait_for()
    expect(page.locator("call-me")).to_have_count(1)
    page.evaluate(
        "document.querySelector('p').append(document.querySelector('call-me').cloneNode())"
    )
    expect(page.locator("call-me [part=launcher]")).to_have_count(2)
    page.evaluate("Callme.destroy()")
    expect(page.locator("call-me")).to_have_count(2)


def test_two_sites_floating_buttons_never_overlap(open_page: Open) -> None:
    """One may come back after the other has moved to the bottom."""
    page = open_page("<main></main>{launcher}", "", "")
    expect(page.locator("call-me [part=launcher]")).to_have_count(2)
    key = page.locator("call-me").first.get_attribute("site")
    place = "key => main.innerHTML = key && `<call-me site=${key}></call-me>`"
    page.evaluate("window.main = document.querySelector('main')")
    for where in (key, "", key, ""):
        page.evaluate(place, where)
        expect(page.locator(f"call-me[site={key}] [part=launcher]")).to_have_count(1)
        expect(page.locator("main call-me")).to_have_count(1 if where else 0)
    boxes = [button.bounding_box() for button in page.locator("call-me [part=launcher]").all()]
    assert sorted(box["y"] for box in boxes if box) == [800 - 24 - 56 - 72, 800 - 24 - 56]


def test_the_pages_custom_properties_do_not_affect_the_panel(open_page: Open) -> None:
    names = "--card-height: 700px; --keyboard: 200px; --card: red; --text: red; --quiet: red"
    page = open_page("{launcher}", head=f"<style>:root {{ {names} }}</style>", viewport=NARROW)
    page.locator("call-me [part=launcher]").click()
    dialog = page.locator("call-me dialog")
    expect(dialog).to_have_css("background-color", "rgb(255, 255, 255)")
    box = dialog.bounding_box()
    assert box
    assert box["y"] + box["height"] == NARROW["height"]
    assert box["height"] < 500


# What the page asks for


def test_update_closes_an_open_panel_and_returns_focus_to_the_button(open_page: Open) -> None:
    page = open_page("{launcher}")
    page.evaluate("window.told = []; void Callme.on('close', () => told.push('close'))")
    page.locator("call-me [part=launcher]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("call-me [part=phone]")).to_be_focused()
    page.evaluate("Callme.update({title: 'Talk to us'})")
    expect(page.locator("call-me [part=launcher]")).to_be_focused()
    assert page.evaluate("told") == ["close"]
    assert states(page) == ["closed"]


def test_update_applies_to_buttons_added_later(open_page: Open) -> None:
    page = open_page("<main></main>{launcher}", "show = { paths = ['/nowhere'] }")
    page.evaluate("Callme.update({label: 'Talk to a planner'})")
    key = page.locator("script").last.get_attribute("src").split("/")[-1].removesuffix(".js")  # type: ignore[union-attr]
    page.evaluate(
        "key => document.querySelector('main').innerHTML = `<call-me site=${key}></call-me>`", key
    )
    expect(page.locator("call-me [part=launcher]")).to_have_text("Talk to a planner")


def test_a_page_too_short_to_scroll_counts_as_scrolled(open_page: Open) -> None:
    page = open_page("{launcher}", "show = { scroll_percent = 50 }")
    page.locator("call-me [part=launcher]").wait_for()


@pytest.mark.parametrize("lang", ["pt-BR", "pt"])
def test_the_owners_texts_show_in_their_language_whatever_the_region(
    open_page: Open, lang: str
) -> None:
    page = open_page(
        "{launcher}",
        'language = "pt-BR"\nappearance = { label = "Fale conosco", title = "Quer falar?" }',
        lang=lang,
    )
    expect(page.locator("call-me [part=launcher]")).to_have_text("Fale conosco")
    page.locator("call-me [part=launcher]").click()
    expect(page.locator("call-me h2")).to_have_text("Quer falar?")


@pytest.mark.parametrize(
    ("lang", "label"), [("jam", "Call me"), ("frr-DE", "Call me"), ("FR-ca", "Appelez-moi")]
)
def test_a_language_tag_with_the_same_first_letters_is_not_confused(
    open_page: Open, lang: str, label: str
) -> None:
    """Jamaican begins as Japanese does, and North Frisian as French."""
    page = open_page("{launcher}", lang=lang, locale="en-US")
    expect(page.locator("call-me [part=launcher]")).to_have_text(label)


# The visitor


def test_selecting_the_number_does_not_close_the_panel(open_page: Open) -> None:
    """The mouse goes down in the field and is let go beside the card."""
    page = open_page("{launcher}")
    page.locator("call-me [part=launcher]").click()
    field = page.locator("call-me [part=phone]")
    field.fill("(202) 555-0100")
    box = field.bounding_box()
    assert box
    page.mouse.move(box["x"] + 150, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(100, 100)
    page.mouse.up()
    expect(page.locator("call-me dialog")).to_be_visible()
    page.mouse.click(100, 100)
    expect(page.locator("call-me dialog")).not_to_be_visible()


def test_a_corrected_number_clears_its_error(open_page: Open) -> None:
    page = open_page("{launcher}", 'consent = "I agree."\nconsent_checkbox = true')
    page.locator("call-me [part=launcher]").click()
    phone = page.locator("call-me [part=phone]")
    phone.fill("12")
    page.locator("call-me [part=submit]").click()
    expect(phone).to_have_attribute("aria-invalid", "true")
    phone.fill("(202) 555-0100")
    page.locator("call-me [part=submit]").click()
    expect(phone).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("call-me .error")).to_be_hidden()
    expect(phone).to_have_accessible_description("")


def test_two_buttons_of_one_site_send_one_event_per_call(host: Host, open_page: Open) -> None:
    """An owner who counts calls would count it twice. Both buttons show it."""
    page = open_page("<call-me site='{one}'></call-me><call-me site='{one}'></call-me>{launcher}")
    answered = host.held.hold("2025550191")
    page.evaluate("window.dataLayer = []")
    page.locator("call-me [part=launcher]").first.click()
    page.locator("call-me [part=phone]").fill("(202) 555-0191")
    page.locator("call-me [part=submit]").click()
    expect(page.locator("call-me").first).to_have_attribute("data-state", "dialing")
    page.keyboard.press("Escape")
    page.locator("call-me [part=launcher]").last.click()
    expect(page.locator("call-me").last).to_have_attribute("data-state", "dialing")
    answered.set()
    expect(page.locator("call-me").last).to_have_attribute("data-state", "connected")
    events = page.evaluate("dataLayer.filter(one => one.event === 'callme_status')")
    assert [entry["callme_status"] for entry in events] == ["queued", "dialing", "connected"]


def test_the_sheet_of_a_button_on_the_left_is_in_the_middle(open_page: Open) -> None:
    page = open_page(
        "{launcher}",
        'appearance = { position = "left" }',
        viewport={"width": 740, "height": 360},
    )
    page.locator("call-me [part=launcher]").click()
    box = page.locator("call-me dialog").bounding_box()
    assert box
    assert (box["x"], box["width"]) == (130, 480)


def test_the_sheet_stands_at_the_bottom_again_when_the_keyboard_has_gone(open_page: Open) -> None:
    page = open_page("{launcher}", has_touch=True, is_mobile=True, viewport=NARROW)
    page.locator("call-me [part=launcher]").tap()
    dialog = page.locator("call-me dialog")
    page.evaluate(
        """() => {
          window.high = innerHeight - 300;
          Object.defineProperty(visualViewport, 'height', {get: () => high});
          visualViewport.dispatchEvent(new Event('resize'));
        }"""
    )
    box = dialog.bounding_box()
    assert box and box["y"] + box["height"] == NARROW["height"] - 300  # noqa: PT018
    page.keyboard.press("Escape")
    page.evaluate("window.high = innerHeight")
    page.locator("call-me [part=launcher]").tap()
    expect(dialog).to_be_visible()
    box = dialog.bounding_box()
    assert box and box["y"] + box["height"] == NARROW["height"]  # noqa: PT018
