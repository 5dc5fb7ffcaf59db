"""Days read from a survival curve: the probability that nothing is bought up to each day."""

from collections.abc import Sequence

import numpy as np

from models_registry.columns import Floats


def asked(x: Floats, days: Floats) -> Floats:
    """Return every row beside every number of days, shape (n * len(days), n_features + 1).

    Parameters
    ----------
    x
        Features, shape (n, n_features).
    days
        Shape (m,). The rows of one customer are neighbours.
    """
    return np.column_stack([np.repeat(x, len(days), axis=0), np.tile(days, len(x))])


def days_at(silent: Floats, grid: Sequence[float] | Floats, quantile: float) -> Floats:
    """Return after how many days the purchase has come with probability `quantile`.

    Parameters
    ----------
    silent
        Probability of no purchase within each of `grid`, shape (n, len(grid)), falling in a row.
    grid
        Days, ascending and above 0.

    Returns
    -------
    numpy.ndarray
        Shape (n,); the last of `grid` where that probability is not reached. Straight lines lie
        between the points, the first begins at day 0.
    """
    bought = np.column_stack([np.zeros(len(silent)), 1.0 - silent])
    days = np.concatenate([[0.0], np.asarray(grid, dtype=np.float64)])
    reached = bought >= quantile
    after = np.where(reached.any(axis=1), reached.argmax(axis=1), len(days) - 1).clip(1)
    rows = np.arange(len(silent))
    low, high = bought[rows, after - 1], bought[rows, after]
    share = np.where(high > low, (quantile - low) / np.where(high > low, high - low, 1.0), 1.0)
    read: Floats = days[after - 1] + np.clip(share, 0.0, 1.0) * (days[after] - days[after - 1])
    return read
