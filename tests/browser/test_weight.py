"""What a visitor has to download."""

from __future__ import annotations

import re

import pytest
import requests

from tests.browser.demo import Demo
from webapp.domain.locales import LOCALES

LAUNCHER_BYTES = 3_430
VISITOR_BYTES = 11_520
CHOOSER_BYTES = 3_584
ENGLISH_BYTES = 740
WORDIEST_BYTES = 330
"""What the longest words take above the English ones: two bytes a letter, and little to compress."""


@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("language", LOCALES)
def test_the_widgets_files_stay_within_their_byte_limits(
    demo: Demo, language: str, coding: str
) -> None:
    """The launcher takes 3.35 kB at most; with the panel, what the site's form is made of and the words
    in English, 11.25 kB. Any other language adds only what its words are longer."""
    sizes = {"launcher": size_of(f"{demo.callme_url}/w/harrow-sun.js", coding)}
    boot = requests.get(f"{demo.callme_url}/w/harrow-sun.js", timeout=5).text
    version, form = (re.search(rf'{name}:"([^"]+)"', boot) for name in ("version", "form"))
    assert version
    assert form
    sizes["form"] = size_of(f"{demo.callme_url}{form[1]}", coding)
    for name in ("panel", f"locale-{language}"):
        address = f"{demo.callme_url}/widget/{version[1]}/{name}.js"
        sizes[name] = size_of(address, coding)
    assert sizes["launcher"] <= LAUNCHER_BYTES, sizes
    words = sizes[f"locale-{language}"]
    assert words <= ENGLISH_BYTES + WORDIEST_BYTES, sizes
    above = 0 if language == "en" else max(0, words - ENGLISH_BYTES)
    assert sum(sizes.values()) - above <= VISITOR_BYTES, sizes
    chooser = f"{demo.callme_url}/widget/{version[1]}/chooser.js"
    assert size_of(chooser, coding) <= CHOOSER_BYTES, "what only those load who choose a time"


def size_of(address: str, coding: str) -> int:
    """Bytes of the body on the wire."""
    answer = requests.get(address, headers={"Accept-Encoding": coding}, stream=True, timeout=20)
    assert answer.headers["Content-Encoding"] == coding
    return len(answer.raw.read(decode_content=False))
