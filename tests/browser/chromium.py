"""Finds a Chromium for the browser tests, or installs one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.helpers import packages

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
PLAYWRIGHT_CACHE = Path.home() / ".cache" / "ms-playwright"


def find() -> str | None:
    """An executable: an installed one, else Playwright's own download."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    downloads = sorted(PLAYWRIGHT_CACHE.glob("chromium-*/chrome-linux*/chrome"))
    return str(downloads[-1]) if downloads else None


def install() -> None:
    """Debian's package where root and apt are there, else Playwright's own download."""
    if packages.can_install():
        packages.install("chromium")
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
