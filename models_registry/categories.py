"""Which categories the next basket most likely holds."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from models_registry import columns
from models_registry.columns import Floats
from models_registry.meta import CategoryHead
from models_registry.score import Category


def most_likely(
    head: CategoryHead, raw: Callable[[Floats], Floats], frame: pd.DataFrame, k: int
) -> list[tuple[Category, ...]]:
    """Return, per row of `frame`, its `k` likeliest categories, likeliest first.

    Parameters
    ----------
    head
        Names the array columns and the inputs of the booster.
    raw
        The booster: matrix (m, n_features) -> raw margins (m,).
    frame
        One row per customer; `head.key` and `head.arrays` hold arrays of equal length in a row.
    """
    pairs = exploded(head, frame)
    told: list[list[Category]] = [[] for _ in range(len(frame))]
    chances = head.calibration(raw(columns.matrix(pairs, head.features, head.levels)))
    rows, names = pairs["_row"].to_numpy(np.intp), pairs[head.key].to_numpy(str)
    for pair in np.lexsort((names, -chances, rows)):  # likeliest first, equals by name
        if len(told[rows[pair]]) < k:
            told[rows[pair]].append(Category(str(names[pair]), float(chances[pair])))
    return [tuple(likely) for likely in told]


def exploded(head: CategoryHead, frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per customer and category: the head's inputs and `_row`, the position.

    Training and prediction both read the arrays through this function.
    """
    wanted = list(dict.fromkeys([head.key, *head.arrays, *head.features]))
    columns.require(frame, wanted)
    numbered = frame[wanted].assign(_row=np.arange(len(frame)))
    pairs = numbered.explode([head.key, *head.arrays], ignore_index=True)
    return pairs[pairs[head.key].notna()].reset_index(drop=True)
