"""Feature rows as one block of numbers: what a frame holds, without what a frame costs.

A request is about one customer, and a frame of one row costs more than the model that reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from features.online.store import Materialized

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp] | npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """Features of customers, n rows.

    Attributes
    ----------
    ids
        Customer ids.
    as_of
        Shape (n,), datetime64[us] in UTC; NaT where nothing is known of the customer.
    names
        Names of the columns of `numbers`.
    numbers
        Shape (n, len(names)), float64; NaN where missing.
    arrays
        Column to one list or None per row.
    newest
        The materialization they were read from; None of rows from elsewhere.
    """

    ids: Sequence[str]
    as_of: npt.NDArray[np.datetime64]
    names: tuple[str, ...]
    numbers: Floats
    arrays: Mapping[str, Sequence[list[Any] | None]]
    newest: "Materialized | None" = None

    @property
    def snapshot(self) -> bool:
        """Whether they answer in place of newer ones that cannot be read now."""
        return self.newest is not None and self.newest.snapshot

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.ids)

    def __contains__(self, name: object) -> bool:
        """Return whether there is a column of this name."""
        return name in _places(self.names) or name in self.arrays

    def absent(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of `names` that are no column."""
        return _absent(self.names, tuple(self.arrays), names)

    def column(self, name: str) -> Floats:
        """Return one column of numbers, shape (n,)."""
        found: Floats = self.numbers[:, _places(self.names)[name]]
        return found

    def matrix(self, names: tuple[str, ...]) -> Floats:
        """Return some columns of numbers in the order of `names`, shape (n, len(names)), a copy."""
        return self.numbers.take(_order(self.names, names), axis=1)

    def take(self, places: Places) -> "FeatureRows":
        """Return some of the rows, by positions or by a mask."""
        chosen = np.arange(len(self.ids))[places]
        if len(chosen) == len(self.ids) and places.dtype == np.bool_:
            return self
        return FeatureRows(
            [self.ids[at] for at in chosen],
            self.as_of[chosen],
            self.names,
            self.numbers[chosen],
            {name: [each[at] for at in chosen] for name, each in self.arrays.items()},
            self.newest,
        )

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame: `customer_id`, `as_of` (aware UTC), numbers, arrays."""
        head = {
            "customer_id": list(self.ids),
            "as_of": pd.DatetimeIndex(self.as_of).tz_localize("UTC"),
        }
        arrays = {
            name: pd.Series(list[Any](each), dtype="object") for name, each in self.arrays.items()
        }
        numbers = pd.DataFrame(self.numbers, columns=list(self.names))
        return pd.concat([pd.DataFrame(head), numbers, pd.DataFrame(arrays)], axis="columns")


@cache
def _places(names: tuple[str, ...]) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(names)}


@cache
def _absent(
    numbers: tuple[str, ...], arrays: tuple[str, ...], names: tuple[str, ...]
) -> tuple[str, ...]:
    there = {*numbers, *arrays}
    return tuple(name for name in names if name not in there)


@cache
def _order(names: tuple[str, ...], wanted: tuple[str, ...]) -> npt.NDArray[np.intp]:
    places = _places(names)
    return np.array([places[name] for name in wanted], dtype=np.intp)
