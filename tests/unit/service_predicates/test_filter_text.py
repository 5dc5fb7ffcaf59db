"""Text becomes the filter it says, or is refused with its place; nothing in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from service.predicates.parsing import parse
from service.predicates.tree import (
    Column,
    Compare,
    Every,
    Kind,
    Not,
    OneOf,
    Predicate,
    Some,
    Value,
    column_names,
)
from service.predicates.words import MAX_DEPTH, MAX_LENGTH, BadFilterError
from tests.filter_examples import COLUMNS, predicates, written

X, S = Column("x", Kind.NUMBER), Column("s", Kind.TEXT)


def number(plain: float) -> Value:
    return Value(plain, Kind.NUMBER)


@given(predicates())
def test_a_filter_written_out_is_read_back_the_same(met: Predicate) -> None:
    text = written(met)
    if len(text) <= MAX_LENGTH:
        assert parse(text, COLUMNS) == met


def test_and_binds_closer_than_or_and_not_closer_than_and() -> None:
    low, high = Compare("<", X, number(1)), Compare(">", X, number(-9))
    one = OneOf(S, (Value("a", Kind.TEXT), Value("it's", Kind.TEXT)))
    read = parse("x < 1 OR not x > -9 AND s In ('a', 'it''s')", COLUMNS)
    assert read == Some((low, Every((Not(high), one))))


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("x between 1 and 2", "x >= 1 and x <= 2"),
        ("x not between 1 and 2", "not (x >= 1 and x <= 2)"),
        ("x not in (1)", "not x in (1)"),
        ("s not like 'a%'", "not s like 'a%'"),
        ("x is not null", "not x is null"),
        ("x <> 1", "x != 1"),
        ("yes", "yes = true"),
        ("((x)) = (1)", "x = 1"),
        ("at > '2018-01-01'", "at > '2018-01-01T08:00:00+08:00'"),
        ("coalesce(at, '2018-01-01') = told", "coalesce(at, '2018-01-01T00:00:00Z') = told"),
    ],
)
def test_two_ways_to_say_the_same_are_one_filter(short: str, long: str) -> None:
    assert parse(short, COLUMNS) == parse(long, COLUMNS)


def test_a_long_chain_is_read_as_one_condition() -> None:
    read = parse(" or ".join(["x=1"] * 500), COLUMNS)
    assert isinstance(read, Some)
    assert len(read.parts) == 500


def test_the_columns_a_filter_reads_are_known() -> None:
    read = parse(
        "not (coalesce(x, abs(y)) > 1 or s like 'a' and u in ('b')) or at is null", COLUMNS
    )
    assert column_names(read) == {"x", "y", "s", "u", "at"}


@pytest.mark.parametrize(
    "text",
    [
        "x = 1; drop table leads",
        "x = 1;",
        "x = 1 -- and more",
        "x = 1 /* and more */",
        "/* x */ x = 1",
        "-- x",
        "x = 1 union select hash from api_keys",
        "s in (select hash from api_keys)",
        "exists (select 1)",
        "s = (select hash from api_keys)",
        "' or '1'='1",
        "x = 1 or 1 = 1",
        "1 = 1",
        "true",
        "null",
        "sleep(10) = 1",
        "pg_sleep(10) is null",
        "read_text('a') like '%'",
        "lower(read_text('a')) = 's'",
        "cast(s as int) = 1",
        "s::int = 1",
        "case when x = 1 then true end",
        "leads.x = 1",
        "x.lower(s) = 'a'",
        'x = "1"',
        "x = `1`",
        "x = $1",
        "x = ?",
        "x = :one",
        "x = @one",
        "x = {{ one }}",
        "s = $$a$$",
        "s = E'\\n'",
        "s = x'41'",
        "s = 'a' 'b'",
        "s || 'a' = 'b'",
        "x + 1 = 2",
        "x = - - 1",
        "x = 1 x",
        "x = 1 as y",
        "x = 1, y = 2",
        "x = 1 and",
        "and x = 1",
        "x =",
        "()",
        "x = 1 = y",
        "x < y < 1",
        "not not yes",
        "x between symmetric 1 and 2",
        "x between 1",
        "x in ()",
        "x in 1",
        "x in (y)",
        "x in (1, null)",
        "1 in (1)",
        "x = null",
        "x is true",
        "x is distinct from 1",
        "'a' is null",
        "lower(distinct s) = 'a'",
        "lower(s order by s) = 'a'",
        "lower() = 'a'",
        "lower(s, u) = 'a'",
        "coalesce(1, 2) = x",
        "coalesce(x, null) = 1",
        "coalesce(x, 1 ignore nulls) = 1",
        "nvl(x, 1) = 1",
        "s like u",
        "s like 'a' escape '!'",
        "s like 'a\\%'",
        "s ilike 'a'",
        "s similar to 'a'",
        "s glob 'a'",
        "x like 'a'",
        "x = 'a'",
        "s = 1",
        "at > 1",
        "yes = 1",
        "yes > false",
        "yes between false and true",
        "x",
        "abs(s) = 'a'",
        "lower(x) = 1",
        "x = 1e999",
        "x = 0x1F",
        "x = 1_000",
        "x = inf",
        "at > 'yesterday'",
        "at > '0001-01-01'",
        "at > '9999-12-31'",
        "at > '0001-01-01T00:00:00+14:00'",
        "ｘ = 1",
        "x ＝ 1",
        "s = 'a\u202eb'",
        "s = 'a\x00b'",
        "s = 'a\ud800b'",
        "s = '\ufeff'",
        "x = 1\u200b",
        "s = 'a",
        "",
        "  \n ",
        "(" * (MAX_DEPTH + 1) + "x = 1" + ")" * (MAX_DEPTH + 1),
        "(" * 1500 + "x = 1" + ")" * 1500,
        "not " * 900 + "yes",
        "x=not " * 600 + "yes",
        "x between " * 390 + "1",
        "x = 1 or " * 1000 + "x = 1",
    ],
)
def test_what_the_language_does_not_have_is_refused_with_a_place_and_advice(text: str) -> None:
    with pytest.raises(BadFilterError) as refused:
        parse(text, COLUMNS)
    assert refused.value.where.startswith("filter, character ")
    assert refused.value.what
    assert refused.value.todo


@pytest.mark.parametrize(
    ("text", "where", "what", "todo"),
    [
        (
            "x > 1 and sales < 2",
            "character 11: sales < 2",
            "There is no column sales",
            "Choose one of x, y",
        ),
        ("x > 1 and tolt < 2", "character 11: tolt", "no column tolt", "Did you mean told?"),
        ("x > 1 and s > 2", "character 15: 2", "A number does not go with a text", "quotes"),
        ("x > 1\nand y >", "character 13", "cannot be read", "Write a condition"),
        ("x > 1 and s = 'a", "character 15: 'a", "not closed", "'so'"),
    ],
)
def test_the_place_is_that_of_the_word_in_question(
    text: str, where: str, what: str, todo: str
) -> None:
    with pytest.raises(BadFilterError) as refused:
        parse(text, COLUMNS)
    assert where in refused.value.where
    assert what in refused.value.what
    assert todo in refused.value.todo


_WORDS = [
    "x",
    "s",
    "at",
    "yes",
    "=",
    "<",
    "1",
    "'a'",
    "(",
    ")",
    "and",
    "or",
    "not",
    "in",
    ",",
    "is",
]
_MORE = ["null", "like", "between", "select", "--", ";", "lower(", "-", ".", "\n", "中", "'"]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_WORDS + _MORE)).map(" ".join)))
def test_any_text_is_a_filter_or_an_input_error(text: str) -> None:
    try:
        assert column_names(parse(text, COLUMNS)) <= COLUMNS.keys()
    except InputError as error:
        assert error.code == "bad-filter"
