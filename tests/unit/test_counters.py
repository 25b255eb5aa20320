"""The counters of one process keep every window exactly, and forget visitors they no longer need."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from webapp.store import counters
from webapp.store.counters import ProcessStorage


class Seconds:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def storage(seconds: Seconds) -> ProcessStorage:
    return ProcessStorage(clock=seconds)


def hits(storage: ProcessStorage, times: int, key: str = "visitor") -> list[bool]:
    return [storage.acquire_entry(key, 3, 60) for _ in range(times)]


def test_hits_are_taken_up_to_the_limit(storage: ProcessStorage) -> None:
    assert hits(storage, 5) == [True, True, True, False, False]


def test_a_hit_counts_until_its_own_window_has_passed(
    storage: ProcessStorage, seconds: Seconds
) -> None:
    hits(storage, 1)
    seconds.now += 30
    hits(storage, 2)
    seconds.now += 29.9
    assert hits(storage, 1) == [False]
    seconds.now += 0.1
    assert hits(storage, 2) == [True, False]


def test_a_refused_hit_does_not_lengthen_the_wait(
    storage: ProcessStorage, seconds: Seconds
) -> None:
    hits(storage, 3)
    seconds.now += 59
    assert hits(storage, 1) == [False]
    seconds.now += 1
    assert hits(storage, 1) == [True]


def test_the_window_tells_since_when_it_counts_and_how_many(
    storage: ProcessStorage, seconds: Seconds
) -> None:
    assert storage.get_moving_window("visitor", 3, 60) == (seconds.now, 0)
    hits(storage, 1)
    first = seconds.now
    seconds.now += 10
    hits(storage, 1)
    assert storage.get_moving_window("visitor", 3, 60) == (first, 2)
    seconds.now += 50
    assert storage.get_moving_window("visitor", 3, 60) == (first + 10, 1)


def test_an_amount_is_taken_whole_or_not_at_all(storage: ProcessStorage) -> None:
    assert storage.acquire_entry("visitor", 3, 60, amount=2)
    assert not storage.acquire_entry("visitor", 3, 60, amount=2)
    assert storage.acquire_entry("visitor", 3, 60)


def test_threads_together_get_no_more_than_the_limit(storage: ProcessStorage) -> None:
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda _: storage.acquire_entry("visitor", 50, 60), range(400)))
    assert sum(taken) == 50


def test_visitors_whose_window_has_passed_are_forgotten(
    storage: ProcessStorage, seconds: Seconds
) -> None:
    for visitor in range(100):
        hits(storage, 1, key=str(visitor))
    seconds.now += 60
    hits(storage, 1)
    assert storage.reset() == 1


def test_the_least_recent_visitor_is_forgotten_above_the_maximum(
    storage: ProcessStorage, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "MAX_VISITORS", 2)
    hits(storage, 3, key="first")
    hits(storage, 3, key="second")
    hits(storage, 3, key="third")
    assert hits(storage, 1, key="second") == hits(storage, 1, key="third") == [False]
    assert hits(storage, 1, key="first") == [True]


def test_clearing_one_visitor_keeps_the_others(storage: ProcessStorage) -> None:
    hits(storage, 3)
    hits(storage, 3, key="other")
    storage.clear("visitor")
    assert hits(storage, 1) == [True]
    assert hits(storage, 1, key="other") == [False]


def test_fixed_windows_are_not_implemented(storage: ProcessStorage) -> None:
    for ask in (
        lambda: storage.incr("visitor", 60),
        lambda: storage.get("visitor"),
        lambda: storage.get_expiry("visitor"),
    ):
        with pytest.raises(NotImplementedError, match="fixed windows"):
            ask()
    assert storage.check()
