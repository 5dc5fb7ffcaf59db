"""One way to fit a calibrated probability, for churn and for leads."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pandas as pd

from models_registry.calibration import Sigmoid
from models_registry.columns import Floats
from training.boosting import Learner, fit_sigmoid, margins, trees


@dataclass(frozen=True)
class Rows:
    """What a booster reads, what happened, and who it happened to; n of each."""

    x: Floats
    happened: Floats
    who: "pd.Series[str]"


def fit_probability(
    learner: Learner, train: Rows, valid: Rows, known: Rows, folds: int
) -> tuple[lgb.Booster, Sigmoid]:
    """Choose the number of trees out of time, fit on everything known, calibrate out of fold.

    Calibrating a booster of old rows on the newest ones and then fitting on both would count the
    change between them twice; margins from folds of persons belong to the booster that is kept.

    Parameters
    ----------
    train, valid
        Older and newer rows: trees are added to `train` as long as `valid` gains.
    known
        Every row settled before the test.
    folds
        Persons are dealt into that many folds; nobody is in two.
    """
    first = learner.fit(train.x, train.happened, valid=(valid.x, valid.happened))
    rounds = trees(first)
    booster = learner.fit(known.x, known.happened, rounds=rounds)
    unseen = _unseen_margins(learner, known, rounds, folds)
    return booster, fit_sigmoid(unseen, known.happened)


def _unseen_margins(learner: Learner, rows: Rows, rounds: int, folds: int) -> Floats:
    codes, people = pd.factorize(rows.who, sort=True)
    fold = np.random.default_rng(learner.config.seed).permutation(len(people))[codes] % folds
    unseen = np.empty(len(rows.happened))
    for each in range(folds):
        out = fold == each
        booster = learner.fit(rows.x[~out], rows.happened[~out], rounds=rounds)
        unseen[out] = margins(booster, rows.x[out])
    return unseen
