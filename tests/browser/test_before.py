"""Across an update, the version before works with today's modules, and today's with those of before."""

from __future__ import annotations

import requests
from playwright.sync_api import Page, expect

from tests.browser.before import LAUNCHER, use_panel_before
from tests.browser.embedding import Host, Landing
from webapp.assets import _BOOT
from webapp.context import EXTENSION


def test_todays_launcher_makes_a_call_with_the_panel_before(host: Host, page: Page) -> None:
    use_panel_before(page)
    landing = Landing(page, host)
    landing.visit(f'<script async src="{host.callme_url}/w/acme.js"></script>')
    landing.open_panel()
    landing.be_called()


def test_the_launcher_before_makes_a_call_with_todays_panel(host: Host, page: Page) -> None:
    """It carries today's configuration, as a site's launcher is asked for with each visit."""
    today = requests.get(f"{host.callme_url}/w/{host.add_site('')}.js", timeout=5).text
    start, end = host.callme.app.extensions[EXTENSION].widget._launcher.split(_BOOT)
    boot = today.removeprefix(start).removesuffix(end)
    landing = Landing(page, host)
    landing.visit(f"<script>{LAUNCHER.replace(_BOOT, boot)}</script>")
    landing.open_panel()
    landing.be_called()
    expect(page.locator("call-me[data-state=connected]")).to_be_visible()
