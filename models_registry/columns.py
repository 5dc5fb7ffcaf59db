"""Columns as float64 numbers: the one place where a model's input is encoded.

A table is a frame, or rows as they came from the online store.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from features.rows import FeatureRows
from models_registry.errors import BundleError

Floats = npt.NDArray[np.float64]
Table = pd.DataFrame | FeatureRows

# A lead carries the attributes its source happens to know; the others are unknown, not an error.
FREE_FORM = "attr_"


def framed(table: Table) -> pd.DataFrame:
    """Return the table as a frame."""
    return table.frame() if isinstance(table, FeatureRows) else table


def taken(table: Table, inside: npt.NDArray[np.bool_]) -> Table:
    """Return the rows of a table where the mask is true."""
    return table.take(inside) if isinstance(table, FeatureRows) else table[inside]


def numbers(table: Table, name: str) -> Floats:
    """Return one column as float64, shape (n,); what is not a number becomes NaN."""
    require(table, [name])
    if name not in table:
        return np.full(len(table), np.nan)
    if isinstance(table, FeatureRows):
        return table.column(name)
    return np.asarray(_numeric(table[name]).to_numpy(np.float64, na_value=np.nan), np.float64)


def listed(table: Table, name: str) -> Sequence[Any]:
    """Return one column of arrays or texts, an element per row."""
    if isinstance(table, FeatureRows):
        return table.arrays[name]
    return list(table[name])


def matrix(table: Table, features: Sequence[str], levels: Mapping[str, Sequence[str]]) -> Floats:
    """Return the model's input, shape (n, len(features)), float64, C order.

    Parameters
    ----------
    table
        Rows in any column order, extra columns allowed; None and object columns allowed.
    features
        The model's inputs, in order.
    levels
        Text features: the code of a level is its position; an unseen one becomes NaN.

    Raises
    ------
    BundleError
        If a feature's column is absent (a renamed feature must not pass for a missing value).
    """
    require(table, features)
    if isinstance(table, FeatureRows) and not levels and not _absent(table, features):
        return table.matrix(tuple(features))
    frame = framed(table)
    wide = frame.reindex(columns=list(features))
    odd = {
        name: _coded(wide[name], levels[name]) if name in levels else _numeric(wide[name])
        for name, kind in zip(features, wide.dtypes, strict=True)
        if name in levels or not is_numeric_dtype(kind)
    }
    plain = wide.assign(**odd) if odd else wide
    return np.ascontiguousarray(plain.to_numpy(np.float64, na_value=np.nan))


def require(table: Table, names: Sequence[str]) -> None:
    """Raise BundleError unless `table` has every column of `names` that is not free-form."""
    absent = [name for name in _absent(table, names) if not name.startswith(FREE_FORM)]
    if absent:
        raise BundleError(
            "The rows lack columns the model reads",
            where=", ".join(absent),
            todo="Read them through the model's own feature service.",
        )


def _absent(table: Table, names: Sequence[str]) -> Sequence[str]:
    if isinstance(table, FeatureRows):
        return table.absent(tuple(names))
    return [name for name in names if name not in table.columns]


def _numeric(column: "pd.Series[float]") -> "pd.Series[float]":
    if is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype):
        return column
    return pd.to_numeric(column.astype(object), errors="coerce")


def _coded(column: "pd.Series[str]", levels: Sequence[str]) -> "pd.Series[float]":
    codes = {level: float(code) for code, level in enumerate(levels)}
    return column.astype(object).map(codes).astype("float64")
