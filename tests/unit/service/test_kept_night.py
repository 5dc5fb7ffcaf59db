"""A night is joined once under a key, and kept unless it is too large."""

from collections.abc import Callable
from typing import Any

import ibis
import pyarrow as pa
import pytest

from features.engine import connect
from service.kept_night import KeptNight

Join = Callable[[], Any]


def joining(rows: int, asked: list[int]) -> Join:
    """Return what joins a night of some rows, and notes that it was asked to."""

    def joined() -> Any:
        asked.append(rows)
        con = connect(threads=1)
        return con.create_table("night", ibis.memtable(pa.table({"number": list(range(rows))})))

    return joined


def numbers(table: Any) -> list[int]:
    found: list[int] = table.order_by("number").to_pyarrow()["number"].to_pylist()
    return found


def test_under_the_same_key_a_night_is_joined_once() -> None:
    kept, asked = KeptNight(), list[int]()
    tables = [kept.table(("monday", rows), joining(rows, asked)) for rows in (3, 3, 2, 3)]
    assert [len(numbers(table)) for table in tables] == [3, 3, 2, 3]
    assert asked == [3, 2, 3]  # one night is kept, not two


def test_each_who_asks_gets_a_connection_of_their_own() -> None:
    kept = KeptNight()
    first, second = (kept.table("monday", joining(2, [])) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.get_backend() is not second.get_backend()


def test_a_night_with_more_rows_than_memory_is_meant_for_is_not_kept() -> None:
    kept, asked = KeptNight(most=3), list[int]()
    assert [kept.table("monday", joining(4, asked)) for _ in range(3)] == [None] * 3
    assert asked == [4]  # and it is not tried with each page
    assert numbers(kept.table("tuesday", joining(3, asked))) == [0, 1, 2]


def test_a_night_that_could_not_be_joined_is_tried_again() -> None:
    kept = KeptNight()

    def broken() -> Any:
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="gone"):
        kept.table("monday", broken)
    assert numbers(kept.table("monday", joining(2, []))) == [0, 1]
