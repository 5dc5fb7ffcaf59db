"""Churn: the probability that a customer buys nothing within the horizon."""

import pandas as pd

from features.clock import now
from models_registry.bundle import Bundle
from models_registry.calibration import Curve
from models_registry.columns import Floats
from models_registry.meta import Kind, Meta, Survival
from training.config import ChurnConfig
from training.dataset import Dataset
from training.evaluate import Answers, Evaluation, Mask, Measures, slices
from training.feature_groups import feature_groups
from training.metrics import probability_metrics, share_metrics
from training.pipelines.base import conditions, inside, outcome, typical
from training.pipelines.timing import OfTiming
from training.rules import fit_curve

LABEL = "churned"


class Churn(OfTiming[ChurnConfig]):
    """The pipeline of one churn horizon."""

    def fit(self, dataset: Dataset) -> Bundle:
        """Fit the curve of silence and read it at the horizon."""
        config, features = self.config, dataset.features
        curve = self.fit_curve(dataset)
        known = inside(dataset.known, conditions(config.population))
        meta = Meta(
            model=config.model,
            kind=self.kind,
            feature_service=config.service,
            features=features,
            trained_at=now(),
            trained_as_of=dataset.trained_as_of,
            data_fingerprint=dataset.lineage.get("fingerprint", ""),
            typical=typical(known, features, {}),
            horizon_days=config.windows.horizon_days,
            calibration=curve.sigmoid,
            survival=Survival(
                at_days=config.windows.horizon_days,
                grid_days=config.survival.grid_days,
                quantiles=curve.quantiles,
            ),
            baseline=self.rule(dataset),
            population=conditions(config.population),
            bands=tuple((band.name, band.low) for band in config.bands),
            link="logit",
            groups=feature_groups(known, features),
        )
        return self.with_reference(Bundle(meta, {"main": curve.booster}), dataset)

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return "probability"

    def happened(self, frame: pd.DataFrame) -> Floats:
        """Return what a value is held against, shape (n,)."""
        return outcome(frame, LABEL)

    def rule(self, dataset: Dataset) -> Curve:
        """Return the rule of one feature that answers for those the model does not judge."""
        return self._rule(dataset, self.config.rules[0])

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
