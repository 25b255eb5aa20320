"""Finds a Chromium for the browser tests, or installs one.

There are two builds of it. The headless shell has the same engine without a browser's window around it,
and needs a third of the time; the whole one is for what belongs to the browser.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.helpers import packages

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
PLAYWRIGHT_CACHE = Path.home() / ".cache" / "ms-playwright"


def find() -> str | None:
    """The whole browser: an installed one, else Playwright's own download."""
    return _found(NAMES, "chromium-*/chrome-linux*/chrome")


def find_shell() -> str | None:
    """The headless shell."""
    return _found(SHELLS, "chromium_headless_shell-*/*/*headless*shell")


def find_light() -> str | None:
    """The headless shell, or the whole browser where there is none."""
    return find_shell() or find()


def _found(names: Iterable[str], download: str) -> str | None:
    for name in names:
        if path := shutil.which(name):
            return path
    downloads = sorted(PLAYWRIGHT_CACHE.glob(download))
    return str(downloads[-1]) if downloads else None


def install() -> None:
    """Debian's package where root and apt are there, else Playwright's own download."""
    if packages.can_install():
        packages.install("chromium")
        packages.install("chromium-headless-shell")  # by itself, as not every system has it
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
