"""The scripts of others that stand on landing pages, from npm: for pages that carry our button too.

They are installed into the virtual environment, by the lock beside the pages.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

_LISTED = Path(__file__).parents[1] / "browser" / "hosts" / "npm"
_INSTALLED = Path(sys.prefix) / "npm"
_DONE = _INSTALLED / "done"
"""Holds the lock that was installed."""


def find() -> Path | None:
    """The folder that holds each package's own, if all are there as the lock says."""
    lock = (_LISTED / "package-lock.json").read_bytes()
    return _INSTALLED / "node_modules" if _DONE.exists() and _DONE.read_bytes() == lock else None


def install() -> None:
    """Try to; callers look afterwards."""
    shutil.rmtree(_INSTALLED, ignore_errors=True)
    shutil.copytree(_LISTED, _INSTALLED)
    command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    child = subprocess.run(command, cwd=_INSTALLED, stdin=subprocess.DEVNULL, check=False)
    if child.returncode == 0:
        shutil.copy(_LISTED / "package-lock.json", _DONE)
