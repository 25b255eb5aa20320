"""Fixtures that the tests of the web half share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.callme import Callme
from tests.helpers.vendors import StandIn


@pytest.fixture
def untouched(callme: Callme, vendor: StandIn) -> Iterator[Callme]:
    """Callme with a running dispatcher. At the end no call may be stored and no phone may have rung."""
    yield callme
    assert callme.store.all_calls() == [], "a refused request was stored"
    assert vendor.received == [], "a refused request reached the vendor"
