"""What is read once a second is read by one thread at a time, and no oftener while it fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.helpers.waiting import wait_until
from webapp.store.cached import FRESH_SECONDS, Cached
from webapp.store.engine import StoreUnavailable


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Counts how often it is read. `away` makes it fail."""

    def __init__(self) -> None:
        self.reads = 0
        self.away = False

    def __call__(self) -> int:
        self.reads += 1
        if self.away:
            raise StoreUnavailable("away")
        return self.reads


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cached(source: Source, seconds: Seconds) -> Cached[int]:
    return Cached(source, 0, seconds)


def test_a_value_is_read_again_once_it_is_too_old(cached: Cached[int], seconds: Seconds) -> None:
    assert [cached.get(), cached.get()] == [1, 1]
    seconds.now += FRESH_SECONDS
    assert cached.get() == 1
    seconds.now += 0.001
    assert cached.get() == 2


def test_a_source_that_is_away_is_asked_once_a_second(
    cached: Cached[int], source: Source, seconds: Seconds
) -> None:
    """The last value stays at hand, and is not returned as if it were fresh."""
    cached.get()
    source.away = True
    seconds.now += 2
    for _ in range(20):
        with pytest.raises(StoreUnavailable):
            cached.get()
    assert (source.reads, cached.last) == (2, 1)
    source.away = False
    seconds.now += 2
    assert cached.get() == 3


def test_an_expired_value_is_read_again_at_once(cached: Cached[int]) -> None:
    cached.get()
    cached.expire()
    assert cached.get() == 2


def test_threads_that_find_it_too_old_read_it_once(seconds: Seconds) -> None:
    source, go_on = Source(), Event()

    def slowly() -> int:
        assert go_on.wait(10)
        return source()

    cached = Cached(slowly, 0, seconds)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(cached.get) for _ in range(8)]
        wait_until(cached._lock.locked, 10, "a thread to read")
        go_on.set()
        assert {future.result(10) for future in waiting} == {1}
