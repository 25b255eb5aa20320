"""The launcher and the panel of the version before, minified: pages that were opened before an update
have loaded them already. A launcher has `__CALLME_BOOT__` where its configuration stands.

With each release they are replaced by those of that release.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

_HERE = Path(__file__).parent

LAUNCHER = (_HERE / "launcher.js").read_text()


def use_panel_before(page: Page) -> None:
    """Have the page load the panel of the version before; all other modules are today's."""
    body = (_HERE / "panel.js").read_text()
    page.route(
        "**/panel.js",
        lambda route: route.fulfill(
            body=body,
            content_type="text/javascript",
            headers={"Access-Control-Allow-Origin": "*"},
        ),
    )
