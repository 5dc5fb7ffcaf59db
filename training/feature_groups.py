"""Which features are near-duplicates: found in the rows a model learns from, not listed by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_registry.columns import Floats, matrix
from models_registry.groups import Groups


@dataclass(frozen=True)
class GroupPolicy:
    """What makes features near-duplicates.

    Attributes
    ----------
    least_correlation
        Any two members of a group have at least this absolute rank correlation.
    least_overlap
        Of the rows where either of two features is known, the share where both must be; below it
        they count as unlike.
    rows
        At most so many rows are looked at.
    seed
        Draws them.
    """

    least_correlation: float = 0.8
    least_overlap: float = 0.5
    rows: int = 4_000
    seed: int = 20170101


def feature_groups(
    frame: pd.DataFrame, features: Sequence[str], policy: GroupPolicy | None = None
) -> Groups:
    """Return the groups of two or more near-duplicate features; the others stand alone.

    Complete linkage over one minus the absolute rank correlation: every pair of a group is alike,
    not only each with its neighbour.

    Parameters
    ----------
    frame
        Rows the model learns from.
    features
        Columns that hold numbers.

    Returns
    -------
    tuple of tuple of str
        Names in the order of `features`, groups in the order of their first; the same rows give
        the same groups.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    policy = policy or GroupPolicy()
    if len(features) < 2 or frame.empty:
        return ()
    alike = likeness(matrix(_drawn(frame, policy), features, {}), policy.least_overlap)
    apart = squareform(1.0 - alike, checks=False)
    found = fcluster(
        linkage(apart, method="complete"), 1.0 - policy.least_correlation, criterion="distance"
    )
    names: dict[int, list[str]] = {}
    for name, cluster in zip(features, found.tolist(), strict=True):
        names.setdefault(cluster, []).append(name)
    return tuple(tuple(group) for group in names.values() if len(group) > 1)


def likeness(x: Floats, least_overlap: float) -> Floats:
    """Return the absolute rank correlation of every two columns, shape (k, k), in [0, 1].

    Spearman's, with the ranks of each column's known values, over the rows where both columns are
    known; 0 for a constant column and for two that are seldom known together.

    Parameters
    ----------
    x
        Shape (n, k); NaN where missing.
    """
    known = (~np.isnan(x)).astype(np.float64)
    ranks = pd.DataFrame(x).rank(pct=True).sub(0.5).fillna(0.0).to_numpy()
    both = known.T @ known
    of_each = np.diag(both)
    either = of_each[:, None] + of_each - both
    mean = _ratio(ranks.T @ known, both)
    spread = np.maximum(_ratio((ranks**2).T @ known, both) - mean**2, 0.0)
    together = _ratio(ranks.T @ ranks, both) - mean * mean.T
    size = np.sqrt(spread * spread.T)
    # Below the rounding of the sums a column does not vary at all.
    alike = np.where(size > np.sqrt(np.finfo(np.float64).eps), np.abs(_ratio(together, size)), 0.0)
    alike = np.where(both >= least_overlap * either, np.minimum(alike, 1.0), 0.0)
    np.fill_diagonal(alike, 1.0)
    return alike


def _drawn(frame: pd.DataFrame, policy: GroupPolicy) -> pd.DataFrame:
    if len(frame) <= policy.rows:
        return frame
    drawn = np.random.default_rng(policy.seed).choice(len(frame), policy.rows, replace=False)
    return frame.iloc[np.sort(drawn)]


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
