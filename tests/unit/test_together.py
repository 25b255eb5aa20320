"""What comes at the same time shares a turn, and each still hears its own outcome."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.helpers.waiting import wait_until
from webapp.store.together import Together


class Table:
    """Takes batches as a database would; `open` lets the writes through."""

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
    assert Together(table.write)(7) == 70
    assert table.batches == [[7]]


def test_who_comes_during_a_write_is_written_together_with_the_others(table: Table) -> None:
    together = Together(table.write)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(together, 0)
        assert table.begun.wait(10)
        others = [pool.submit(together, item) for item in range(1, 9)]
        wait_until(lambda: len(together._waiting) == 8, 10, "the others to line up")
        table.open.set()
        assert first.result(10) == 0
        assert [other.result(10) for other in others] == [item * 10 for item in range(1, 9)]
    assert [sorted(batch) for batch in table.batches] == [[0], [1, 2, 3, 4, 5, 6, 7, 8]]


def test_a_fault_of_the_batch_is_heard_by_all_of_it_and_by_no_other(table: Table) -> None:
    together = Together(table.write)
    table.fault = OSError("disk full")
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(together, item) for item in range(3)]
        table.open.set()
        for one in asked:
            with pytest.raises(OSError, match="disk full"):
                one.result(10)
    table.fault = None
    assert together(4) == 40
    assert table.batches == [[4]]


def test_nobody_waits_for_others_beyond_the_patience(table: Table) -> None:
    together = Together(table.write, patience=0.05)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(together, 0)
        assert table.begun.wait(10)
        for one in [pool.submit(together, item) for item in (1, 2)]:
            with pytest.raises(TimeoutError):
                one.result(10)
        table.open.set()
        assert first.result(10) == 0
    assert together(3) == 30
    assert table.batches == [[0], [3]]
