"""Pages by place hold each row once, in order, whatever is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.predicates.columns import ListColumn
from service.predicates.evaluation import holds
from service.predicates.paging import BadSortError, Sort, all_of, beyond, sort_of
from service.predicates.parsing import parse
from service.predicates.tree import Column, Kind
from tests.filter_examples import COLUMNS

KEY = Column("id", Kind.TEXT)
_X = Column("x", Kind.NUMBER)


@given(
    st.lists(st.one_of(st.none(), st.sampled_from([-1.0, 0.0, 2.5])), max_size=12),
    st.booleans(),
    st.integers(1, 4),
)
def test_pages_put_together_are_the_whole_list(
    values: list[float | None], descending: bool, limit: int
) -> None:
    rows = [{"id": f"r{i:02}", "x": value} for i, value in enumerate(values)]
    sign = -1 if descending else 1
    whole = sorted(rows, key=lambda r: (r["x"] is None, sign * (r["x"] or 0.0), r["id"]))
    sort, paged = Sort(_X, descending), whole[:limit]
    while True:
        after = beyond(sort, KEY, (paged[-1]["x"], paged[-1]["id"])) if paged else None
        rest = [row for row in whole if after is not None and holds(after, row)]
        if not rest:
            break
        paged += rest[:limit]
    assert paged == whole


def test_an_order_is_a_column_with_or_without_a_minus() -> None:
    assert sort_of("-x", COLUMNS) == Sort(_X, descending=True)
    assert sort_of("told", COLUMNS) == Sort(Column("told", Kind.MOMENT), descending=False)


@pytest.mark.parametrize("text", ["", "-", "--x", "x desc", "yes", "nothing", "x;drop", "x,s"])
def test_no_other_order_is_taken(text: str) -> None:
    columns = {**COLUMNS, "yes": ListColumn("yes", Kind.BOOLEAN, "")}
    with pytest.raises(BadSortError):
        sort_of(text, columns)


def test_parts_that_are_not_there_ask_for_nothing() -> None:
    one = parse("x > 1", COLUMNS)
    assert all_of([None, None]) is None
    assert all_of([None, one]) is not None
