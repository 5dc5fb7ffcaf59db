"""Customer value: the money a customer spends within the horizon."""

from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pandas as pd

from features.clock import now
from models_registry.bundle import Bundle
from models_registry.calibration import Curve
from models_registry.columns import Floats, matrix
from models_registry.meta import Basket, Kind, Meta
from training.boosting import Learner, margins, trees
from training.config import ClvConfig
from training.dataset import Dataset
from training.evaluate import Answers, Evaluation, Mask, Measures, slices
from training.feature_groups import feature_groups
from training.metrics import amount_metrics, interval_metrics
from training.pipelines.base import OfCustomers, conditions, inside, outcome, quantiles, typical
from training.rules import fit_curve

LABEL = "spend"


class Clv(OfCustomers[ClvConfig]):
    """The pipeline of customer value."""

    def fit(self, dataset: Dataset) -> Bundle:
        """Fit the mean with Tweedie's loss, whose predictions add up to the total by themselves."""
        config, features = self.config, dataset.features
        population = conditions(config.population)
        train, valid = inside(dataset.train, population), inside(dataset.valid, population)
        everyone = inside(dataset.known, population)
        objective = {"objective": "tweedie", "tweedie_variance_power": config.tweedie_power}
        learner = Learner(config.boosting, objective, features)
        first = learner.fit(
            matrix(train, features, {}),
            _spent(train),
            valid=(matrix(valid, features, {}), _spent(valid)),
        )
        booster = learner.fit(matrix(everyone, features, {}), _spent(everyone), rounds=trees(first))
        ends, pad = self._ends(train, valid, everyone, features)
        meta = Meta(
            model=config.model,
            kind=self.kind,
            feature_service=config.service,
            features=features,
            trained_at=now(),
            trained_as_of=dataset.trained_as_of,
            data_fingerprint=dataset.lineage.get("fingerprint", ""),
            typical=typical(everyone, features, {}),
            horizon_days=config.windows.horizon_days,
            baseline=self.rule(dataset),
            population=population,
            link="log",
            interval_level=config.interval_level,
            interval_pad=pad,
            basket=Basket(
                config.basket_mean,
                config.basket_orders,
                float(np.nanmean(outcome(everyone, config.basket_mean))),
                config.basket_weight,
            ),
            groups=feature_groups(everyone, features),
        )
        bundle = Bundle(meta, {"main": booster, **ends})
        values = bundle.predict(valid)["value"].to_numpy()
        return replace(bundle, meta=replace(meta, reference=quantiles(values)))

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return "amount"

    def happened(self, frame: pd.DataFrame) -> Floats:
        """Return what a value is held against, shape (n,)."""
        return _spent(frame)

    def rule(self, dataset: Dataset) -> Curve:
        """Return the rule of one feature that answers for those the model does not judge."""
        return self._rule(dataset, self.config.rules[0])

    def evaluate(self, bundle: Bundle, dataset: Dataset) -> Evaluation:
        """Return the model beside the rules, the spend so far as it is, and the average."""
        test = inside(dataset.test, bundle.meta.population)
        known = inside(dataset.known, bundle.meta.population)
        spent = _spent(test)
        answer = bundle.predict(test)
        value, low, high = (answer[name].to_numpy() for name in ("value", "low", "high"))
        ends = not np.isnan(low).any()
        held = interval_metrics(spent, low, high, self.config.interval_level) if ends else {}
        said = {f"{name} curve": self._rule(dataset, name)(test) for name in self.config.rules}
        said["average"] = np.full(len(test), _spent(known).mean())
        so_far = self._spend_so_far(test)
        if so_far is not None:
            said[f"last {self.config.windows.horizon_days} days"] = so_far

        def measure(rows: Mask) -> Measures:
            return amount_metrics(spent[rows], value[rows])

        return Evaluation(
            model=self.name,
            rows=len(test),
            metrics={**amount_metrics(spent, value), **held},
            baselines={name: amount_metrics(spent, rule) for name, rule in said.items()},
            slices=slices(test, self.config.slices, measure),
            answers=Answers(test["customer_id"], spent, {self.name: value, **said}, low, high),
        )

    def _ends(
        self,
        train: pd.DataFrame,
        valid: pd.DataFrame,
        everyone: pd.DataFrame,
        features: tuple[str, ...],
    ) -> tuple[dict[str, lgb.Booster], float]:
        """Fit both ends of the interval, and by how much they must be widened to hold."""
        config, tail = self.config, (1 - self.config.interval_level) / 2
        boosters, missed = {}, {}
        for name, alpha in (("low", tail), ("high", 1 - tail)):
            learner = Learner(
                # The quantile loss takes no constraints.
                config.boosting.model_copy(
                    update={"rounds": config.interval_rounds, "monotone": {}}
                ),
                {"objective": "quantile", "alpha": alpha},
                features,
            )
            first = learner.fit(matrix(train, features, {}), self._logarithm(train))
            missed[name] = self._logarithm(valid) - margins(first, matrix(valid, features, {}))
            boosters[name] = learner.fit(matrix(everyone, features, {}), self._logarithm(everyone))
        return boosters, conformal_pad(-missed["low"], missed["high"], config.interval_level)

    def _logarithm(self, frame: pd.DataFrame) -> Floats:
        return np.log(np.maximum(_spent(frame), self.config.least_amount))

    def _rule(self, dataset: Dataset, feature: str) -> Curve:
        return fit_curve(dataset.known, feature, _spent(dataset.known))

    def _spend_so_far(self, frame: pd.DataFrame) -> Floats | None:
        column = f"spend_{self.config.windows.horizon_days}d"
        return outcome(frame, column) if column in frame else None


def _spent(frame: pd.DataFrame) -> Floats:
    """Net spend; more returned than bought counts as nothing, as a value cannot be negative."""
    return np.maximum(outcome(frame, LABEL), 0.0)


def conformal_pad(below: Floats, above: Floats, level: float) -> float:
    """Return by how much an interval has to be widened at both ends to hold its level.

    Parameters
    ----------
    below, above
        How far each outcome, unseen by the fit, lies under the low end and over the high end;
        negative inside. (Conformalized quantile regression: the same shift at both ends; Romano,
        Patterson and Candes 2019.)
    """
    score = np.maximum(below, above)
    corrected = min(1.0, level * (1 + 1 / len(score)))
    return float(np.quantile(score, corrected, method="higher"))
