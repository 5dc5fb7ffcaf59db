"""CSV cells are data, whatever a customer wrote into them."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.csv import cell, rows_to_csv, stream


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =HYPERLINK()", "＝1+1", "\n=1"],
)
def test_text_that_a_spreadsheet_would_run_gets_a_quote(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1, -0.5, None, 3, "318", "顾客", "a=b", ""])
def test_numbers_and_plain_text_stay_as_they_are(value: object) -> None:
    assert cell(value) == value


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_no_cell_that_is_read_back_begins_a_formula(rows: list[tuple[str, str]]) -> None:
    text = rows_to_csv(["a", "b"], rows).removeprefix("\ufeff")
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert len(read) == len(rows)
    assert not any(c.lstrip(" ")[:1] in set("=+-@\t\r\n") - {""} for row in read for c in row if c)


def test_excel_finds_the_mark_that_says_the_text_is_utf_8() -> None:
    assert rows_to_csv(["顾客"], [["陈"]]) == "\ufeff顾客\r\n陈\r\n"


def test_moments_are_written_as_in_json() -> None:
    assert cell(datetime(2018, 1, 1, 9, 30, tzinfo=UTC)) == "2018-01-01T09:30:00Z"


def test_a_part_is_read_when_its_text_is_asked_for_and_not_before() -> None:
    read: list[int] = []

    def parts() -> Iterator[list[list[int]]]:
        for number in range(3):
            read.append(number)
            yield [[number]]

    texts = stream(["n"], parts())
    assert (next(texts), read) == ("\ufeffn\r\n", [])
    assert (next(texts), read) == ("0\r\n", [0])
    assert list(texts) == ["1\r\n", "2\r\n"]
