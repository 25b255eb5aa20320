"""In a frame that may run scripts and send no forms, the panel does what it does elsewhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.embedding import Host


@pytest.mark.parametrize("how", ["button", "Enter"])
def test_a_call_connects_in_a_sandboxed_frame_without_allow_forms(
    host: Host, page: Page, how: str
) -> None:
    key = host.add_site("")
    inner = host.serve(f'<h1>Acme</h1><script async src="{host.callme_url}/w/{key}.js"></script>')
    page.goto(
        host.serve(
            f'<iframe src="{inner}" sandbox="allow-scripts allow-same-origin"'
            ' style="width: 90vw; height: 90vh"></iframe>'
        )
    )
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Call me", exact=True).click()
    phone = frame.get_by_role("textbox", name="Phone number")
    phone.fill("2025550186" if how == "Enter" else "2025550187")
    if how == "Enter":
        phone.press("Enter")
    else:
        frame.get_by_role("button", name="Call me now").click()
    expect(frame.locator("call-me[data-state=connected]")).to_be_visible()
    calls = [call for call in host.callme.store.all_calls() if call.site == key]
    assert len({call.phone for call in calls}) == len(calls)
