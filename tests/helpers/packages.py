"""Debian's packages, where there is somebody who may install them."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess


def can_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and bool(shutil.which("apt-get"))


def install(*names: str) -> None:
    """Try to; whoever needs a package looks afterwards whether it is there. All of them or none: one
    that the system does not know keeps out the others."""
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
