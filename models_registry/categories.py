"""Which categories the next basket most likely holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models_registry.columns import Floats, Table, listed, numbers, require
from models_registry.meta import CategoryHead
from models_registry.score import Category


@dataclass(frozen=True)
class Candidates:
    """A row for each customer and candidate category, m of them.

    Attributes
    ----------
    rows
        Position of the customer, shape (m,).
    names
        The category, shape (m,).
    x
        Inputs of the head's booster, shape (m, n_features).
    """

    rows: npt.NDArray[np.intp]
    names: npt.NDArray[np.object_]
    x: Floats


def most_likely(
    head: CategoryHead, raw: Callable[[Floats], Floats], table: Table, k: int
) -> list[tuple[Category, ...]]:
    """Return, per row of `table`, its `k` likeliest categories, likeliest first.

    Parameters
    ----------
    head
        Names the array columns and the inputs of the booster.
    raw
        The booster: matrix (m, n_features) -> raw margins (m,).
    table
        One row per customer; `head.key` and `head.arrays` hold arrays of equal length in a row.
    """
    pairs = candidates(head, table)
    told: list[list[Category]] = [[] for _ in range(len(table))]
    chances = head.calibration(raw(pairs.x))
    # Likeliest first, equals by name.
    for pair in np.lexsort((pairs.names.astype(str), -chances, pairs.rows)):
        likely = told[pairs.rows[pair]]
        if len(likely) < k:
            likely.append(Category(str(pairs.names[pair]), float(chances[pair])))
    return [tuple(likely) for likely in told]


def candidates(head: CategoryHead, table: Table) -> Candidates:
    """Return the candidates of every customer, in the order of their arrays.

    Training and prediction both read the arrays through this function.
    """
    require(table, [head.key, *head.arrays, *head.features])
    names = _given(table, head.key)
    rows = np.repeat(np.arange(len(table)), [len(each) for each in names])
    flat = np.array([name for each in names for name in each], dtype=object)
    x = np.empty((len(rows), len(head.features)))
    for place, feature in enumerate(head.features):
        if feature == head.key:
            codes = {name: float(code) for code, name in enumerate(head.levels.get(feature, ()))}
            x[:, place] = [codes.get(name, np.nan) for name in flat]
        elif feature in head.arrays:
            x[:, place] = [one for each in _given(table, feature) for one in each]
        else:
            x[:, place] = numbers(table, feature)[rows]
    return Candidates(rows, flat, x)


def _given(table: Table, name: str) -> list[list[Any]]:
    """Return the arrays of a column, an empty one where it is missing."""
    given = listed(table, name)
    return [list(each) if isinstance(each, list | tuple | np.ndarray) else [] for each in given]
