"""Churn: the probability that a customer buys nothing within the horizon."""

from dataclasses import replace

import pandas as pd

from features.clock import now
from models_registry.bundle import Bundle
from models_registry.calibration import Curve
from models_registry.columns import matrix
from models_registry.meta import Meta
from training.boosting import Learner
from training.config import ChurnConfig
from training.dataset import Dataset
from training.evaluate import Answers, Evaluation, Mask, Measures, slices
from training.metrics import probability_metrics, share_metrics
from training.pipelines.base import OfCustomers, conditions, inside, outcome, quantiles, typical
from training.probability import Rows, fit_probability
from training.rules import fit_curve

LABEL = "churned"


class Churn(OfCustomers[ChurnConfig]):
    """The pipeline of one churn horizon."""

    def fit(self, dataset: Dataset) -> Bundle:
        """Fit a calibrated probability and describe it."""
        config, features = self.config, dataset.features
        population = conditions(config.population)
        train, valid = inside(dataset.train, population), inside(dataset.valid, population)
        known = inside(dataset.known, population)
        learner = Learner(config.boosting, {"objective": "binary"}, features)
        booster, sigmoid = fit_probability(
            learner,
            _rows(train, features),
            _rows(valid, features),
            _rows(known, features),
            config.folds,
        )
        meta = Meta(
            model=config.model,
            kind="probability",
            feature_service=config.service,
            features=features,
            trained_at=now(),
            trained_as_of=dataset.trained_as_of,
            data_fingerprint=dataset.lineage.get("fingerprint", ""),
            typical=typical(known, features, {}),
            horizon_days=config.windows.horizon_days,
            calibration=sigmoid,
            baseline=self._rule(dataset, config.rules[0]),
            population=population,
            bands=tuple((band.name, band.low) for band in config.bands),
            link="logit",
        )
        bundle = Bundle(meta, {"main": booster})
        values = bundle.predict(valid)["value"].to_numpy()
        return replace(bundle, meta=replace(meta, reference=quantiles(values)))

    def evaluate(self, bundle: Bundle, dataset: Dataset) -> Evaluation:
        """Return the model beside one rule per feature of `rules`."""
        test = inside(dataset.test, bundle.meta.population)
        happened = outcome(test, LABEL)
        value = bundle.predict(test)["value"].to_numpy()
        rules = {feature: self._rule(dataset, feature)(test) for feature in self.config.rules}

        def measure(rows: Mask) -> Measures:
            return share_metrics(happened[rows], value[rows])

        return Evaluation(
            model=self.name,
            rows=len(test),
            metrics=probability_metrics(happened, value),
            baselines={name: probability_metrics(happened, said) for name, said in rules.items()},
            slices=slices(test, self.config.slices, measure),
            answers=Answers(test["customer_id"], happened, {self.name: value, **rules}),
        )

    def _rule(self, dataset: Dataset, feature: str) -> Curve:
        """Fit on everybody known: the rule also answers for those outside the population."""
        return fit_curve(dataset.known, feature, outcome(dataset.known, LABEL))


def _rows(frame: pd.DataFrame, features: tuple[str, ...]) -> Rows:
    return Rows(matrix(frame, features, {}), outcome(frame, LABEL), frame["customer_id"])
