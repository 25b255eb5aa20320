"""What several threads want of the database at the same time shares one transaction."""

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
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._work = work
        self._working = Lock()
        self._gathering = Lock()
        self._waiting: list[_Wish[Item, Result]] = []

    def __call__(self, item: Item) -> Result:
        """The item's own result, once its batch is through; raises what `work` raised."""
        wish: _Wish[Item, Result] = _Wish(item)
        with self._gathering:
            self._waiting.append(wish)
        with self._working:
            if not wish.done:
                self._work_off()
        if wish.error:
            raise wish.error
        return cast(Result, wish.result)

    def _work_off(self) -> None:
        with self._gathering:
            batch, self._waiting = self._waiting, []
        try:
            for wish, result in zip(batch, self._work([one.item for one in batch]), strict=True):
                wish.result = result
        except BaseException as error:  # each thread that waits must hear of it, and raises it
            for wish in batch:
                wish.error = error
        for wish in batch:
            wish.done = True


@dataclass(slots=True)
class _Wish(Generic[Item, Result]):
    item: Item
    done: bool = False
    result: Result | None = None
    error: BaseException | None = None
