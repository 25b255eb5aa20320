"""A site with a captcha in a browser, the service's script replaced by a stand-in of a few lines."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import Page, Route, expect

from tests.browser.before import use_panel_before
from tests.browser.conftest import Widget
from tests.browser.embedding import first_of, hold_back
from tests.browser.pages import NewPage
from tests.helpers.callme import Callme, running_callme
from tests.helpers.captchas import StandInCaptcha, captcha_settings, stand_in_captcha
from tests.helpers.sites import both_sites
from tests.helpers.vendors import StandIn, served, stand_in
from tests.helpers.waiting import wait_until
from webapp.listening import listen, origin_of
from webapp.providers.captcha import SERVICES
from webapp.sandbox.serving import server_on

US_FALLBACK = "Call (202) 555-0199"

STAND_IN_SCRIPT = """
(() => {
  const {object, field, element, outside, answers} = SERVICE;
  const params = new URL(document.currentScript.src).searchParams;
  const render = (place, options) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'I am human';
    const input = document.createElement('input');
    input.type = 'hidden';
    input.name = field;
    const solve = () => {
      input.value = answers.shift();
      button.textContent = 'Human';
      if (options.callback) options.callback(input.value);
    };
    button.onclick = () => {
      if (!outside) { solve(); return; }
      const puzzle = document.createElement('button');
      puzzle.textContent = 'Solve the puzzle';
      puzzle.style.cssText = 'position: fixed; inset: 20%; z-index: 2000000000';
      puzzle.onclick = () => { puzzle.remove(); solve(); };
      document.body.append(puzzle);
    };
    place.append(button, input);
    window.reset = () => { input.value = ''; button.textContent = 'I am human'; };
    return 0;
  };
  const start = () => {
    window[object] = {render, reset: () => window.reset()};
    if (params.get('render') === 'explicit') window[params.get('onload')]();
    else for (const place of document.querySelectorAll('.' + element)) render(place, {});
  };
  setTimeout(start, 10);  // after the load event, as the real ones
})();
"""
"""What all three do: render into an element, fill a field, call back; two open a puzzle elsewhere."""

USELESS = "window[new URL(document.currentScript.src).searchParams.get('onload')]()"
"""Says that it is ready, and is not."""


@dataclass(frozen=True)
class Guarded:
    """Callme with a captcha before its site, and an owner's page that embeds the button."""

    callme: Callme
    callme_url: str
    page_url: str
    vendor: StandIn
    captcha: StandInCaptcha

    def script_is(self, page: Page, script: str | None) -> None:
        """Put this in place of the service's script; None blocks it."""
        page.route(
            f"{self.captcha.service.script.split('?')[0]}*",
            lambda route: (
                route.abort()
                if script is None
                else route.fulfill(body=script, content_type="text/javascript")
            ),
        )

    def stand_in_script(self) -> str:
        service = self.captcha.service
        texts = {
            "object": service.script_object,
            "field": service.field,
            "element": service.element,
            "outside": service.name != "turnstile",
            "answers": [self.captcha.solve("127.0.0.1") for _ in range(4)],
        }
        return STAND_IN_SCRIPT.replace("SERVICE", json.dumps(texts))


@contextmanager
def running(folder: Path, name: str, floating: bool, **changes: Any) -> Iterator[Guarded]:
    owner = Flask(__name__)
    with (
        stand_in() as vendor,
        stand_in_captcha(name) as captcha,
        served(owner) as page_url,
        listen("127.0.0.1", 0) as listener,
    ):
        callme_url = origin_of(listener)
        add_landing_page(owner, callme_url, SERVICES[name].sources, floating)
        with running_callme(
            folder,
            vendor_url=vendor.url,
            dispatcher=True,
            sites=both_sites(captcha=True, origins=[page_url], **changes),
            public_url=callme_url,
            **captcha_settings(captcha),
        ) as callme:
            server = server_on(listener, callme.app)
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            yield Guarded(callme, callme_url, page_url, vendor, captcha)
            server.shutdown()
            thread.join()
            server.server_close()


def add_landing_page(
    owner: Flask, callme_url: str, sources: Mapping[str, tuple[str, ...]], floating: bool
) -> None:
    """The owner's page, with the policy that docs/captcha.md tells of."""
    allowed = {"script-src": [callme_url], "connect-src": [callme_url]}
    for directive, hosts in sources.items():
        allowed.setdefault(directive, []).extend(hosts)
    policy = ["default-src 'none'", "style-src-attr 'unsafe-inline'"]  # the stand-in's own
    policy += [" ".join((name, *hosts)) for name, hosts in allowed.items()]
    button = "" if floating else '<call-me site="acme"></call-me>'

    @owner.get("/")
    def page() -> Response:
        script = f'<script src="{callme_url}/w/acme.js"></script>'
        html = f"<!doctype html><title>Acme</title>{button}{script}"
        return Response(html, headers={"Content-Security-Policy": "; ".join(policy)})


@pytest.fixture(params=sorted(SERVICES))
def guarded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Guarded]:
    with running(tmp_path, request.param, floating=False) as running_one:
        yield running_one


def solve(guarded: Guarded, page: Page) -> None:
    page.get_by_role("button", name="I am human").click()
    if guarded.captcha.service.name != "turnstile":
        page.get_by_role("button", name="Solve the puzzle").click()


def press_when_the_token_is_old_enough(page: Page) -> None:
    """Counted from when the form had come, as the token is no older than that."""
    age = "performance.now() - performance.getEntriesByType('navigation')[0].responseEnd"

    def old() -> bool:
        return bool(page.evaluate(age) > 1100)

    wait_until(old, 20, "the age that a form's token must have")
    page.get_by_role("button", name="Call me now").click()


@pytest.mark.parametrize("panel", ["today's", "of the version before"])
def test_a_solved_captcha_in_the_panel_makes_a_call(
    guarded: Guarded, page: Page, panel: str
) -> None:
    """Pressed too early the form waits; solved, it goes out by itself; a second call needs a second
    answer."""
    if panel != "today's":
        use_panel_before(page)
    guarded.script_is(page, guarded.stand_in_script())
    page.goto(guarded.page_url)
    widget = Widget(page, "acme")
    widget.open()
    expect(page.get_by_role("button", name="I am human")).to_be_visible()
    widget.phone.fill("(202) 555-0130")
    widget.submit.click()
    expect(widget.card.get_by_role("alert")).to_have_text("Please complete the check below first.")
    assert guarded.captcha.asked == []
    solve(guarded, page)
    widget.expect_state("connected")
    widget.close.click()
    widget.open()
    expect(page.get_by_role("button", name="I am human")).to_be_visible()
    solve(guarded, page)
    widget.phone.fill("(202) 555-0131")
    widget.submit.click()
    widget.expect_state("connected")
    assert guarded.vendor.phones == ["2025550130", "2025550131"]
    assert len({asked["response"] for asked in guarded.captcha.asked}) == 2
    page.keyboard.press("Escape")
    widget.expect_state("closed")


def test_who_wants_a_time_gets_the_times_once_the_captcha_is_solved(
    tmp_path: Path, page: Page
) -> None:
    """And is not rung now instead."""
    times = {"later": {}, "quiet": {"from": "03:58", "until": "03:59"}}
    with running(tmp_path, "turnstile", floating=False, **times) as guarded:
        guarded.script_is(page, guarded.stand_in_script())
        page.goto(guarded.page_url)
        widget = Widget(page, "acme")
        widget.open()
        expect(page.get_by_role("button", name="I am human")).to_be_visible()
        widget.phone.fill("(202) 555-0139")
        widget.card.get_by_role("button", name="Choose a time").click()
        expect(widget.card.get_by_role("alert")).to_have_text(
            "Please complete the check below first."
        )
        solve(guarded, page)
        expect(widget.card.get_by_role("listbox")).to_be_focused()
        widget.card.get_by_role("button", name="Call me then").click()
        widget.expect_state("scheduled")
        assert guarded.vendor.phones == []


def test_choosing_between_two_readings_needs_a_new_captcha_answer(
    guarded: Guarded, page: Page
) -> None:
    guarded.script_is(page, guarded.stand_in_script())
    page.goto(guarded.page_url)
    widget = Widget(page, "acme")
    widget.open()
    expect(page.get_by_role("button", name="I am human")).to_be_visible()
    solve(guarded, page)
    widget.phone.fill("646 555 0132")
    widget.submit.click()
    page.get_by_role("button", name="+1 646-555-0132").click()
    expect(widget.card.get_by_role("alert").last).to_have_text(
        "Please complete the check below first."
    )
    assert guarded.vendor.phones == []
    solve(guarded, page)
    widget.expect_state("connected")
    assert guarded.vendor.phones == ["6465550132"]


def test_a_floating_button_does_not_cover_the_captcha(tmp_path: Path, new_page: NewPage) -> None:
    """On a narrow screen the puzzle lies over the panel."""
    page = new_page(viewport={"width": 320, "height": 568})
    with running(tmp_path, "recaptcha", floating=True) as guarded:
        guarded.script_is(page, guarded.stand_in_script())
        page.goto(guarded.page_url)
        widget = Widget(page, "acme")
        widget.open()
        widget.phone.fill("(202) 555-0132")
        solve(guarded, page)
        widget.submit.click()
        widget.expect_state("connected")
        assert guarded.vendor.phones == ["2025550132"]


@pytest.mark.parametrize("script", [None, USELESS], ids=["blocked", "useless"])
def test_the_panel_shows_the_owners_number_when_the_captcha_script_fails(
    guarded: Guarded, page: Page, script: str | None
) -> None:
    """It loads the script again when it is opened again."""
    guarded.script_is(page, script)
    page.goto(guarded.page_url)
    widget = Widget(page, "acme")
    widget.launcher.click()
    widget.expect_state("unavailable")
    link = widget.card.get_by_role("link", name=US_FALLBACK)
    expect(link).to_have_attribute("href", "tel:+12025550199")
    guarded.script_is(page, guarded.stand_in_script())
    widget.close.click()
    widget.open()
    expect(page.get_by_role("button", name="I am human")).to_be_visible()
    assert guarded.callme.store.all_calls() == []


def test_focus_stays_in_the_panel_when_the_captcha_script_fails(
    guarded: Guarded, page: Page
) -> None:
    """It moves from the field to Close, where Escape works and Enter does no harm."""
    held = hold_back(page, f"{guarded.captcha.service.script.split('?')[0]}*")
    widget = lose_the_check_while_typing(guarded, page, held)
    page.keyboard.press("Escape")
    widget.expect_state("closed")
    expect(widget.launcher).to_be_focused()


def test_focus_stays_in_the_panel_when_the_captcha_module_fails(tmp_path: Path, page: Page) -> None:
    held = hold_back(page, "**/captcha.js")
    with running(tmp_path, "turnstile", floating=True) as guarded:
        lose_the_check_while_typing(guarded, page, held)


def lose_the_check_while_typing(guarded: Guarded, page: Page, held: list[Route]) -> Widget:
    """Have the request that is held back fail, and see where focus goes."""
    page.goto(guarded.page_url)
    widget = Widget(page, "acme")
    widget.open()
    widget.phone.press_sequentially("(202)")
    first_of(held, page).abort()
    widget.expect_state("unavailable")
    expect(widget.close).to_be_focused()
    return widget


def test_a_failed_captcha_shows_its_error_and_can_be_solved_again(
    guarded: Guarded, page: Page
) -> None:
    """The number stays in the field, and a new check can be passed."""
    script = guarded.stand_in_script().replace('"answers": [', '"answers": ["of a machine", ')
    guarded.script_is(page, script)
    page.goto(guarded.page_url)
    widget = Widget(page, "acme")
    widget.open()
    solve(guarded, page)
    widget.phone.fill("(202) 555-0135")
    widget.submit.click()
    alert = widget.card.get_by_role("alert")
    expect(alert).to_have_text(
        "The check was not passed. Please try once more, or call us. (202) 555-0199"
    )
    expect(alert.get_by_role("link")).to_have_attribute("href", "tel:+12025550199")
    widget.expect_state("open")
    expect(widget.phone).to_have_value("(202) 555-0135")
    solve(guarded, page)
    expect(widget.card.get_by_role("alert")).to_be_hidden()
    widget.submit.click()
    widget.expect_state("connected")
    assert guarded.vendor.phones == ["2025550135"]


def test_a_form_whose_answer_was_lost_is_sent_again_and_rings_once(
    guarded: Guarded, page: Page
) -> None:
    """With the check's answer used up: the server knows the request, and asks for no other one."""
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.fallback()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort()

    guarded.script_is(page, guarded.stand_in_script())
    page.route("**/calls?*", lose_the_first)
    page.goto(guarded.page_url)
    widget = Widget(page, "acme")
    widget.open()
    widget.phone.fill("(202) 555-0134")
    solve(guarded, page)
    widget.submit.click()
    widget.expect_state("connected")
    assert len(lost) == len(guarded.captcha.asked) == 1
    assert guarded.vendor.phones == ["2025550134"]


def test_destroy_removes_the_captcha(guarded: Guarded, page: Page) -> None:
    guarded.script_is(page, guarded.stand_in_script())
    page.goto(guarded.page_url)
    Widget(page, "acme").open()
    expect(page.get_by_role("button", name="I am human")).to_be_visible()
    page.evaluate("Callme.destroy()")
    expect(page.get_by_role("button", name="I am human")).to_have_count(0)
    expect(page.locator("[slot=captcha]")).to_have_count(0)


def test_a_solved_captcha_on_the_hosted_page_makes_a_call(guarded: Guarded, page: Page) -> None:
    """The service's own script fills its own field, under the page's policy."""
    guarded.script_is(page, guarded.stand_in_script())
    page.goto(f"{guarded.callme_url}/call/acme")
    page.get_by_role("textbox", name="Phone number").fill("(202) 555-0133")
    press_when_the_token_is_old_enough(page)
    expect(page.get_by_role("alert")).to_have_text(
        "The check was not passed. Please try once more, or call us."
    )
    expect(page.get_by_role("link", name=US_FALLBACK)).to_be_visible()
    solve(guarded, page)
    press_when_the_token_is_old_enough(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("You picked up")
    assert guarded.vendor.phones == ["2025550133"]


def test_the_hosted_page_shows_the_owners_number_when_the_captcha_script_fails(
    guarded: Guarded, page: Page
) -> None:
    guarded.script_is(page, None)
    page.goto(f"{guarded.callme_url}/call/acme")
    expect(page.get_by_role("heading", level=1)).to_have_text("Please call us")
    link = page.get_by_role("link", name=US_FALLBACK)
    expect(link).to_have_attribute("href", "tel:+12025550199")
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_text("Acme Corp")).to_be_visible()
