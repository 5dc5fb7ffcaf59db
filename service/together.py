"""Group commit: one write for all who wait for it at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Together(Generic[Item, Result]):
    """Writes each item together with those that came while the write before went on.

    Whoever gets the turn writes for all who wait; they find theirs done when the turn comes to
    them. So one alone waits for nobody, and of many each waits for two writes at most. A write
    that fails, fails for all whose items it held.

    Parameters
    ----------
    write
        Stores items and returns one result for each, in their order.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._write = write
        self._turn = Lock()
        self._waiting: list[tuple[Item, Future[Result]]] = []

    def __call__(self, item: Item) -> Result:
        """Return the result of an item once it is stored."""
        mine: Future[Result] = Future()
        self._waiting.append((item, mine))
        with self._turn:
            if not mine.done():
                self._write_all()
        return mine.result()

    def _write_all(self) -> None:
        taken = self._waiting[:]
        try:
            results = self._write([item for item, _ in taken])
            for (_, future), result in zip(taken, results, strict=True):
                future.set_result(result)
        except BaseException as error:
            for _, future in taken:
                if not future.done():
                    future.set_exception(error)
        finally:
            del self._waiting[: len(taken)]
