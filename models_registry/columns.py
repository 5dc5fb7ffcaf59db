"""Frame columns as float64 numbers: the one place where a model's input is encoded."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from models_registry.errors import BundleError

Floats = npt.NDArray[np.float64]

# A lead carries the attributes its source happens to know; the others are unknown, not an error.
FREE_FORM = "attr_"


def numbers(frame: pd.DataFrame, name: str) -> Floats:
    """Return one column as float64, shape (n,); what is not a number becomes NaN."""
    require(frame, [name])
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(_numeric(frame[name]).to_numpy(np.float64, na_value=np.nan), np.float64)


def matrix(
    frame: pd.DataFrame, features: Sequence[str], levels: Mapping[str, Sequence[str]]
) -> Floats:
    """Return the model's input, shape (n, len(features)), float64, C order.

    Parameters
    ----------
    frame
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
    require(frame, features)
    wide = frame.reindex(columns=list(features))
    odd = {
        name: _coded(wide[name], levels[name]) if name in levels else _numeric(wide[name])
        for name, kind in zip(features, wide.dtypes, strict=True)
        if name in levels or not is_numeric_dtype(kind)
    }
    plain = wide.assign(**odd) if odd else wide
    return np.ascontiguousarray(plain.to_numpy(np.float64, na_value=np.nan))


def require(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise BundleError unless `frame` has every column of `names` that is not free-form."""
    absent = [n for n in names if n not in frame.columns and not n.startswith(FREE_FORM)]
    if absent:
        raise BundleError(
            "The rows lack columns the model reads",
            where=", ".join(absent),
            todo="Read them through the model's own feature service.",
        )


def _numeric(column: "pd.Series[float]") -> "pd.Series[float]":
    if is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype):
        return column
    return pd.to_numeric(column.astype(object), errors="coerce")


def _coded(column: "pd.Series[str]", levels: Sequence[str]) -> "pd.Series[float]":
    codes = {level: float(code) for code, level in enumerate(levels)}
    return column.astype(object).map(codes).astype("float64")
