import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.lake.columns import Kind
from features.lake.values import read_values


def read(values, kind, zone="UTC"):
    read_, unreadable = read_values(pd.Series(values), kind, zone)
    return [None if pd.isna(v) else v for v in read_], unreadable.tolist()


@pytest.mark.parametrize(
    "foreign",
    [[318, 7], [318.0, 7.0], ["318", "7"], ["318.0", "7.0"], [" 318 ", "7"], [318, "7"]],
    ids=["ints", "floats", "text", "float text", "padded", "mixed"],
)
def test_an_identifier_is_the_same_however_it_was_written(foreign):
    assert read(foreign, Kind.ID) == (["318", "7"], [False, False])


def test_a_gap_in_a_column_of_numbers_does_not_change_the_identifiers():
    assert read([318, None], Kind.ID) == (["318", None], [False, False])


def test_long_and_zero_padded_identifiers_keep_every_digit():
    ids = ["000318", "31198570044123456789", "A-1.0", "1.5"]
    assert read(ids, Kind.ID) == (ids, [False] * 4)


def test_a_broken_number_is_no_identifier():
    assert read([1.5, np.inf, 2.0**60], Kind.ID) == ([None] * 3, [True] * 3)


@given(st.integers(min_value=0, max_value=2**53 - 1))
def test_every_whole_number_survives_as_an_identifier(number):
    for foreign in (number, float(number), str(number), f"{number}.0"):
        assert read([foreign], Kind.ID)[0] == [str(number)]


def test_numbers_that_are_not_are_told_from_those_left_out():
    values, unreadable = read(["1.5", "", None, "12,5", "n/a"], Kind.NUMBER)
    assert values == [1.5, None, None, None, None]
    assert unreadable == [False, False, False, True, True]


def test_a_whole_number_has_no_fraction_and_fits():
    values, unreadable = read(["3", "3.0", "3.5", "inf", "1e300"], Kind.WHOLE)
    assert values == [3, 3, None, None, None]
    assert unreadable == [False, False, True, True, True]


def test_flags_are_read_in_two_languages():
    values, unreadable = read(["是", "No", True, 0, "maybe", None], Kind.FLAG)
    assert values == [True, False, True, False, None, None]
    assert unreadable == [False, False, False, False, True, False]


@pytest.mark.parametrize(
    "written",
    [
        "2017-03-01T08:30:00",
        "2017-03-01 08:30:00",
        "2017-03-01 16:30:00+08:00",
        "2017-03-01T08:30:00Z",
        "2017/03/01 08:30",
        "2017年03月01日 08:30:00",
    ],
)
def test_a_moment_is_utc_however_it_was_written(written):
    assert read([written], Kind.MOMENT) == ([pd.Timestamp("2017-03-01 08:30")], [False])


def test_a_moment_that_two_readers_read_differently_is_not_guessed():
    assert read(["03/04/2017", "yesterday", "2017-02-30"], Kind.MOMENT) == (
        [None] * 3,
        [True] * 3,
    )


def test_a_zone_applies_only_to_moments_without_one():
    values, _ = read(["2017-03-01 08:30:00", "2017-03-01 08:30:00Z"], Kind.MOMENT, "Asia/Shanghai")
    assert values == [pd.Timestamp("2017-03-01 00:30"), pd.Timestamp("2017-03-01 08:30")]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_moment_without_a_zone_does_not_take_that_of_its_neighbour(first):
    written = ["2025-06-01 08:00:00+08:00", "2025-06-01 00:00:00", "2025-05-31T20:00-04", None]
    turned = written[first:] + written[:first]
    values, _ = read(turned, Kind.MOMENT)
    assert [v for v in values if v is not None] == [pd.Timestamp("2025-06-01")] * 3
    assert values.index(None) == turned.index(None)


def test_moments_of_the_last_placeholder_years_are_read_and_left_to_the_contract():
    values, unreadable = read(["9999-12-31", "0001-01-01T00:00", "2999/12/31"], Kind.MOMENT)
    assert [value.year for value in values] == [9999, 1, 2999]
    assert not any(unreadable)


def test_the_hour_a_clock_change_skips_is_unreadable():
    assert read(["2017-03-26 02:30:00"], Kind.MOMENT, "Europe/Berlin") == ([None], [True])


def test_aware_columns_become_naive_utc():
    aware = pd.Series(pd.to_datetime(["2017-03-01 08:00"])).dt.tz_localize("Asia/Shanghai")
    values, _ = read_values(aware, Kind.MOMENT)
    assert values.tolist() == [pd.Timestamp("2017-03-01 00:00")]
    assert values.dtype == "datetime64[us]"


def test_a_dictionary_becomes_json_text():
    assert read([{"城市": 1}, None], Kind.JSON)[0] == ['{"城市": 1}', None]
