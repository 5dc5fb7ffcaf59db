"""Columns of two populations made comparable, and what each of them says."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from features.errors import InputError
from monitoring.verdict import MISSING_SHARE, ColumnDrift, DriftPolicy


def require(names: Sequence[str], frame: pd.DataFrame, which: str) -> None:
    """Raise InputError unless there are `names` and `frame` has all of them."""
    if not names:
        raise InputError("No column to compare", todo="Name at least one column.")
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise InputError(
            f"Columns are missing in {which}: {', '.join(absent)}",
            where=which,
            todo="Compare what was scored with features of the same feature service.",
        )


def sampled(frame: pd.DataFrame, policy: DriftPolicy) -> pd.DataFrame:
    """Return at most `policy.max_rows` rows, the same ones every time."""
    if len(frame) <= policy.max_rows:
        return frame
    return frame.sample(policy.max_rows, random_state=policy.seed)


def aligned(
    reference: pd.DataFrame, current: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the columns under one type on both sides: float64, or text with None where missing."""
    before, after = {}, {}
    for name in names:
        cast = _number if _is_number(reference[name], current[name]) else _text
        before[name], after[name] = cast(reference[name]), cast(current[name])
    return pd.DataFrame(before), pd.DataFrame(after)


def comparable(before: pd.Series, after: pd.Series) -> bool:
    """Return whether both sides hold values, and more than one in all."""
    together = pd.concat([before.dropna(), after.dropna()])
    return bool(before.notna().any() and after.notna().any()) and together.nunique() > 1


def moved(
    before: pd.Series, after: pd.Series, distances: Mapping[str, float], policy: DriftPolicy
) -> ColumnDrift:
    """Describe one column by whatever moved further: its values or its gaps."""
    name, number = str(before.name), before.dtype == np.float64
    means = _means(before, after) if number else (None, None)
    gaps = float(before.isna().mean()), float(after.isna().mean())
    said = partial(
        ColumnDrift,
        column=name,
        reference_mean=means[0],
        current_mean=means[1],
        reference_missing=gaps[0],
        current_missing=gaps[1],
    )
    values = said(
        test=policy.number_test if number else policy.category_test,
        statistic=distances.get(name, 0.0),
        threshold=policy.number_threshold if number else policy.category_threshold,
    )
    missing = said(
        test=MISSING_SHARE,
        statistic=abs(gaps[1] - gaps[0]),
        threshold=policy.missing_threshold,
    )
    return max(values, missing, key=lambda column: column.times)


def _is_number(reference: pd.Series, current: pd.Series) -> bool:
    # A column without a single value has an accidental type; the other side's decides.
    known = current if reference.isna().all() else reference
    return pd.api.types.is_numeric_dtype(known)


def _number(column: pd.Series) -> pd.Series:
    try:
        numbers = pd.to_numeric(column).astype("float64")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Column {column.name} holds text where the other population holds numbers",
            where=str(column.name),
            todo="Score with the features the model was trained on.",
        ) from error
    return numbers.replace([np.inf, -np.inf], np.nan).reset_index(drop=True)


def _text(column: pd.Series) -> pd.Series:
    values = [None if pd.isna(value) else str(value) for value in column]
    return pd.Series(values, dtype="object", name=column.name)


def _means(before: pd.Series, after: pd.Series) -> tuple[float | None, float | None]:
    means = (side.mean() for side in (before, after))
    first, second = (None if pd.isna(mean) else float(mean) for mean in means)
    return first, second
