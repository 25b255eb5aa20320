"""Waits for a condition with a deadline, instead of sleeping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

_FIRST_TURN, _LONGEST_TURN = 0.005, 0.1


def wait_until(condition: Callable[[], T], seconds: float, what: str) -> T:
    """Call `condition` until it returns something true, and return that; fail after `seconds`.

    The longer it has waited, the longer it waits until the next call, as calls take processor time from
    what is waited for.
    """
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    turn = _FIRST_TURN
    while not (outcome := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain for: {what}")
        pause.wait(turn)
        turn = min(turn * 1.25, _LONGEST_TURN)
    return outcome
