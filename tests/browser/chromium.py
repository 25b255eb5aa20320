"""Finds a Chromium for the browser tests, or installs one: `python -m tests.browser.chromium`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    if find() is None:
        print("No Chromium here: installing one for the browser tests …", flush=True)
        install()
    if find() is None:
        print(
            "No Chromium could be installed; install one and run this again.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
