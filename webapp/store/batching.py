"""Batches work that several threads ask of the database at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """`work` takes a batch and returns one result for each item, or raises for all of them.

    An item that arrives while idle runs at once. Items that arrive during a batch are collected, and
    one waiting thread runs them all as the next batch: however many wait, there is one sync to the disk
    for each commit and one preparation for each statement.

    With `patience`, in seconds, no thread waits for longer than that. Its item is then given up,
    though another thread may be running it, so this is not for work that changes anything.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        patience: float | None = None,
    ) -> None:
        self._work = work
        self._patience = -1 if patience is None else patience
        # A running thread may overtake sleeping ones and start the next batch: a fifth more gets done
        # than if they took turns in order.
        self._working = Lock()
        self._gathering = Lock()
        self._waiting: list[_Place[Item, Result]] = []

    def __call__(self, item: Item) -> Result:
        """The item's own result, once its batch is done. Raises what `work` raised, or TimeoutError when
        the patience is over."""
        place: _Place[Item, Result] = _Place(item)
        with self._gathering:
            self._waiting.append(place)
        if self._working.acquire(timeout=self._patience):
            try:
                if not place.done:
                    self._work_off()
            finally:
                self._working.release()
        elif not place.done:
            self._give_up(place)
            raise TimeoutError
        if place.error is not None:
            raise place.error
        return cast(Result, place.result)

    def _give_up(self, place: _Place[Item, Result]) -> None:
        with self._gathering:
            if place in self._waiting:
                self._waiting.remove(place)

    def _work_off(self) -> None:
        with self._gathering:
            batch, self._waiting = self._waiting, []
        try:
            results = self._work([one.item for one in batch])
            for place, result in zip(batch, results, strict=True):
                place.result = result
        except BaseException as error:  # every waiting thread raises it
            for place in batch:
                place.error = error
        for place in batch:
            place.done = True


@dataclass(slots=True, eq=False)
class _Place(Generic[Item, Result]):
    """An item in the queue, and what became of it."""

    item: Item
    done: bool = False
    result: Result | None = None
    error: BaseException | None = None
