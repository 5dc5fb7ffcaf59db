"""What a filter means for one row, missing values included."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from pydantic import Field

from features.engine import connect
from service.predicates import tables
from service.predicates.columns import ListColumn, columns_of
from service.predicates.evaluation import holds
from service.predicates.parsing import parse
from service.predicates.tree import Every, Kind, Not, Predicate, Some
from tests.filter_examples import COLUMNS, Row, predicates, rows


def kept(text: str, **row: object) -> bool:
    return holds(parse(text, COLUMNS), row)


@pytest.mark.parametrize("text", ["x > 1", "not x > 1", "x = x", "x not in (1)", "x != 1"])
@pytest.mark.parametrize("missing", [{}, {"x": None}, {"x": math.nan}])
def test_a_missing_value_meets_neither_a_condition_nor_its_opposite(
    text: str, missing: dict[str, object]
) -> None:
    assert not kept(text, **missing)


def test_what_is_decided_without_the_missing_value_is_decided() -> None:
    assert kept("x > 1 or s = 'a'", s="a")
    assert kept("not (x > 1 and s = 'a')", s="b")
    assert kept("x is null and coalesce(x, 5) = 5")
    assert not kept("not (x > 1 and s = 'a')", s="a")


def test_case_counts_in_like_and_lower_knows_the_letters_a_to_z() -> None:
    assert kept("s like 'a_c%'", s="abc\ndef")
    assert not kept("s like 'a_c%'", s="Abcdef")
    assert kept("lower(s) = 'aÉ中'", s="AÉ中")


def test_naive_moments_are_taken_as_utc() -> None:
    assert kept("at = '2018-01-01T08:00:00+08:00'", at=datetime(2018, 1, 1))  # noqa: DTZ001


@given(predicates(), rows())
def test_a_condition_and_its_opposite_never_both_hold(met: Predicate, some: list[Row]) -> None:
    assert not any(holds(met, row) and holds(Not(met), row) for row in some)


@given(predicates(), predicates(), rows())
def test_the_opposite_of_both_is_one_opposite(a: Predicate, b: Predicate, some: list[Row]) -> None:
    one, other = Not(Every((a, b))), Some((Not(a), Not(b)))
    assert [holds(one, row) for row in some] == [holds(other, row) for row in some]


def test_a_table_takes_nan_as_missing() -> None:
    table = ibis.memtable(pa.table({"x": pa.array([1.0, math.nan, 3.0])}))
    met = parse("x is null or x > 2", COLUMNS)
    assert connect(1).execute(table.filter(tables.condition(met, table)).count()) == 2


@dataclass
class Example:
    name: Annotated[str | None, Field(description="What it is called.")]
    size: float
    parts: list[str]


def test_the_columns_of_a_list_are_the_fields_of_its_rows() -> None:
    assert columns_of(Example) == {
        "name": ListColumn("name", Kind.TEXT, "What it is called."),
        "size": ListColumn("size", Kind.NUMBER, ""),
    }
