"""Subresource Integrity: what `callme sites snippet --integrity` prints, and what a browser does."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.embedding import Host, Landing
from tests.helpers.guide import SECTIONS, the_snippet
from tests.helpers.processes import environment
from webapp.cli import main


@pytest.fixture
def with_hashes(host: Host) -> str:
    """What `callme sites snippet acme --integrity` prints."""
    settings = environment(host.callme.store, public_url=host.callme_url)
    said = CliRunner(env=settings).invoke(main, ["sites", "snippet", "acme", "--integrity"])
    assert said.exit_code == 0, said
    return said.stdout


def test_the_command_prints_the_hashes_that_the_guide_computes(
    landing: Landing, with_hashes: str
) -> None:
    """The same address and hash as by hand; and the button works up to the call."""
    by_hand = landing.filled(the_snippet("html", "Subresource Integrity"))
    for name in ("src", "integrity"):
        (wanted,) = re.findall(rf'{name}="([^"]+)"', by_hand)
        assert f'{name}="{wanted}"' in with_hashes
    landing.visit(with_hashes)
    landing.open_panel()
    landing.be_called()


def test_a_tag_with_old_and_new_hashes_runs_either_file(landing: Landing, with_hashes: str) -> None:
    """A tag that names the old file's hash beside the new one's runs either."""
    both = with_hashes.replace('integrity="', f'integrity="sha384-{"A" * 64} ')
    landing.visit(re.sub(r": \"sha384", f': "sha384-{"A" * 64} sha384', both))
    landing.open_panel()


def test_an_element_with_the_floating_attribute_floats(landing: Landing, with_hashes: str) -> None:
    (element,) = re.findall(
        r"`(<call-me [^`]* floating></call-me>)`", SECTIONS["Subresource Integrity"]
    )
    landing.visit(with_hashes.replace('<call-me site="acme"></call-me>', element))
    expect(landing.page.locator("call-me")).to_have_css("position", "fixed")
    landing.open_panel()


@pytest.mark.parametrize("file", ["launcher.js", "panel.js"])
def test_a_file_that_was_changed_on_the_way_does_not_run(
    host: Host, visitor: Callable[..., BrowserContext], with_hashes: str, file: str
) -> None:
    """Neither the launcher nor, by the import map, what it loads: then our own page does the same."""
    landing = Landing(visitor().new_page(), host)

    def tamper(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + "\nwindow.harm = 1;")

    landing.page.route(f"**/widget/*/{file}", tamper)
    landing.visit(with_hashes)
    if file == "panel.js":
        landing.page.locator("call-me [part=launcher]").click()
        landing.page.wait_for_url(f"{landing.host.callme_url}/call/acme")
    else:
        expect(landing.page.locator("call-me")).to_be_attached()
        assert landing.page.evaluate("[typeof window.Callme, window.harm ?? 0]") == ["undefined", 0]
