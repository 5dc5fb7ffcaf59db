"""What a contact changes, customer by customer: EconML's doubly robust learner and Qini."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from training.boosting import Learner
from training.cards.card import Estimate
from training.config import Boosting
from training.metrics import Floats, equal_parts
from training.uplift.chance import Rows, estimated, folds
from training.uplift.contacts import ContactRows
from training.uplift.policy import UpliftPolicy

_PERCENTILES = np.arange(5, 100, 5)


@dataclass(frozen=True)
class UpliftGroup:
    """Rows of about the same predicted uplift, on customers the prediction never saw.

    Attributes
    ----------
    predicted
        Mean uplift predicted.
    measured
        Mean uplift that contacted and held-out customers of the group show.
    """

    rows: int
    holdouts: int
    predicted: float
    measured: Estimate


@dataclass(frozen=True)
class Uplift:
    """An estimated effect.

    Attributes
    ----------
    qini
        How much more the contacts bring, per customer and averaged over list sizes, when those
        with the greatest predicted uplift come first than when chance orders them; 0 is chance.
    average
        Mean effect of a contact over everybody contacted or held out.
    groups
        The greatest predicted uplift first.
    predict
        From feature rows (the columns of the feature service) to the uplift of each, shape (n,).
    """

    qini: Estimate
    average: Estimate
    groups: tuple[UpliftGroup, ...]
    predict: Callable[[pd.DataFrame], Floats]


def measure_uplift(rows: ContactRows, policy: UpliftPolicy) -> Uplift:
    """Estimate the effect, measure it on customers unseen, and fit it on everybody.

    Parameters
    ----------
    rows
        Of campaigns that held customers out at random.
    """
    raw, effect = _unseen(rows, policy)
    scale, who = calibrated(raw, effect), rows.who
    predicted = scale(raw)

    def average(drawn: Rows) -> float:
        return float(effect[drawn].mean())

    def group(inside: Rows) -> UpliftGroup:
        return UpliftGroup(
            rows=len(inside),
            holdouts=int((1 - rows.column("treated")[inside]).sum()),
            predicted=float(predicted[inside].mean()),
            measured=estimated(lambda drawn: average(inside[drawn]), who.iloc[inside], policy),
        )

    part = equal_parts(-raw, policy.groups)
    fitted, names = _fitted(rows, np.arange(len(who)), policy), list(rows.features)
    return Uplift(
        qini=estimated(lambda drawn: qini(raw[drawn], effect[drawn]), who, policy),
        average=estimated(average, who, policy),
        groups=tuple(group(np.flatnonzero(part == each)) for each in np.unique(part)),
        predict=lambda frame: scale(fitted(frame[names].to_numpy(np.float64))),
    )


def calibrated(raw: Floats, effect: Floats) -> Callable[[Floats], Floats]:
    """Return what draws predictions towards the average effect by as much as they are too sure.

    Trees of few contacts tell customers further apart than they are. The slope is that of the
    best linear prediction of `effect` by `raw`, from 0 (they differ by chance) to 1.

    Parameters
    ----------
    raw
        Predictions for customers not fitted on, shape (n,).
    effect
        As in `qini`.

    Notes
    -----
    Chernozhukov et al. (2018), Generic machine learning inference on heterogeneous treatment
    effects.
    """
    centre, average, spread = raw.mean(), effect.mean(), raw.var()
    slope = np.mean((raw - centre) * (effect - average)) / spread if spread > 0 else 0.0
    kept = float(np.clip(slope, 0.0, 1.0))
    return lambda values: average + kept * (values - centre)


def qini(predicted: Floats, effect: Floats) -> float:
    """Return EconML's Qini coefficient: the area between the gain curve and that of chance.

    Parameters
    ----------
    predicted
        Uplift that orders the rows, shape (n,).
    effect
        Estimate of each row's own effect, right on average, shape (n,).

    Notes
    -----
    Radcliffe (2007), Using control groups to target on predicted lift, on doubly robust effects.
    """
    from econml.validate.utils import calc_uplift

    # Where all are predicted alike the curve is flat, and its band, not asked for, 0 / 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        area, _, _ = calc_uplift(predicted, predicted, effect, _PERCENTILES, "qini", n_bootstrap=1)
    return float(area)


def _unseen(rows: ContactRows, policy: UpliftPolicy) -> tuple[Floats, Floats]:
    """Return, of customers not fitted on, the predicted uplift and each row's own effect."""
    from econml.validate.utils import calculate_dr_outcomes

    treated, share, outcome = (rows.column(n) for n in ("treated", "share", policy.outcome))
    x, predicted, expected = rows.x, np.empty(len(treated)), np.empty(len(treated))
    learner = Learner(policy.boosting, {"objective": "regression"}, rows.features)
    for known, unseen in folds(rows, policy):
        predicted[unseen] = _fitted(rows, known, policy)(x[unseen])
        expected[unseen] = learner.fit(x[known], outcome[known]).predict(x[unseen])
    # Any expectation leaves the mean right, for the shares are known; a good one calms it.
    effect = calculate_dr_outcomes(
        treated.astype(np.intp),
        outcome,
        np.column_stack([expected, expected]),
        np.column_stack([1 - share, share]),
    )
    return predicted, effect[:, 0]


def _fitted(rows: ContactRows, known: Rows, policy: UpliftPolicy) -> Callable[[Floats], Floats]:
    """Fit on some rows; return what predicts the uplift of a matrix of features."""
    from econml.dr import DRLearner
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import StratifiedGroupKFold

    filled = SimpleImputer(strategy="median", keep_empty_features=True).fit(rows.x[known])
    learner = DRLearner(
        model_propensity=_known_share(),
        model_regression=_trees(policy.boosting),
        model_final=_trees(policy.boosting),
        cv=StratifiedGroupKFold(policy.folds, shuffle=True, random_state=policy.seed),
        random_state=policy.seed,
    )
    share = rows.column("share")[known]
    learner.fit(
        rows.column(policy.outcome)[known],
        rows.column("treated")[known],
        X=filled.transform(rows.x[known]),
        W=np.log(share / (1 - share))[:, None],
        groups=rows.who.to_numpy()[known],
    )
    return lambda x: np.asarray(learner.effect(filled.transform(x)), dtype=np.float64).ravel()


def _known_share() -> Any:
    """Return the chance to be contacted as a model: the share of the campaign, the last column.

    The shares are by design, so that nothing is left to learn of who was contacted; a logistic
    curve over their log-odds gives them back.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    last = ColumnTransformer([("share", "passthrough", [-1])])
    return make_pipeline(last, LogisticRegression(C=np.inf))


def _trees(config: Boosting) -> Any:
    from lightgbm import LGBMRegressor

    return LGBMRegressor(
        n_estimators=config.rounds,
        learning_rate=config.learning_rate,
        num_leaves=config.num_leaves,
        min_child_samples=config.min_data_in_leaf,
        colsample_bytree=config.feature_fraction,
        subsample=config.bagging_fraction,
        subsample_freq=1,
        reg_lambda=config.lambda_l2,
        random_state=config.seed,
        n_jobs=config.num_threads,
        deterministic=True,
        force_row_wise=True,
        verbosity=-1,
    )
