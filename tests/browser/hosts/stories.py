"""What happens on a host page. Each story ends with a call that is connected."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.hosts.visits import Visit

RTL_LETTER = r"/[\u0590-\u08ff]/"


def whole_path(visit: Visit) -> None:
    visit.connect()


def isolated(visit: Visit) -> None:
    assert visit.root.evaluate("crossOriginIsolated"), "the page is not what this row is about"
    visit.connect()


def one_button(visit: Visit) -> None:
    visit.connect()
    visit.page.wait_for_load_state("networkidle")
    expect(visit.root.locator("call-me")).to_have_count(1)
    expect(visit.launcher).to_have_count(1)


def two_sites(visit: Visit) -> None:
    """Each button calls for its own site, also in turns."""
    visit.of("beta").connect()
    visit.of("acme").connect()
    expect(visit.root.locator("call-me")).to_have_count(2)


def covered(visit: Visit) -> None:
    """What lies above everything, as a question about cookies does, lies above the button as well; by
    keyboard and from script it opens, and the panel lies above all that."""
    visit.launcher.wait_for()
    visit.launcher.focus()
    visit.page.keyboard.press("Enter")
    visit.is_open()
    visit.page.keyboard.press("Escape")
    visit.has_state("closed")
    visit.run("Callme.open('acme')")
    visit.is_open()
    visit.is_connected(visit.send())
    visit.shut()


def typed_key_by_key(visit: Visit) -> None:
    """What is typed into the panel is none of the page's business."""
    visit.open()
    phone = visit.grounds.new_phone()
    visit.page.keyboard.type(phone)
    visit.page.keyboard.press("Enter")
    visit.is_connected(phone)
    visit.shut()


def reads_in_its_own_direction(visit: Visit) -> None:
    """Words run the way that their language does, whichever way the page's run."""
    visit.open()
    for part in (visit.panel, visit.launcher):
        way = part.evaluate(
            f"e => [getComputedStyle(e).direction, {RTL_LETTER}.test(e.textContent) ? 'rtl' : 'ltr']"
        )
        assert way[0] == way[1]
    visit.is_connected(visit.send())
    visit.shut()


def in_quirks_mode(visit: Visit) -> None:
    assert visit.root.evaluate("document.compatMode") == "BackCompat"
    visit.connect()


def not_on_paper(visit: Visit) -> None:
    """Neither the button nor the open panel is printed; on the screen nothing has happened."""
    visit.open()
    visit.page.emulate_media(media="print")
    expect(visit.launcher).to_be_hidden()
    expect(visit.panel).to_be_hidden()
    visit.page.emulate_media(media="screen")
    visit.is_open()
    visit.is_connected(visit.send())
    visit.shut()
