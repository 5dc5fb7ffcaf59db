"""Group commit: who waits at the same moment shares one write, and nobody is told before it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from service.together import Together

SECONDS = 20


class Store:
    """Keeps what is written, and holds the first write up until it may go on."""

    def __init__(self) -> None:
        self.writes: list[list[int]] = []
        self.begun, self.goes_on = Event(), Event()

    def write(self, items: Sequence[int]) -> list[str]:
        self.begun.set()
        assert self.goes_on.wait(SECONDS)
        if 13 in items:
            raise OSError("the disk is full")
        self.writes.append(list(items))
        return [f"stored {item}" for item in items]


def test_who_comes_while_a_write_goes_on_shares_the_next_one() -> None:
    store = Store()
    together = Together(store.write)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(together, 0)
        assert store.begun.wait(SECONDS)
        others = [pool.submit(together, item) for item in range(1, 9)]
        while len(together._waiting) < 9:
            pass
        assert not any(each.done() for each in [first, *others])  # nobody is told beforehand
        store.goes_on.set()
        told = [each.result(SECONDS) for each in [first, *others]]
    assert told == [f"stored {item}" for item in range(9)]
    assert [len(each) for each in store.writes] == [1, 8]


def test_one_alone_waits_for_nobody() -> None:
    store = Store()
    store.goes_on.set()
    together = Together(store.write)
    assert [together(1), together(2)] == ["stored 1", "stored 2"]
    assert store.writes == [[1], [2]]


def test_a_write_that_fails_fails_for_all_it_held_and_for_nobody_after() -> None:
    store = Store()
    together = Together(store.write)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(together, 0)
        assert store.begun.wait(SECONDS)
        others = [pool.submit(together, item) for item in (1, 13)]
        while len(together._waiting) < 3:
            pass
        store.goes_on.set()
        assert first.result(SECONDS) == "stored 0"
        for each in others:
            with pytest.raises(OSError, match="full"):
                each.result(SECONDS)
    assert together(2) == "stored 2"
    assert store.writes == [[0], [2]]


def test_a_store_that_forgets_one_is_found_out() -> None:
    with pytest.raises(ValueError, match="zip"):
        Together(lambda _: [])(1)
