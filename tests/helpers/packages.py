"""Installs Debian's packages, if this user may."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess


def can_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and bool(shutil.which("apt-get"))


def install(*names: str) -> None:
    """Try to install these packages; callers check afterwards whether they are there. All are installed
    or none, as one that the system does not know keeps out the others."""
    _update()
    _apt("install", "-y", "--no-install-recommends", *names)


@functools.cache
def _update() -> None:
    _apt("update")


def _apt(verb: str, *arguments: str) -> None:
    subprocess.run(
        ["apt-get", verb, "-qq", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        check=False,
    )
