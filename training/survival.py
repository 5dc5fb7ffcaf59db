"""The survival curve of silence: one booster for every horizon, so that its readings agree.

A row is a customer at a cutoff and a number of days h; the label says whether nothing was bought
within them. This is discrete-time survival analysis with the horizon as an input, as in the
"stacked" or "pooled" logistic models of Zhong and Tibshirani (2019, arXiv:1909.11171), except
that each row asks about the whole time up to h, which makes a churn probability one reading.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import lightgbm as lgb
import numpy as np
import pandas as pd

from models_registry.calibration import Sigmoid
from models_registry.columns import Floats, matrix
from models_registry.survival import asked, days_at
from training.boosting import Learner, fit_sigmoid, margins
from training.config import Boosting, SurvivalConfig

HORIZON = "horizon_days"


@dataclass(frozen=True)
class Spells:
    """What a curve is learned from, a row for each customer and cutoff, n of them.

    Attributes
    ----------
    x
        Features at the cutoff, shape (n, n_features).
    days
        Days to the next purchase; at least `followed` where none was seen.
    followed
        For so many days the customer was watched.
    who
        Whose row it is.
    """

    x: Floats
    days: Floats
    followed: Floats
    who: "pd.Series[str]"

    def take(self, rows: np.ndarray) -> "Spells":
        """Return some of the rows."""
        return Spells(self.x[rows], self.days[rows], self.followed[rows], self.who.iloc[rows])


@dataclass(frozen=True)
class FittedCurve:
    """A booster of silence, its calibration, and the quantiles at which its days are read."""

    booster: lgb.Booster
    sigmoid: Sigmoid
    quantiles: tuple[float, float, float]


def spells(frame: pd.DataFrame, features: tuple[str, ...]) -> Spells:
    """Return the rows of `Dataset.spells` as numbers."""
    return Spells(
        matrix(frame, features, {}),
        frame["days_to_next"].to_numpy(np.float64),
        frame["followed_days"].to_numpy(np.float64),
        frame["customer_id"],
    )


def fit_curve_of_silence(
    rows: Spells,
    features: tuple[str, ...],
    boosting: Boosting,
    config: SurvivalConfig,
) -> FittedCurve:
    """Fit on everybody; calibrate on customers whom a second booster has not seen.

    Raises
    ------
    ValueError
        If `rows` is empty.
    """
    learner = Learner(boosting, {"objective": "binary"}, (*features, HORIZON))
    seen, unseen = _halves(rows, boosting.seed)
    with ThreadPoolExecutor() as both:  # LightGBM leaves Python's lock while it grows trees
        fit = partial(_fit, learner, config=config)
        booster, half = both.map(fit, (rows, rows.take(seen)))
    others = rows.take(unseen)
    pairs, silent = _pairs(others, config, boosting.seed)
    sigmoid = fit_sigmoid(margins(half, pairs), silent)
    return FittedCurve(booster, sigmoid, _quantiles(half, sigmoid, others, config))


def _fit(learner: Learner, rows: Spells, config: SurvivalConfig) -> lgb.Booster:
    x, silent = _pairs(rows, config, learner.config.seed)
    return learner.fit(x, silent, rounds=learner.config.rounds)


def _pairs(rows: Spells, config: SurvivalConfig, seed: int) -> tuple[Floats, Floats]:
    """Ask each row about some of the days it was followed, more often about the first.

    Days are drawn evenly on a logarithmic scale, one from each of `config.draws` parts of it:
    most purchases come within days, and the curve bends there.
    """
    rng = np.random.default_rng(seed)
    rows = _at_most(rows, config.most_pairs // config.draws, rng)
    longest = np.minimum(rows.followed, config.longest_days)
    drawn = [
        np.clip(np.ceil(longest ** ((part + rng.random(len(longest))) / config.draws)), 1, longest)
        for part in range(config.draws)
    ]
    x = np.vstack([np.column_stack([rows.x, days]) for days in drawn])
    return x, np.concatenate([(rows.days >= days).astype(np.float64) for days in drawn])


def _at_most(rows: Spells, most: int, rng: np.random.Generator) -> Spells:
    if len(rows.days) <= most:
        return rows
    return rows.take(np.sort(rng.choice(len(rows.days), most, replace=False)))


def _halves(rows: Spells, seed: int) -> tuple[np.ndarray, np.ndarray]:
    codes, people = pd.factorize(rows.who, sort=True)
    first = np.random.default_rng(seed).permutation(len(people))[codes] % 2 == 0
    return np.flatnonzero(first), np.flatnonzero(~first)


def _quantiles(
    booster: lgb.Booster, sigmoid: Sigmoid, rows: Spells, config: SurvivalConfig
) -> tuple[float, float, float]:
    """Return the quantiles between which a share `interval_level` of outcomes really lay.

    A curve of whole days puts too much between its ends; by how much is read from customers
    followed to the end, in the nearest step of `config.level_step`.
    """
    tail = (1 - config.interval_level) / 2
    rng = np.random.default_rng(len(rows.days))
    whole = rows.take(np.flatnonzero(rows.followed >= config.longest_days))
    whole = _at_most(whole, config.level_rows, rng)
    if len(whole.days) < config.least_level_rows:
        return tail, 0.5, 1 - tail
    grid = np.asarray(config.grid_days, dtype=np.float64)
    margin = margins(booster, asked(whole.x, grid))
    silent = sigmoid(margin).reshape(len(whole.days), len(grid))
    waited = np.minimum(whole.days, grid[-1])
    tries = np.arange(config.level_step, 0.5, config.level_step)
    under = [np.mean(waited < days_at(silent, grid, one)) for one in tries]
    over = [np.mean(waited > days_at(silent, grid, 1 - one)) for one in tries]
    low, high = (float(tries[np.abs(np.array(miss) - tail).argmin()]) for miss in (under, over))
    return low, 0.5, 1 - high
