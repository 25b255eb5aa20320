"""The engines beside Chromium: where they come from, and how a test opens one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests.browser.engines import firefox, webkit
from tests.browser.engines.webdriver import Browser
from tests.helpers import packages

REQUIRED = os.environ.get("CALLME_TEST_ENGINES") == "required"
"""On CI an engine that this machine could have installed is a fault when it is missing."""

WINDOW = 1280, 900
"""With the browser's own bars."""


class Start(Protocol):
    def __call__(self, folder: Path, *, dark: bool) -> AbstractContextManager[Browser]: ...


@dataclass(frozen=True)
class Engine:
    packages: tuple[str, ...]
    """Debian's."""

    find: Callable[[], object]
    start: Start


ENGINES = {
    "firefox": Engine(("firefox-esr",), firefox.find, firefox.started),
    "webkit": Engine(("webkit2gtk-driver", "xvfb"), webkit.find, webkit.started),
}


@contextmanager
def opened(name: str, *, dark: bool = False) -> Iterator[Browser]:
    """A browser with a profile of its own. Skips the test where there is none, and says so."""
    engine = ENGINES[name]
    if not engine.find():
        reason = (
            f"there is no {name} here: python -m tests.install gets {' and '.join(engine.packages)} "
            "where root and apt are"
        )
        if REQUIRED and packages.can_install():
            pytest.fail(reason)
        pytest.skip(reason)
    with (
        tempfile.TemporaryDirectory(prefix=f"callme-{name}-", ignore_cleanup_errors=True) as folder,
        engine.start(Path(folder), dark=dark) as browser,
    ):
        browser.resize(*WINDOW)
        yield browser
