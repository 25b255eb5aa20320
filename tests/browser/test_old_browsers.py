"""A browser too old for the panel gets a plain link to the same form on a page of ours.

The browser here is today's, with what an old one lacks taken from it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import let_a_moment_pass
from tests.browser.embedding import Host
from tests.browser.pages import watched

_phones = itertools.count(3000)

NewVisitor = Callable[..., BrowserContext]

NO_SHEETS = """
  for (const {prototype} of [Document, ShadowRoot]) delete prototype.adoptedStyleSheets;
  window.CSSStyleSheet = function () { throw new TypeError('Illegal constructor'); };
"""
NO_TIMEOUT = "delete AbortSignal.timeout;"
NO_MODAL = "delete HTMLDialogElement.prototype.showModal;"
NO_MIXING = """
  const {supports} = CSS;
  CSS.supports = (...asked) => !/color-mix/.test(asked) && supports(...asked);
"""
NO_SIGNALS = """
  const {addEventListener} = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (kind, fn, options) {
    addEventListener.call(this, kind, fn, options && {...options, signal: undefined});
  };
"""
NO_REPLACING = """
  for (const {prototype} of [Document, DocumentFragment, Element]) delete prototype.replaceChildren;
"""
NO_LANGUAGES = "Object.defineProperty(navigator, 'languages', {value: undefined});"
NO_IDLE = "delete window.requestIdleCallback;"

LACKING = {
    "no constructable style sheets": NO_SHEETS,
    "no AbortSignal.timeout": NO_TIMEOUT,
    "no showModal": NO_MODAL,
    "Chrome 109": NO_MIXING,
    "Chrome 84": NO_TIMEOUT + NO_SIGNALS + NO_REPLACING,
    "Safari 14.1": NO_SHEETS + NO_TIMEOUT + NO_MODAL + NO_SIGNALS + NO_IDLE,
    "a web view": NO_SHEETS + NO_LANGUAGES,
}
STILL_WHOLE = {"no navigator.languages": NO_LANGUAGES, "no requestIdleCallback": NO_IDLE}


def page_of(visitor: NewVisitor, lacks: str) -> Page:
    context = visitor()
    context.add_init_script(lacks)
    return watched(context.new_page())


def visit(host: Host, page: Page, place: str = "", launcher: str = "/w/{}.js") -> str:
    """Open a page with a button of a site of its own; the site's key."""
    key = host.add_site("")
    tag = f'<script async src="{host.callme_url}{launcher.format(key)}"></script>'
    page.goto(host.serve(f"<!doctype html><h1>Acme</h1>{place.format(key)}{tag}"))
    return key


@pytest.mark.parametrize("place", ["", '<call-me site="{}"></call-me>'], ids=["floating", "inline"])
@pytest.mark.parametrize("lacks", LACKING)
def test_an_old_browser_gets_a_link_to_the_hosted_page(
    host: Host, visitor: NewVisitor, lacks: str, place: str
) -> None:
    page = page_of(visitor, LACKING[lacks])
    key = visit(host, page, place)
    link = page.locator("call-me").get_by_role("link", name="Call me")
    expect(link).to_be_in_viewport()
    link.click()
    expect(page).to_have_url(f"{host.callme_url}/call/{key}")
    let_a_moment_pass(page)
    page.get_by_label("Phone number").fill(f"202555{next(_phones)}")
    page.get_by_role("button", name="Call me now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You picked up")
    page.wait_for_load_state()  # a style sheet that is cut off would be told of as a file left open


@pytest.mark.parametrize("lacks", LACKING)
def test_a_page_opens_the_form_of_an_old_browser_by_itself(
    host: Host, visitor: NewVisitor, lacks: str
) -> None:
    page = page_of(visitor, LACKING[lacks])
    key = visit(host, page)
    page.locator("call-me a").wait_for()
    page.evaluate("() => { Callme.open(); }")
    expect(page).to_have_url(f"{host.callme_url}/call/{key}")


@pytest.mark.parametrize("lacks", LACKING)
def test_the_launcher_without_a_site_links_to_the_hosted_page_in_an_old_browser(
    host: Host, visitor: NewVisitor, lacks: str
) -> None:
    """The launcher with no site inside, for pages that check its hash."""
    page = page_of(visitor, LACKING[lacks])
    acme = requests.get(f"{host.callme_url}/w/acme.js", timeout=5).text
    (version,) = re.findall('version:"([^"]+)"', acme)
    bare = f"/widget/{version}/launcher.js"
    key = visit(host, page, '<call-me site="{}"></call-me>', bare)
    link = page.locator("call-me").get_by_role("link", name="Call me")
    expect(link).to_have_attribute("href", f"{host.callme_url}/call/{key}")


@pytest.mark.parametrize("lacks", LACKING)
def test_an_old_browser_is_left_alone_after_destroy(
    host: Host, visitor: NewVisitor, lacks: str
) -> None:
    page = page_of(visitor, LACKING[lacks])
    visit(host, page)
    page.locator("call-me a").wait_for()
    page.evaluate("Callme.destroy()")
    expect(page.locator("call-me")).to_have_count(0)


@pytest.mark.parametrize("lacks", STILL_WHOLE)
def test_the_panel_opens_without_optional_browser_features(
    host: Host, visitor: NewVisitor, lacks: str
) -> None:
    page = page_of(visitor, STILL_WHOLE[lacks])
    visit(host, page)
    page.locator("call-me [part=launcher]").click()
    expect(page.locator("call-me[data-state=open] dialog")).to_be_visible()


def test_the_launcher_is_written_so_that_old_browsers_can_parse_it(host: Host) -> None:
    """What Chrome 84 and Safari 14.1 do not know: logical assignment, private names, static blocks."""
    launcher = requests.get(f"{host.callme_url}/w/acme.js", timeout=5).text
    code = re.sub(
        r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|/(?:\\.|[^/\\\n])+/""", "", launcher
    )
    assert re.findall(r"\?\?=|\|\|=|&&=|#\w+|static\s*\{", code) == []
