"""Do pandas and Polars say what Shuke says? Asked of a few households before anything is timed."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from features.catalog import FEATURES
from features.transforms.customer import customer_features
from tests.benchmarks.features_contestants import files_of, whole_lake

TOLERANCE = 1e-9  # of the value, or of 1 where it is smaller
_KEY = ["customer_id", "as_of"]


def checked(home: Path, cutoffs: Sequence[datetime], contestants: Sequence[str]) -> str:
    """Return what was compared and found equal.

    Raises
    ------
    AssertionError
        A contestant has other rows, or another value of some feature.
    """
    con, tables = whole_lake(home, cutoffs)
    ours = _ordered(con.to_pyarrow(customer_features(tables, cutoffs)).to_pandas())
    for name in contestants:
        theirs = _ordered(_frame(name, home, cutoffs))
        assert theirs.index.equals(ours.index), f"{name} has rows of other customers"
        other = [feature for feature in FEATURES if not _same(ours[feature], theirs[feature])]
        assert not other, f"{name} differs in {', '.join(other)}"
    missing = [name for name in FEATURES if ours[name].isna().all()]
    return (
        f"{' and '.join(contestants)} say what Shuke says to {TOLERANCE:g}: {len(FEATURES)} "
        f"features, {len(ours):,} rows at {len(cutoffs)} cutoffs. The data tell nothing of "
        f"{len(missing)} of them, which all leave missing: {', '.join(missing)}."
    )


def _frame(name: str, home: Path, cutoffs: Sequence[datetime]) -> pd.DataFrame:
    if name == "pandas":
        from tests.benchmarks import pandas_features

        return pandas_features.customer_features(files_of(home), cutoffs)
    from tests.benchmarks import polars_features

    return polars_features.customer_features(files_of(home), cutoffs).to_pandas()


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index(_KEY)[list(FEATURES)].sort_index()


def _same(ours: pd.Series, theirs: pd.Series) -> bool:
    want, got = ours.to_numpy("float64"), theirs.to_numpy("float64")
    return np.allclose(want, got, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
