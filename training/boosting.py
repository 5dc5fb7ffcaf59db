"""LightGBM through its native API: same rows, same configuration, same trees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from models_registry.calibration import Sigmoid
from models_registry.columns import Floats
from training.config import Boosting


@dataclass(frozen=True)
class Learner:
    """A booster in the making.

    Attributes
    ----------
    config
        Its hyper-parameters.
    objective
        LightGBM's objective with its own parameters.
    features
        Names of the matrix's columns, in order.
    categorical
        Those of them that hold level codes.
    """

    config: Boosting
    objective: dict[str, Any]
    features: tuple[str, ...]
    categorical: tuple[str, ...] = ()

    def fit(
        self, x: Floats, y: Floats, *, valid: tuple[Floats, Floats] | None = None, rounds: int = 0
    ) -> lgb.Booster:
        """Fit trees.

        Parameters
        ----------
        x, y
            Shape (n, n_features) and (n,).
        valid
            Rows that stop the fit early; without them all rounds are taken.
        rounds
            Trees to grow; 0 takes the configuration's.
        """
        train = lgb.Dataset(x, y, categorical_feature=self._positions(self.categorical))
        watched = valid is not None and self.config.early_stopping > 0
        return lgb.train(
            self._parameters(),
            train,
            num_boost_round=rounds or self.config.rounds,
            valid_sets=[lgb.Dataset(*valid, reference=train)] if watched and valid else None,
            callbacks=[lgb.early_stopping(self.config.early_stopping, verbose=False)]
            if watched
            else None,
        )

    def _parameters(self) -> dict[str, Any]:
        config = self.config
        monotone = [config.monotone.get(name, 0) for name in self.features]
        return {
            **self.objective,
            "learning_rate": config.learning_rate,
            "num_leaves": config.num_leaves,
            "min_data_in_leaf": config.min_data_in_leaf,
            "feature_fraction": config.feature_fraction,
            "bagging_fraction": config.bagging_fraction,
            "bagging_freq": 1,
            "lambda_l2": config.lambda_l2,
            "seed": config.seed,
            "num_threads": config.num_threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
            **({"monotone_constraints": monotone} if any(monotone) else {}),
        }

    def _positions(self, names: Sequence[str]) -> list[int]:
        return [self.features.index(name) for name in names]


def trees(booster: lgb.Booster) -> int:
    """Return how many trees the early stop kept; all of them without one."""
    return int(booster.best_iteration if booster.best_iteration > 0 else booster.num_trees())


def margins(booster: lgb.Booster, x: Floats) -> Floats:
    """Return raw margins, shape (n,).

    One thread: LightGBM's number of threads is the process's, and another fit may be under way.
    """
    return np.asarray(booster.predict(x, raw_score=True, num_threads=1), dtype=np.float64)


def fit_sigmoid(margin: Floats, happened: Floats) -> Sigmoid:
    """Fit Platt's calibration on rows the booster was not fitted on.

    Where only one outcome occurs, or the margin ranks them backwards, nothing can be learned and
    the margin is taken as it is.
    """
    from sklearn.linear_model import LogisticRegression

    if np.unique(happened).size < 2:
        return Sigmoid()
    fitted = LogisticRegression(C=np.inf).fit(margin[:, None], happened)
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    return Sigmoid(slope, offset) if slope > 0 else Sigmoid()
