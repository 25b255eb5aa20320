"""Waits for a condition with a deadline, instead of sleeping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

_TURN_SECONDS = 0.01


def wait_until(condition: Callable[[], T], seconds: float, what: str) -> T:
    """Call `condition` until it returns something true, and return that; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (outcome := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain for: {what}")
        pause.wait(_TURN_SECONDS)
    return outcome
