from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from models_registry.columns import matrix
from models_registry.errors import BundleError


def test_columns_are_put_in_the_order_of_the_feature_list():
    frame = pd.DataFrame({"b": [1.0], "other": ["x"], "a": [2.0]})
    np.testing.assert_array_equal(matrix(frame, ("a", "b"), {}), [[2.0, 1.0]])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1, None, 3], dtype=object),
        pd.Series([Decimal(1), None, Decimal(3)], dtype=object),
        pd.Series(["1", "none of that", "3"]),
        pd.Series([1.0, np.nan, 3.0], dtype="float32"),
        pd.Series([1.0, pd.NA, 3.0], dtype="Float64"),
    ],
    ids=lambda column: f"{column.dtype} {type(column[0]).__name__}",
)
def test_any_kind_of_column_becomes_float64_with_nan_for_what_is_missing(column: pd.Series):
    x = matrix(pd.DataFrame({"a": column}), ("a",), {})
    assert x.dtype == np.float64
    np.testing.assert_array_equal(x, [[1.0], [np.nan], [3.0]])


def test_a_column_of_nothing_but_none_becomes_nan():
    assert np.isnan(matrix(pd.DataFrame({"a": [None, None]}), ("a",), {})).all()


def test_truth_values_become_one_and_zero():
    frame = pd.DataFrame({"a": [True, False], "b": pd.Series([True, None], dtype="boolean")})
    np.testing.assert_array_equal(matrix(frame, ("a", "b"), {}), [[1, 1], [0, np.nan]])


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_levels_become_codes_and_an_unseen_level_becomes_nan(dtype: object):
    frame = pd.DataFrame({"s": pd.Series(["web", "api", "fax", None], dtype=dtype)})
    x = matrix(frame, ("s",), {"s": ("api", "web")})
    np.testing.assert_array_equal(x, [[1.0], [0.0], [np.nan], [np.nan]])


def test_an_absent_feature_is_refused_by_name():
    with pytest.raises(BundleError, match="renamed"):
        matrix(pd.DataFrame({"a": [1.0]}), ("a", "renamed"), {})


def test_an_attribute_a_lead_does_not_carry_is_only_unknown():
    x = matrix(pd.DataFrame({"a": [1.0]}), ("a", "attr_budget", "attr_city"), {"attr_city": ("B",)})
    np.testing.assert_array_equal(x, [[1.0, np.nan, np.nan]])
