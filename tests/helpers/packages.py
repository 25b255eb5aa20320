"""Debian's packages, where there is somebody who may install them."""

from __future__ import annotations

import os
import shutil
import subprocess


def can_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and bool(shutil.which("apt-get"))


def install(*names: str) -> None:
    """Try to; whoever needs a package looks afterwards whether it is there."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *names],
    ):
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
