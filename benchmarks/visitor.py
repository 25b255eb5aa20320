"""What a visitor's browser requests from us before the visitor does anything."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import Request, sync_playwright
from playwright.sync_api import TimeoutError as NothingCame

from benchmarks.servers import clean_environment, free_port, running, webapp
from benchmarks.table import BenchmarkError, Figure
from tests.browser.chromium import find

QUIET_MS = 1_000
_DEADLINE_SECONDS = 20.0


def measure(folder: Path) -> list[Figure]:
    """Opens the demo's landing page in a real browser; without one the figure is not known."""
    folder.mkdir()
    browser = find()
    asked = _requests(folder, browser) if browser else None
    return [
        Figure(
            "requests before the visitor acts",
            None if asked is None else len(asked),
            at_least=1,
            at_most=1,
        )
    ]


def _requests(folder: Path, browser: str) -> list[str]:
    """Our addresses that the page requests, until it has been quiet for a second."""
    port = free_port(following=2)
    command = webapp("demo", "--port", str(port))
    with (
        running(command, port, "/", clean_environment(), folder) as demo,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--disable-background-networking"]
        )
        page = chromium.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(demo.origin, wait_until="networkidle")
        ours = _callme_origin(page.content())

        def is_ours(request: Request) -> bool:
            return request.url.startswith(ours)

        deadline = time.monotonic() + _DEADLINE_SECONDS
        while time.monotonic() < deadline:
            try:
                page.wait_for_event("request", is_ours, timeout=QUIET_MS)
            except NothingCame:
                break
        chromium.close()
    return [address for address in asked if address.startswith(ours)]


def _callme_origin(page: str) -> str:
    script = re.search(r'<script[^>]+src="(http://[^/"]+/)w/', page)
    if not script:
        raise BenchmarkError("the landing page carries no widget")
    return script[1]
