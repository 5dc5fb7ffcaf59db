"""Values of two engines, compared: NaN is NULL, arrays have an order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

CLOSE = 1e-9


def differing(ours: pd.DataFrame, theirs: pd.DataFrame, names: Sequence[str]) -> dict[str, int]:
    """Return the columns that differ, with the number of rows in which they do."""
    counts = {name: _unlike(ours[name], theirs[name]) for name in names}
    return {name: count for name, count in counts.items() if count}


def _unlike(ours: Sequence[Any], theirs: Sequence[Any]) -> int:
    return sum(not _alike(a, b) for a, b in zip(ours, theirs, strict=True))


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, list | np.ndarray):
        return isinstance(b, list | np.ndarray) and len(a) == len(b) and not _unlike(a, b)
    if isinstance(a, int | float) and isinstance(b, int | float):
        return bool(np.isclose(a, b, rtol=CLOSE, atol=CLOSE, equal_nan=True))
    return bool(a == b) or (_missing(a) and _missing(b))


def _missing(value: Any) -> bool:
    return bool(pd.isna(value))
