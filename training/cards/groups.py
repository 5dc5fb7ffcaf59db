"""Rows put together until nobody can be told from the others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.metrics import Floats, equal_parts


@dataclass(frozen=True)
class GroupPolicy:
    """What a stored file may say of a group of rows.

    Attributes
    ----------
    least_people
        A group of fewer persons is joined to its neighbour, or left out.
    """

    least_people: int = 10


GROUPS = GroupPolicy()


def parts_of_people(
    values: Floats, who: "pd.Series[str]", parts: int, policy: GroupPolicy = GROUPS
) -> NDArray[np.intp]:
    """Cut rows into at most `parts` by their value, none of too few persons.

    Parameters
    ----------
    values
        Shape (n,), no NaN.
    who
        Whose row it is, n of them.

    Returns
    -------
    numpy.ndarray
        The part of each row, from 0 up in the order of the values; all -1 if there are too few
        persons for a single part.
    """
    if people(who) < policy.least_people:
        return np.full(len(values), -1, dtype=np.intp)
    place = equal_parts(values, parts)
    joined = np.zeros(place.max() + 1, dtype=np.intp)
    start, part = 0, 0
    for end in range(len(joined)):
        joined[start : end + 1] = part
        if people(who[(place >= start) & (place <= end)]) >= policy.least_people:
            start, part = end + 1, part + 1
    joined[start:] = max(part - 1, 0)
    return joined[place]


def people(who: "pd.Series[str]") -> int:
    """Return how many persons there are."""
    return int(who.nunique())
