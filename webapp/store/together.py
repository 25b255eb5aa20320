"""Group commit: what several threads want written at the same time shares one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Together(Generic[Item, Result]):
    """`write` commits a batch and answers one result for each item, or raises for all of them.

    Whoever comes while nothing is being written writes at once, alone. Who comes during a write
    waits, and the first of those writes for all that came: with each commit there is one sync
    to the disk, however many wait for it.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._write = write
        self._writing = Lock()
        self._gathering = Lock()
        self._waiting: list[tuple[Item, Future[Result]]] = []

    def __call__(self, item: Item) -> Result:
        """The item's own result, once it is committed; raises what `write` raised."""
        outcome: Future[Result] = Future()
        with self._gathering:
            self._waiting.append((item, outcome))
        with self._writing:
            if not outcome.done():
                self._write_waiting()
        return outcome.result()

    def _write_waiting(self) -> None:
        with self._gathering:
            batch, self._waiting = self._waiting, []
        try:
            results = self._write([item for item, _ in batch])
        except BaseException as error:  # each thread that waits must hear of it, and raises it
            for _, outcome in batch:
                outcome.set_exception(error)
        else:
            for (_, outcome), result in zip(batch, results, strict=True):
                outcome.set_result(result)
