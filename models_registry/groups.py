"""Near-duplicate features speak once: their contributions as one, told by the loudest of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

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
    layout = _layout(tuple(features), groups)
    own = parts[:, layout.columns]
    sums = np.add.reduceat(own, layout.starts, axis=1)
    along = own * np.sign(sums)[:, layout.group]
    loudest = np.maximum.reduceat(along, layout.starts, axis=1)
    # Of equals the first speaks.
    speakers = np.where(along == loudest[:, layout.group], layout.columns, len(features))
    return Grouped(sums, np.minimum.reduceat(speakers, layout.starts, axis=1))


def positions(features: Sequence[str], groups: Groups) -> list[list[int]]:
    """Return every group's positions in `features`, ascending, singles included."""
    of = group_of(groups)
    found: dict[str, list[int]] = {}
    for position, name in enumerate(features):
        found.setdefault(of.get(name, (name,))[0], []).append(position)
    return list(found.values())


@dataclass(frozen=True)
class _Layout:
    """Columns group by group, where each group starts, and the group of each column."""

    columns: Places
    starts: Places
    group: Places


@cache
def _layout(features: tuple[str, ...], groups: Groups) -> _Layout:
    members = positions(features, groups)
    sizes = [len(each) for each in members]
    return _Layout(
        np.concatenate([np.array(each, dtype=np.intp) for each in members]),
        np.cumsum([0, *sizes[:-1]], dtype=np.intp),
        np.repeat(np.arange(len(members)), sizes),
    )


def group_of(groups: Groups) -> dict[str, tuple[str, ...]]:
    """Return the group of every feature that has one."""
    return {name: group for group in groups for name in group}
