"""A visitor chooses a time, sees the promise after a reload, changes it, and gives it up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.embedding import Host, Landing
from tests.browser.looks import faults
from tests.browser.pages import watched
from webapp.domain.calls import Call, CallStatus
from webapp.domain.clock import utc_now

OPEN = """
timezone = "America/New_York"
[later]
notice_minutes = 0
[quiet]
from = "03:58"
until = "03:59"
"""
"""Open round the clock, at nearly every hour of which a phone may be rung."""

TOMORROW = utc_now() + timedelta(days=1)
CLOSED = f"""{OPEN}
[hours]
week = {{ mon-sun = ["00:00-24:00"] }}
dates = {{ "{TOMORROW - timedelta(days=2):%Y-%m-%d}/{TOMORROW + timedelta(days=1):%Y-%m-%d}" = [] }}
"""
"""Open again in a day or two, whenever the test runs."""


class Chooser:
    """The panel of a page, up to the planned call."""

    def __init__(self, host: Host, page: Page, settings: str = OPEN, language: str = "en") -> None:
        self.host = host
        self.page = page
        self.key = host.add_site(settings)
        speaks = f"<script>document.documentElement.lang = '{language}'</script>"
        launcher = f'<script async src="{host.callme_url}/w/{self.key}.js"></script>'
        Landing(page, host).visit(speaks + launcher)
        self.dialog = page.locator("call-me dialog[open]")

    def open(self) -> None:
        with self.page.expect_response("**/token**"):
            self.page.locator("call-me [part=launcher]").click()

    def type(self, phone: str) -> None:
        self.dialog.locator("[part=phone]").fill(phone)

    @property
    def times(self) -> Locator:
        return self.dialog.get_by_role("listbox", name="Time")

    def choose(self, phone: str) -> None:
        """Up to the list of times."""
        self.open()
        self.type(phone)
        self.dialog.get_by_role("button", name="Choose a time").click()
        expect(self.times).to_be_focused()

    def plan(self, phone: str) -> None:
        """Up to the promise, for the first time that is offered."""
        self.choose(phone)
        self.dialog.get_by_role("button", name="Call me then").click()
        self.expect_state("scheduled")

    def expect_state(self, state: str) -> None:
        expect(self.page.locator(f"call-me[data-state={state}]")).to_be_attached()

    def call_to(self, e164: str) -> Call:
        (call,) = [call for call in self.host.callme.store.all_calls() if call.phone == e164]
        return call

    def selected(self) -> str:
        at = self.times.locator("[aria-selected=true]").get_attribute("id")
        assert at
        return at


def test_a_time_is_chosen_by_keyboard_alone(host: Host, page: Page) -> None:
    """Focus is in the list when it comes; what the arrows reach is what is promised."""
    chooser = Chooser(host, page)
    chooser.open()
    page.keyboard.type("2025550161")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(chooser.dialog.get_by_role("button", name="Choose a time")).to_be_focused()
    page.keyboard.press("Enter")
    expect(chooser.times).to_be_focused()
    first = chooser.selected()
    page.keyboard.press("ArrowDown")
    second = chooser.selected()
    assert second > first
    assert chooser.times.get_attribute("aria-activedescendant") == second
    page.keyboard.press("Enter")
    chooser.expect_state("scheduled")
    call = chooser.call_to("+12025550161")
    assert call.plan
    assert (call.status, call.plan.at) == (CallStatus.SCHEDULED, datetime.fromisoformat(second))
    expect(chooser.dialog.get_by_role("heading")).to_contain_text("We will call you")
    expect(chooser.dialog.locator(".sentence")).to_have_text("We will ring +1********61.")


def test_another_day_has_times_of_its_own(host: Host, page: Page) -> None:
    chooser = Chooser(host, page)
    chooser.choose("202 555 0162")
    today = chooser.selected()
    chooser.dialog.get_by_role("group", name="Day").get_by_role("radio").nth(1).check(force=True)
    assert chooser.selected() > today
    chooser.dialog.get_by_role("button", name="Call me then").click()
    chooser.expect_state("scheduled")


def test_both_clocks_are_shown_to_visitors_of_another_zone(
    host: Host, visitor: Callable[..., BrowserContext]
) -> None:
    page = watched(visitor(timezone_id="America/Los_Angeles").new_page())
    chooser = Chooser(host, page)
    chooser.choose("202 555 0163")
    expect(chooser.dialog.locator("#said")).to_have_text("Your time · New York")
    here, there = (
        datetime.strptime(text.replace("\u202f", " "), "%I:%M %p")
        for text in (
            chooser.times.locator("[aria-selected=true]").evaluate("e => e.firstChild.data"),
            chooser.times.locator("[aria-selected=true] small").inner_text(),
        )
    )
    assert (there - here) % timedelta(days=1) == timedelta(hours=3)


def test_a_visitor_of_the_owners_zone_sees_one_clock(
    host: Host, visitor: Callable[..., BrowserContext]
) -> None:
    page = watched(visitor(timezone_id="America/Toronto").new_page())
    chooser = Chooser(host, page)
    chooser.choose("202 555 0164")
    expect(chooser.dialog.locator("#said")).to_have_text("Your time")
    expect(chooser.times.locator("small")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "hours"), [("en", r"^\d{1,2}:\d\d.[AP]M$"), ("de", r"^\d\d:\d\d$")]
)
def test_times_are_written_as_the_language_writes_them(
    host: Host, visitor: Callable[..., BrowserContext], language: str, hours: str
) -> None:
    page = watched(visitor(timezone_id="America/New_York").new_page())
    chooser = Chooser(host, page, language=language)
    chooser.open()
    chooser.type("202 555 0165")
    chooser.dialog.locator("form .quiet").click()
    listed = chooser.dialog.get_by_role("listbox").get_by_role("option")
    expect(listed.first).to_be_visible()
    assert page.evaluate(
        "([text, hours]) => RegExp(hours).test(text)", [listed.first.inner_text(), hours]
    )


def test_a_reload_shows_the_promise_which_can_be_moved_and_given_up(host: Host, page: Page) -> None:
    chooser = Chooser(host, page)
    chooser.plan("202 555 0166")
    promised = chooser.dialog.get_by_role("heading").inner_text()
    page.reload()
    chooser.page.locator("call-me [part=launcher]").click()
    expect(chooser.dialog.get_by_role("heading")).to_have_text(promised)
    link = chooser.dialog.get_by_role("link", name="Add to calendar").get_attribute("href")
    assert link
    calendar = page.request.get(link)
    assert calendar.ok
    assert "BEGIN:VEVENT" in calendar.text()
    chooser.dialog.get_by_role("button", name="Change").click()
    expect(chooser.times).to_be_focused()
    page.keyboard.press("ArrowDown")
    moved_to = chooser.selected()
    chooser.dialog.get_by_role("button", name="Call me then").click()
    expect(chooser.dialog.get_by_role("heading")).to_contain_text("We will call you")
    expect(chooser.dialog.get_by_role("heading")).not_to_have_text(promised)
    call = chooser.call_to("+12025550166")
    assert call.due_at == datetime.fromisoformat(moved_to)
    chooser.dialog.get_by_role("button", name="Cancel the call").click()
    chooser.expect_state("cancelled")
    expect(chooser.dialog.get_by_role("heading")).to_have_text("Your call was cancelled")
    assert chooser.call_to("+12025550166").status is CallStatus.CANCELLED
    assert page.evaluate("localStorage.length") == 0, "nothing is kept once it is over"


def test_the_way_back_leads_to_the_form_with_the_number(host: Host, page: Page) -> None:
    chooser = Chooser(host, page)
    chooser.choose("202 555 0167")
    chooser.dialog.get_by_role("button", name="Back").click()
    expect(chooser.dialog.locator("[part=phone]")).to_have_value("(202) 555-0167")
    expect(chooser.dialog.get_by_role("button", name="Choose a time")).to_be_visible()


def test_a_number_that_cannot_be_read_is_told_in_the_form(host: Host, page: Page) -> None:
    chooser = Chooser(host, page)
    chooser.open()
    chooser.type("202 555 01")
    chooser.dialog.get_by_role("button", name="Choose a time").click()
    expect(chooser.dialog.locator("[part=phone]")).to_have_attribute("aria-invalid", "true")
    expect(chooser.dialog.locator("[part=phone]")).to_have_value("(202) 555-01")


def test_while_closed_the_time_comes_first_and_the_phone_beside_it(host: Host, page: Page) -> None:
    chooser = Chooser(host, page, CLOSED)
    chooser.open()
    expect(chooser.dialog.get_by_role("heading")).to_have_text("We are closed right now")
    expect(chooser.dialog.locator("#said")).to_contain_text("Open again: ")
    expect(chooser.dialog.locator("[part=call]")).to_have_attribute("href", "tel:+12025550199")
    chooser.type("202 555 0168")
    chooser.dialog.locator("[part=submit]").click()
    expect(chooser.times).to_be_focused()
    chooser.dialog.get_by_role("button", name="Call me then").click()
    chooser.expect_state("scheduled")


def test_a_time_that_was_taken_meanwhile_leads_to_the_nearest_ones(host: Host, page: Page) -> None:
    chooser = Chooser(host, page, f"{OPEN}# of its own")
    chooser.choose("202 555 0169")
    page.keyboard.press("ArrowDown")
    wanted = chooser.selected()
    for last in (1, 2):
        taking = host.callme.visitor(chooser.key, host.url)
        taking.ask_for_call(phone=f"202 555 017{last}", when=wanted, receptionist="all")
    chooser.dialog.get_by_role("button", name="Call me then").click()
    expect(chooser.dialog.get_by_role("alert")).to_have_text(
        "This time has just been taken. Please choose another one."
    )
    assert chooser.times.locator(f'[id="{wanted}"]').count() == 0
    chooser.dialog.get_by_role("button", name="Call me then").click()
    chooser.expect_state("scheduled")


def test_where_no_time_is_free_the_reason_and_the_phone_are_shown(host: Host, page: Page) -> None:
    never = OPEN.replace('"03:58"', '"03:59"').replace('until = "03:59"', 'until = "03:58"')
    chooser = Chooser(host, page, never)
    chooser.open()
    chooser.type("202 555 0173")
    chooser.dialog.get_by_role("button", name="Choose a time").click()
    expect(chooser.dialog.locator(".sentence")).to_contain_text(
        "hour that suits your phone's place"
    )
    expect(chooser.dialog.locator("[part=call]")).to_be_visible()


def test_times_that_cannot_be_had_can_be_asked_for_again(host: Host, page: Page) -> None:
    chooser = Chooser(host, page)
    chooser.open()
    chooser.type("202 555 0174")
    page.route("**/slots**", lambda route: route.abort())
    chooser.dialog.get_by_role("button", name="Choose a time").click()
    expect(chooser.dialog.locator(".sentence")).to_contain_text("could not be loaded")
    page.unroute("**/slots**")
    chooser.dialog.get_by_role("button", name="Try again").click()
    expect(chooser.times).to_be_focused()


RETRIES = (
    OPEN
    + """
[retry]
after_minutes = 60
"""
)


def busy(host: Host, page: Page) -> Chooser:
    """The card after a phone that was busy."""
    chooser = Chooser(host, page, RETRIES)
    chooser.open()
    chooser.type("202 555 0101")
    chooser.dialog.get_by_role("button", name="Call me now").click()
    chooser.expect_state("retrying")
    return chooser


def test_a_busy_phone_is_tried_again_unless_the_visitor_does_not_want_that(
    host: Host, page: Page
) -> None:
    chooser = busy(host, page)
    expect(chooser.dialog.get_by_role("heading")).to_have_text("Your phone was busy")
    expect(chooser.dialog.locator(".sentence")).to_contain_text("We try again: ")
    assert faults(page, widget=True) == []
    chooser.dialog.get_by_role("button", name="Later").click()
    expect(chooser.times).to_be_focused()
    chooser.dialog.get_by_role("button", name="Back").click()
    chooser.dialog.get_by_role("button", name="Now", exact=True).click()
    # It is busy once more, and once is enough.
    chooser.expect_state("busy")


def test_no_thanks_gives_the_next_try_up(host: Host, page: Page) -> None:
    chooser = busy(host, page)
    chooser.dialog.get_by_role("button", name="No, thanks").click()
    chooser.expect_state("cancelled")


# How it looks


@pytest.mark.parametrize("language", ["en", "ar"])
def test_each_card_is_sound_in_every_look(
    host: Host, visitor: Callable[..., BrowserContext], language: str
) -> None:
    """From left to right and from right to left, with both clocks shown."""
    page = watched(visitor(timezone_id="Asia/Tokyo", reduced_motion="reduce").new_page())
    look = Chooser(host, page, language=language)
    look.open()
    look.type("+1 202 555 0175")
    look.dialog.locator("form .quiet").wait_for()
    assert faults(page, widget=True) == []
    look.dialog.locator("form .quiet").click()
    expect(look.dialog.get_by_role("listbox")).to_be_focused()
    assert faults(page, widget=True) == []
    look.dialog.locator("[part=submit]").click()
    look.expect_state("scheduled")
    expect(look.dialog.get_by_role("link")).to_be_visible()
    assert faults(page, widget=True) == []
    look.dialog.locator("button.quiet").last.click()
    look.expect_state("cancelled")
    assert faults(page, widget=True) == []
