"""docs/embed.md in a real browser: each snippet is taken from it and does what is said of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.embedding import Landing
from tests.helpers.guide import CALLME, SECTIONS, Snippet, in_code, names, snippets, the_snippet

TAG = snippets("html")[0].text
OF_POLICIES = the_snippet("html", "Security policies")
"""The tag with a nonce, which does no harm where none is asked for."""

RINGS_LONG = "(202) 555-0102"

FRAMEWORKS_SET = """
(site) => {
  const element = document.createElement('call-me');
  if ('site' in element) element.site = site; else element.setAttribute('site', site);
  document.querySelector('main').append(element);
}
"""
"""How React 19 and Vue make an element: a property if it has one of that name, else an attribute."""

AS_TAG_MANAGER = """
(html) => {
  Object.defineProperty(document, 'currentScript', {get: () => null});
  const made = document.createElement('div');
  made.innerHTML = html;
  for (const given of made.querySelectorAll('script')) {
    const script = document.createElement('script');
    for (const {name, value} of given.attributes)
      if (!name.startsWith('data-')) script.setAttribute(name, value);
    document.body.append(script);
    script.remove();
  }
}
"""


@pytest.mark.parametrize("snippet", snippets("html"), ids=str)
def test_html_that_is_pasted_gives_a_button_that_opens(landing: Landing, snippet: Snippet) -> None:
    """Each block, alone in the body of a page of another site."""
    landing.visit(snippet.text)
    own = "#call-us"
    landing.open_panel(own if landing.page.locator(own).count() else "call-me [part=launcher]")


def test_two_sites_and_two_buttons_each_have_their_own(landing: Landing) -> None:
    """As many buttons as are told of, of the sites that are told of."""
    one_site, two_sites, *_ = snippets("html", "Buttons and languages")
    landing.visit(one_site.text)
    expect(landing.page.locator("call-me[site=acme][data-state]")).to_have_count(2)
    landing.visit(two_sites.text)
    for site in ("acme", "beta"):
        expect(landing.page.locator(f"call-me[site={site}][floating][data-state]")).to_have_count(1)


def test_an_own_button_hides_the_launcher_and_links_to_the_form_without_the_script(
    landing: Landing,
) -> None:
    """Callme's launcher is hidden; where the script cannot be had the form is a page of ours."""
    own = next(
        snippet.text
        for snippet in snippets("html", "Buttons and languages")
        if "call-us" in snippet.text
    )
    landing.visit(own)
    expect(landing.page.locator("call-me[data-state=closed]")).to_have_count(1)
    expect(landing.page.locator("call-me [part=launcher]")).to_be_hidden()
    landing.page.route(
        "**/w/acme.js", lambda route: route.fulfill(body="", content_type="text/javascript")
    )
    landing.visit(own)
    landing.page.locator("#call-us").click()
    landing.page.wait_for_url(f"{landing.host.callme_url}/call/acme")


@pytest.mark.parametrize("snippet", snippets("http"), ids=str)
def test_a_call_connects_under_the_guides_security_policies(
    landing: Landing, snippet: Snippet
) -> None:
    """The page is served with these headers, and the browser reports no violation."""
    text = snippet.text.replace(CALLME, landing.host.callme_url)
    headers = dict(line.split(": ", 1) for line in text.splitlines())
    landing.visit(OF_POLICIES, headers)
    landing.open_panel()
    landing.be_called()


def test_the_tag_manager_snippet_loads_the_widget(landing: Landing) -> None:
    """Without currentScript and data-…, and with the tag gone again at once."""
    landing.visit("")
    landing.page.evaluate(AS_TAG_MANAGER, landing.filled(the_snippet("html", "Google Tag Manager")))
    landing.open_panel()


@pytest.mark.parametrize("name", ["React", "Vue"])
def test_the_framework_component_can_be_mounted_unmounted_and_mounted_again(
    landing: Landing, name: str
) -> None:
    """What the snippet does to the page, in the order of the frameworks: the element first, then the
    effect; and when it is back the element is made by a page that knows it already."""
    effect, site = component(name)
    landing.visit("")
    landing.page.evaluate(FRAMEWORKS_SET, site)
    landing.page.evaluate(f"(site) => {{ {landing.filled(effect)} }}", site)
    landing.open_panel("main call-me [part=launcher]")
    landing.page.evaluate("document.querySelector('main call-me').remove()")
    expect(landing.page.locator("call-me[floating][data-state=closed]")).to_have_count(1)
    landing.page.evaluate(FRAMEWORKS_SET, site)
    landing.page.evaluate(f"(site) => {{ {landing.filled(effect)} }}", site)
    landing.open_panel("main call-me [part=launcher]")
    expect(landing.page.locator("call-me")).to_have_count(1)
    expect(
        landing.page.locator(f'script[src="{landing.host.callme_url}/w/{site}.js"]')
    ).to_have_count(1)


def component(name: str) -> tuple[str, str]:
    """The effect's statements, and the site of the element that the component makes."""
    if name == "React":
        text = the_snippet("jsx", name)
        assert "return <call-me key={site} site={site} />;" in text
        used = re.search(r'<CallMe site="(\w+)" />', SECTIONS[name])
        effect = re.search(r"useEffect\(\(\) => \{(.*?)\n  \}, \[site\]\);", text, re.DOTALL)
    else:
        text = the_snippet("vue", name)
        used = re.search(r'<template>\s*<call-me site="(\w+)"></call-me>\s*</template>', text)
        effect = re.search(r"onMounted\(\(\) => \{(.*?)\n\}\);", text, re.DOTALL)
    assert used
    assert effect
    return effect[1], used[1]


def test_the_next_js_script_loads_after_the_page(landing: Landing) -> None:
    """What `afterInteractive` does: a script of that address, once the page is there."""
    (address,) = re.findall(
        r'<Script src="([^"]+)" strategy="afterInteractive" />', the_snippet("jsx", "Next.js")
    )
    landing.visit('<call-me site="acme"></call-me>')
    landing.page.add_script_tag(url=landing.filled(address))
    landing.open_panel()


@pytest.mark.parametrize("snippet", snippets("js"), ids=str)
def test_the_guides_scripts_are_valid_javascript(landing: Landing, snippet: Snippet) -> None:
    """Imports and exports apart, which need a module with packages around it."""
    script = re.sub(r"^import .*?;$", "", snippet.text, flags=re.MULTILINE)
    landing.page.evaluate(
        "script => void new (async () => {}).constructor(script)",
        script.replace("export default", "const it ="),
    )


def test_the_guides_method_calls_do_what_it_says(landing: Landing) -> None:
    """The lines of the guide run as they stand; in the end nothing is left. All methods are told."""
    landing.visit(TAG)
    expect(landing.page.locator("call-me[data-state=closed]")).to_have_count(1)
    methods = landing.page.evaluate("Object.keys(Callme).filter(name => name !== 'adopt')")
    assert [f"Callme.{name}" for name in methods] == [
        re.sub(r"\(.*", "", method) for method in names("From the page's script", "method")
    ]
    lines = the_snippet("js", "From the page's script").splitlines()
    for line, state in zip(
        lines, ["open", "closed", "closed", "closed", "closed", None], strict=True
    ):
        landing.page.evaluate(f"async () => {{ {line.replace('const stop', 'globalThis.stop')} }}")
        # A dialog says that it was closed a moment later.
        here = landing.page.locator(f"call-me[data-state={state}]" if state else "call-me")
        expect(here, line).to_have_count(1 if state else 0)


def test_a_call_sends_each_documented_event_to_page_and_data_layer(landing: Landing) -> None:
    """A whole call tells each event of the table, and pushes the same under the other name."""
    landing.visit("<script>window.dataLayer = []; window.heard = []</script>" + TAG)
    names_pushed = dict(zip(names("Events", "event"), names("Events", "event", 1), strict=True))
    for name in names_pushed:
        landing.page.evaluate(
            "name => document.addEventListener(name, event => heard.push([name, event.detail.site,"
            " event.detail.status ?? null]))",
            name,
        )
    landing.open_panel()
    landing.be_called()
    landing.page.locator("dialog [part=close]").click()
    expect(landing.page.locator("call-me[data-state=closed]")).to_have_count(1)
    heard = landing.page.evaluate("heard")
    assert {name for name, _, _ in heard} == names_pushed.keys()
    pushed = landing.page.evaluate(
        "dataLayer.map(one => [one.event, one.callme_site, one.callme_status ?? null])"
    )
    assert pushed == [[names_pushed[name], site, status] for name, site, status in heard]
    statuses = [status for name, _, status in heard if name == "callme:status"]
    assert statuses[0] == "queued"
    assert set(statuses) <= set(names("Events", "status"))


def test_the_style_sheet_reaches_the_floating_button(landing: Landing) -> None:
    """Custom properties and parts of the guide's example are what the launcher looks like."""
    css = the_snippet("css", "Brand")
    landing.visit(f"<style>{css}</style>{TAG}")
    launcher = landing.page.locator("call-me[floating] [part=launcher]")
    expect(launcher).to_have_css("background-color", "rgb(122, 32, 72)")
    expect(launcher).to_have_css("color", "rgb(255, 255, 255)")
    expect(launcher).to_have_css("font-family", "Georgia, serif")
    expect(launcher).to_have_css("text-transform", "uppercase")
    landing.open_panel()
    expect(landing.page.locator("dialog")).to_have_css("border-radius", "4px")


def test_browser_storage_holds_only_the_documented_keys(landing: Landing) -> None:
    """While a call goes on, the tab's storage holds these keys and no other, and there is no cookie."""
    landing.visit(TAG)
    landing.open_panel()
    landing.ask_for_call(RINGS_LONG)
    expect(landing.page.locator("call-me[data-state=dialing]")).to_have_count(1)
    stored = landing.page.evaluate(
        "[document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
    )
    assert stored[0] == ""
    assert set(stored[1:]) == in_code(r"^(callme(?::acme)?)$")
