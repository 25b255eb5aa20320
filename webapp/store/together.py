"""What several threads want of the database at the same time shares one turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")


class Together(Generic[Item, Result]):
    """`work` takes a batch and answers one result for each item, or raises for all of them.

    Whoever comes while nothing is under way works at once, alone. Who comes meanwhile waits, and the
    first of those works for all that came: for each commit there is one sync to the disk, for each
    statement one preparation, however many wait for it.

    With `patience`, in seconds, nobody waits for longer than that for others: an item whose batch may
    still be worked on is then given up, so this is not for work that changes anything.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        patience: float | None = None,
    ) -> None:
        self._work = work
        self._patience = -1 if patience is None else patience
        # Whoever runs anyhow may overtake those that sleep, and begin the next batch: a fifth more is
        # done than if they were called in their order.
        self._working = Lock()
        self._gathering = Lock()
        self._waiting: list[_Place[Item, Result]] = []

    def __call__(self, item: Item) -> Result:
        """The item's own result, once its batch is through; raises what `work` raised, and TimeoutError
        when patience is at its end."""
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
        except BaseException as error:  # each thread that waits must hear of it, and raises it
            for place in batch:
                place.error = error
        for place in batch:
            place.done = True


@dataclass(slots=True, eq=False)
class _Place(Generic[Item, Result]):
    """In the queue."""

    item: Item
    done: bool = False
    result: Result | None = None
    error: BaseException | None = None
