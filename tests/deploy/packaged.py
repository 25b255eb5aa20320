"""Programs of others that come as packages of Python's: hadolint, shellcheck and Caddy."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def packaged(name: str) -> Path:
    """The program beside Python; its test is skipped where there is no package of it."""
    if sys.platform != "linux":
        pytest.skip(f"{name} is had from Linux's packages only")
    return Path(sys.executable).with_name(name)
