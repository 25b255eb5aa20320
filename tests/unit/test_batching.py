"""Items that arrive during a batch share the next one, and each gets its own result."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.helpers.waiting import wait_until
from webapp.store.batching import Batcher


class Table:
    """Takes batches like a database; `open` lets the writes through."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = threading.Event()
        self.begun = threading.Event()
        self.fault: Exception | None = None

    def write(self, batch: Sequence[int]) -> list[int]:
        self.begun.set()
        assert self.open.wait(10)
        if self.fault:
            raise self.fault
        self.batches.append(list(batch))
        return [item * 10 for item in batch]


@pytest.fixture
def table() -> Table:
    return Table()


def test_alone_it_is_written_at_once(table: Table) -> None:
    table.open.set()
    assert Batcher(table.write)(7) == 70
    assert table.batches == [[7]]


def test_items_that_arrive_during_a_batch_share_the_next_one(table: Table) -> None:
    batcher = Batcher(table.write)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(batcher, 0)
        assert table.begun.wait(10)
        others = [pool.submit(batcher, item) for item in range(1, 9)]
        wait_until(lambda: len(batcher._waiting) == 8, 10, "the others to line up")
        table.open.set()
        assert first.result(10) == 0
        assert [other.result(10) for other in others] == [item * 10 for item in range(1, 9)]
    assert [sorted(batch) for batch in table.batches] == [[0], [1, 2, 3, 4, 5, 6, 7, 8]]


def test_a_fault_of_the_batch_is_raised_for_each_of_its_items_and_for_no_other(
    table: Table,
) -> None:
    batcher = Batcher(table.write)
    table.fault = OSError("disk full")
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(batcher, item) for item in range(3)]
        table.open.set()
        for one in asked:
            with pytest.raises(OSError, match="disk full"):
                one.result(10)
    table.fault = None
    assert batcher(4) == 40
    assert table.batches == [[4]]


def test_nobody_waits_for_others_beyond_the_patience(table: Table) -> None:
    batcher = Batcher(table.write, patience=0.05)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(batcher, 0)
        assert table.begun.wait(10)
        for one in [pool.submit(batcher, item) for item in (1, 2)]:
            with pytest.raises(TimeoutError):
                one.result(10)
        table.open.set()
        assert first.result(10) == 0
    assert batcher(3) == 30
    assert table.batches == [[0], [3]]
