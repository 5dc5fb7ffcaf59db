"""Customer value: the money a customer spends within the horizon."""

from dataclasses import replace

import numpy as np
import pandas as pd

from features.clock import now
from models_registry.bundle import Bundle
from models_registry.calibration import Curve
from models_registry.columns import Floats, matrix
from models_registry.meta import Meta
from training.boosting import Learner, trees
from training.config import ClvConfig
from training.dataset import Dataset
from training.evaluate import Answers, Evaluation, Mask, Measures, slices
from training.metrics import amount_metrics
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
        meta = Meta(
            model=config.model,
            kind="amount",
            feature_service=config.service,
            features=features,
            trained_at=now(),
            trained_as_of=dataset.trained_as_of,
            data_fingerprint=dataset.lineage.get("fingerprint", ""),
            typical=typical(everyone, features, {}),
            horizon_days=config.windows.horizon_days,
            baseline=self._rule(dataset, config.rules[0]),
            population=population,
            link="log",
        )
        bundle = Bundle(meta, {"main": booster})
        values = bundle.predict(valid)["value"].to_numpy()
        return replace(bundle, meta=replace(meta, reference=quantiles(values)))

    def evaluate(self, bundle: Bundle, dataset: Dataset) -> Evaluation:
        """Return the model beside the rules, the spend so far as it is, and the average."""
        test = inside(dataset.test, bundle.meta.population)
        known = inside(dataset.known, bundle.meta.population)
        spent = _spent(test)
        value = bundle.predict(test)["value"].to_numpy()
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
            metrics=amount_metrics(spent, value),
            baselines={name: amount_metrics(spent, rule) for name, rule in said.items()},
            slices=slices(test, self.config.slices, measure),
            answers=Answers(test["customer_id"], spent, {self.name: value, **said}),
        )

    def _rule(self, dataset: Dataset, feature: str) -> Curve:
        return fit_curve(dataset.known, feature, _spent(dataset.known))

    def _spend_so_far(self, frame: pd.DataFrame) -> Floats | None:
        column = f"spend_{self.config.windows.horizon_days}d"
        return outcome(frame, column) if column in frame else None


def _spent(frame: pd.DataFrame) -> Floats:
    """Net spend; more returned than bought counts as nothing, as a value cannot be negative."""
    return np.maximum(outcome(frame, LABEL), 0.0)
