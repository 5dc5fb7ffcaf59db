"""Lead score: the probability that a lead converts before it expires."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd

from features.clock import now
from features.lake.lake import Lake
from models_registry.bundle import Bundle
from models_registry.calibration import Levels
from models_registry.columns import Floats, matrix
from models_registry.meta import Kind, Meta
from training.boosting import Learner
from training.config import LeadConfig
from training.dataset import Context, Dataset
from training.evaluate import Answers, Evaluation, slices
from training.feature_groups import feature_groups
from training.lead_dataset import lead_cutoffs, lead_dataset, settled_leads
from training.metrics import probability_metrics, share_metrics
from training.pipelines.base import outcome, quantiles, typical, whose
from training.probability import Rows, fit_probability
from training.rules import fit_curve, fit_levels

LABEL = "converted"


@dataclass(frozen=True)
class LeadScore:
    """The pipeline of lead scores, for known customers and for strangers."""

    config: LeadConfig

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.config.model

    @property
    def service(self) -> str:
        """Feature service it reads."""
        return self.config.service

    def moments(self, lake: Lake, today: datetime) -> dict[str, Sequence[datetime]]:
        """Return the moments whose features `prepare` will ask for, by feature service."""
        config = self.config
        found = lead_cutoffs(lake, today, config.split, config.scoring_ages_days)
        return {config.service: found} if found else {}

    def prepare(self, ctx: Context) -> Dataset:
        """Return every settled lead with what was known at its capture."""
        return lead_dataset(ctx, self.config, self.config.scoring_ages_days)

    def settled(self, ctx: Context) -> Dataset:
        """Return every settled lead, all in `train`: too few for any other part."""
        return settled_leads(ctx, self.config, self.config.scoring_ages_days)

    def fit(self, dataset: Dataset) -> Bundle:
        """Fit a calibrated probability and describe it."""
        config, train, valid, known = self.config, dataset.train, dataset.valid, dataset.known
        levels = {name: self._levels(known, name) for name in dataset.texts}
        levels = {name: values for name, values in levels.items() if len(values) > 1}
        features = (*dataset.features, *levels)
        learner = Learner(config.boosting, {"objective": "binary"}, features, tuple(levels))
        booster, sigmoid = fit_probability(
            learner,
            _rows(train, features, levels),
            _rows(valid, features, levels),
            _rows(known, features, levels),
            config.folds,
        )
        meta = Meta(
            model=config.model,
            kind=self.kind,
            feature_service=config.service,
            features=features,
            levels=levels,
            trained_at=now(),
            trained_as_of=dataset.trained_as_of,
            data_fingerprint=dataset.lineage.get("fingerprint", ""),
            typical=typical(known, features, levels),
            calibration=sigmoid,
            baseline=self.rule(dataset),
            bands=tuple((band.name, band.low) for band in config.bands),
            link="logit",
            groups=feature_groups(known, dataset.features),
        )
        bundle = Bundle(meta, {"main": booster})
        return replace(
            bundle,
            meta=replace(meta, reference=quantiles(bundle.predict(valid)["value"].to_numpy())),
        )

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return "probability"

    def happened(self, frame: pd.DataFrame) -> Floats:
        """Return what a value is held against, shape (n,)."""
        return outcome(frame, LABEL)

    def rule(self, dataset: Dataset) -> Levels:
        """Return the rule of one feature that answers for those the model does not judge."""
        return self._averages(dataset)[0]

    def evaluate(self, bundle: Bundle, dataset: Dataset) -> Evaluation:
        """Return the model beside source averages and one-feature rules."""
        test, known = dataset.test, dataset.known
        happened, settled = outcome(test, LABEL), outcome(known, LABEL)
        said = {f"average by {rule.feature}": rule(test) for rule in self._averages(dataset)}
        for feature in self.config.rules:
            if feature in dataset.features:
                said[feature] = fit_curve(known, feature, settled)(test)
        value = bundle.predict(test)["value"].to_numpy()
        return Evaluation(
            model=self.name,
            rows=len(test),
            metrics=probability_metrics(happened, value),
            baselines={name: probability_metrics(happened, rule) for name, rule in said.items()},
            slices=slices(
                test,
                self.config.slices,
                lambda rows: share_metrics(happened[rows], value[rows]),
            ),
            answers=Answers(whose(test), happened, {self.name: value, **said}),
        )

    def _levels(self, known: pd.DataFrame, name: str) -> tuple[str, ...]:
        counts = known[name].value_counts()
        return tuple(sorted(counts[counts >= self.config.split.level_count].index))

    def _averages(self, dataset: Dataset) -> list[Levels]:
        """Return the averages that tell leads apart; without any, the first one that exists."""
        known, least = dataset.known, self.config.split.level_count
        names = [name for name in self.config.averages if name in known]
        rules = [fit_levels(known, name, outcome(known, LABEL), least) for name in names]
        return [rule for rule in rules if len(rule.values) > 1] or rules[:1]


def _rows(
    frame: pd.DataFrame, features: tuple[str, ...], levels: dict[str, tuple[str, ...]]
) -> Rows:
    return Rows(matrix(frame, features, levels), outcome(frame, LABEL), whose(frame))
