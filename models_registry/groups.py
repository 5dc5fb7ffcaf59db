"""Near-duplicate features speak once: their contributions as one, told by the loudest of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models_registry.columns import Floats

Groups = tuple[tuple[str, ...], ...]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Grouped:
    """Contributions by group; a feature of no group is a group of its own.

    Attributes
    ----------
    sums
        What each group contributes, shape (n, n_groups).
    speakers
        Position of the feature that speaks for each group, shape (n, n_groups): of the members
        that push the way the sum does, the one with the largest contribution.
    """

    sums: Floats
    speakers: Places


def grouped(parts: Floats, features: Sequence[str], groups: Groups) -> Grouped:
    """Return contributions summed by group, in the order of each group's first feature.

    Parameters
    ----------
    parts
        Contributions without the base value, shape (n, n_features).
    features
        Names of its columns.
    groups
        Names that speak once, at least two each.
    """
    members = positions(features, groups)
    first = np.array([each[0] for each in members], dtype=np.intp)
    sums = parts[:, first]
    speakers = np.broadcast_to(first, sums.shape).copy()
    for at, each in enumerate(members):
        if len(each) > 1:
            own = parts[:, each]
            sums[:, at] = own.sum(axis=1)
            along = own * np.sign(sums[:, [at]])
            speakers[:, at] = np.asarray(each, dtype=np.intp)[along.argmax(axis=1)]
    return Grouped(sums, speakers)


def positions(features: Sequence[str], groups: Groups) -> list[list[int]]:
    """Return every group's positions in `features`, ascending, singles included."""
    of = group_of(groups)
    found: dict[str, list[int]] = {}
    for position, name in enumerate(features):
        found.setdefault(of.get(name, (name,))[0], []).append(position)
    return list(found.values())


def group_of(groups: Groups) -> dict[str, tuple[str, ...]]:
    """Return the group of every feature that has one."""
    return {name: group for group in groups for name in group}
