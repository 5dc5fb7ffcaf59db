"""Simple rules fitted on training rows: the baselines a model must beat, and the cold start."""

from typing import Literal

import numpy as np
import pandas as pd

from models_registry.calibration import Curve, Levels
from models_registry.columns import Floats, numbers

BINS = 40


def fit_curve(
    frame: pd.DataFrame,
    feature: str,
    outcome: Floats,
    *,
    statistic: Literal["mean", "median"] = "mean",
    bins: int = BINS,
) -> Curve:
    """Fit a monotone piecewise-linear rule of one feature.

    Parameters
    ----------
    frame, outcome
        Training rows and what happened, n of each.
    statistic
        What the rule answers: the mean outcome, or the median one for waiting days.
    bins
        The feature is cut into at most that many parts of about equal size.

    Returns
    -------
    Curve
        Isotonic over the parts, rising or falling as the data say; parts it levels out become one
        knot, so that the line between knots still ranks customers.
    """
    from sklearn.isotonic import IsotonicRegression

    overall = float(getattr(np, statistic)(outcome))
    x = numbers(frame, feature)
    known = ~np.isnan(x)
    missing = float(getattr(np, statistic)(outcome[~known])) if (~known).any() else overall
    if not known.any():
        return Curve(feature, (0.0,), (overall,), missing)
    edges = np.unique(np.quantile(x[known], np.linspace(0, 1, bins + 1)))
    parts = pd.DataFrame({"x": x[known], "y": outcome[known]}).groupby(
        np.searchsorted(edges[1:-1], x[known], side="right")
    )
    level = parts["y"].agg(statistic).to_numpy(np.float64)
    weight = parts.size().to_numpy(np.float64)
    centre = parts["x"].mean().to_numpy(np.float64)
    slope = np.sum(weight * (centre - np.average(centre, weights=weight)) * level)
    rule = IsotonicRegression(increasing=bool(slope >= 0))
    smooth = rule.fit(centre, level, weight).predict(centre)
    knots = pd.DataFrame({"x": centre * weight, "y": smooth, "w": weight}).groupby(
        np.cumsum(np.diff(smooth, prepend=smooth[0]) != 0)
    )
    xs = (knots["x"].sum() / knots["w"].sum()).to_numpy(np.float64)
    return Curve(feature, tuple(xs.tolist()), tuple(knots["y"].first().tolist()), missing)


def fit_levels(frame: pd.DataFrame, feature: str, outcome: Floats, least: int) -> Levels:
    """Fit the mean outcome of each level of a text feature seen in at least `least` rows."""
    grouped = pd.Series(outcome).groupby(frame[feature].to_numpy(object))
    means = grouped.mean()[grouped.size() >= least]
    values = {str(level): float(mean) for level, mean in means.items()}
    return Levels(feature, values, float(outcome.mean()))
