"""What a visitor has to download."""

from __future__ import annotations

import gzip
import json
import re

import requests

from tests.browser.conftest import Demo

LAUNCHER_BYTES = 3_000
VISITOR_BYTES = 10_000


def test_the_widget_is_light(demo: Demo) -> None:
    """Compressed: the launcher at most 3 kB, with every module in English at most 10 kB."""
    headers = {"Accept-Encoding": "gzip"}
    address = f"{demo.callme_url}/w/harrow-sun.js"
    launcher = requests.get(address, headers=headers, stream=True, timeout=5).raw.read()
    boot = gzip.decompress(launcher).decode()
    base = re.search(r'"base":"([^"]+)"', boot)
    modules = re.search(r'"modules":(\[[^\]]+\])', boot)
    assert base
    assert modules
    sizes = {"launcher": len(launcher)}
    for name in json.loads(modules[1]):
        answer = requests.get(base[1] + name, headers=headers, stream=True, timeout=5)
        assert answer.headers["Content-Encoding"] == "gzip"
        sizes[name] = len(answer.raw.read())
    assert sizes["launcher"] <= LAUNCHER_BYTES, sizes
    assert sum(sizes.values()) <= VISITOR_BYTES, sizes
