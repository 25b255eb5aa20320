"""The engines beside Chromium: where they come from, and how a test opens one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from tests.browser.engines import firefox, webkit
from tests.browser.engines.webdriver import Browser
from tests.helpers import programs

WINDOW = 1280, 900
"""With the browser's own bars."""


class Start(Protocol):
    def __call__(self, folder: Path, *, dark: bool) -> AbstractContextManager[Browser]: ...


ENGINES: dict[str, Start] = {"Firefox": firefox.started, "WebKit": webkit.started}


@contextmanager
def opened(name: str, *, dark: bool = False) -> Iterator[Browser]:
    """A browser with a profile of its own. Skips the test where there is none, and says so."""
    programs.need(name)
    with (
        tempfile.TemporaryDirectory(prefix=f"callme-{name}-", ignore_cleanup_errors=True) as folder,
        ENGINES[name](Path(folder), dark=dark) as browser,
    ):
        browser.resize(*WINDOW)
        yield browser
