"""What a visitor has to download."""

from __future__ import annotations

import re

import pytest
import requests

from tests.browser.conftest import Demo

LANGUAGES = ["en"]
LAUNCHER_BYTES = 3 * 1024
VISITOR_BYTES = 10 * 1024


@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_widget_is_light(demo: Demo, language: str, coding: str) -> None:
    """The launcher at most 3 kB, with the panel and the words of any one language at most 10 kB."""
    sizes = {"launcher": size_of(f"{demo.callme_url}/w/harrow-sun.js", coding)}
    boot = requests.get(f"{demo.callme_url}/w/harrow-sun.js", timeout=5).text
    version = re.search(r'"version":"([^"]+)"', boot)
    assert version
    for name in ("panel", f"locale-{language}"):
        address = f"{demo.callme_url}/widget/{version[1]}/{name}.js"
        sizes[name] = size_of(address, coding)
    assert sizes["launcher"] <= LAUNCHER_BYTES, sizes
    assert sum(sizes.values()) <= VISITOR_BYTES, sizes


def size_of(address: str, coding: str) -> int:
    """Bytes of the body on the wire."""
    answer = requests.get(address, headers={"Accept-Encoding": coding}, stream=True, timeout=5)
    assert answer.headers["Content-Encoding"] == coding
    return len(answer.raw.read(decode_content=False))
