"""How soon DialogTech's request arrives after a visitor pressed, in a real Chromium."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from benchmarks.dial import p99
from benchmarks.landing import WITH, landing, listening
from benchmarks.servers import HOST, Installation, Server, received, sandbox
from benchmarks.table import BenchmarkError, Figure
from benchmarks.wire import phone_number
from tests.browser.chromium import find
from webapp.providers.dialogtech import vendor_number

SERVERS = 12
PRESSES = 10
"""For each server, the first to warm it up: a visitor may send ten forms a minute, and all of these come
from one address."""

TYPING_MS = 1_300
"""The server takes no form that was sent within a second of being shown, so the widget would wait."""

_ARRIVAL_SECONDS = 10.0
_CLOCK_STEP_MS = 1.0
"""The stand-in cuts times of arrival to whole milliseconds; each counts as that millisecond's end."""

_WATCH = """() => addEventListener("click", ({ timeStamp }) => {
  window.pressed = performance.timeOrigin + timeStamp;
}, true)"""


def measure(folder: Path) -> list[Figure]:
    """From the click event until the stand-in's own time of arrival, on one machine's clock. The panel
    is open and its token is there, as for somebody who has typed a number."""
    folder.mkdir()
    path = find()
    if path is None:
        raise BenchmarkError("no Chromium here; python -m tests.install gets one")
    listener = listening()
    page_origin = f"http://{HOST}:{listener.getsockname()[1]}"
    taken: list[float] = []
    with sandbox(folder, 0.1) as vendor, sync_playwright() as playwright:
        installation = Installation(folder, f"{vendor.origin}/ibp_api.php", page_origin=page_origin)
        installation.prepare()
        browser = playwright.chromium.launch(
            executable_path=path, args=["--disable-background-networking"]
        )
        for turn in range(SERVERS):
            with (
                installation.running("serve") as server,
                landing(listener.dup(), server.origin, vendor.origin),
            ):
                numbers = (phone_number(turn * PRESSES + at) for at in range(PRESSES))
                taken += [_press(browser, page_origin, vendor, phone) for phone in numbers][1:]
        browser.close()
    return [
        Figure("press to the vendor's arrival, median", median(taken), "ms", at_most=75),
        Figure("press to the vendor's arrival, p99", p99(taken), "ms", at_most=150),
    ]


def _press(browser: Browser, page_origin: str, vendor: Server, phone: str) -> float:
    """Milliseconds from a new visitor's click to the order's arrival."""
    page = browser.new_page()
    page.goto(page_origin + WITH)
    page.locator("call-me").first.get_by_role("button", name="Call me", exact=True).click()
    page.get_by_role("textbox", name="Phone number").fill(phone)
    page.evaluate(_WATCH)
    page.wait_for_timeout(TYPING_MS)
    page.get_by_role("button", name="Call me now").click()
    pressed = float(page.evaluate("window.pressed"))
    deadline = time.monotonic() + _ARRIVAL_SECONDS
    wanted = vendor_number(phone)
    while time.monotonic() < deadline:
        for call in received(vendor):
            if call["query"]["phone_to_call"] == wanted:
                page.close()
                at = datetime.fromisoformat(call["received_at"]).timestamp()
                return at * 1000 + _CLOCK_STEP_MS - pressed
        time.sleep(0.05)
    raise BenchmarkError(f"{phone} was never ordered")
