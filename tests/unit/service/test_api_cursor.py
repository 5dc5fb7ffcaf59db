"""Cursors hold what was put in and refuse what was not made for the query."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.cursor import BadCursorError, decode, encode, place, placed
from service.predicates.tree import Kind

QUERY = {"model": "churn_60d", "store_id": "318"}
KINDS = (float, str)


@given(
    number=st.floats(allow_nan=False),
    text=st.text(max_size=50).filter(lambda t: t.isprintable()),
)
def test_a_cursor_gives_back_what_was_put_in(number: float, text: str) -> None:
    assert decode(encode((number, text), QUERY), QUERY, KINDS) == (number, text)


def test_a_cursor_is_one_word_safe_in_an_address() -> None:
    assert encode((0.5, "顾客 1/+"), QUERY).replace("-", "").replace("_", "").isalnum()


def test_a_cursor_of_another_query_is_refused() -> None:
    cursor = encode((0.5, "1"), QUERY)
    with pytest.raises(BadCursorError, match="other filters"):
        decode(cursor, {**QUERY, "store_id": "319"}, KINDS)


@given(st.text(max_size=80))
def test_any_other_text_is_refused_and_nothing_else_is_raised(text: str) -> None:
    with pytest.raises(BadCursorError):
        decode(text, QUERY, KINDS)


@pytest.mark.parametrize("after", [(1.0,), ("1", "1"), (1.0, None), (1.0, "1", "1")])
def test_a_key_of_another_shape_is_refused(after: tuple[str | float | None, ...]) -> None:
    with pytest.raises(BadCursorError):
        decode(encode(after, QUERY), QUERY, KINDS)


def test_a_payload_with_something_added_is_refused() -> None:
    payload = json.loads(base64.urlsafe_b64decode(encode((1.0, "1"), QUERY) + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**payload, "more": 1}).encode()).decode()
    with pytest.raises(BadCursorError):
        decode(forged.rstrip("="), QUERY, KINDS)


def test_an_endless_cursor_is_refused_unread() -> None:
    with pytest.raises(BadCursorError):
        decode("A" * 1_000_000, QUERY, KINDS)


@given(
    st.one_of(
        st.tuples(st.just(Kind.NUMBER), st.one_of(st.none(), st.floats(allow_nan=False))),
        st.tuples(st.just(Kind.TEXT), st.one_of(st.none(), st.text())),
        st.tuples(st.just(Kind.MOMENT), st.one_of(st.none(), st.datetimes(timezones=st.just(UTC)))),
    )
)
def test_a_sort_value_comes_back_from_a_word_and_a_missing_one_stays_missing(
    case: tuple[Kind, float | str | datetime | None],
) -> None:
    kind, value = case
    assert placed(place(value), kind) == value


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.MOMENT])
def test_a_word_of_another_kind_is_refused(kind: Kind) -> None:
    with pytest.raises(BadCursorError):
        placed("=abc", kind)


def test_a_nul_which_no_database_takes_is_refused() -> None:
    with pytest.raises(BadCursorError):
        decode(encode(("a\x00b",), QUERY), QUERY, (str,))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "2018-01-01T00:00:00", "soon"])
def test_a_moment_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadCursorError):
        decode(encode((text,), QUERY), QUERY, (datetime,))
