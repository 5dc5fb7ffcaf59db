"""The floor of the ladder: a bundle that answers everybody by one rule of one feature."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from features.clock import now
from models_registry.bundle import Bundle
from models_registry.calibration import Levels
from models_registry.meta import Kind, Meta
from models_registry.rungs import Shortage
from training.config import LeadConfig, ModelConfig
from training.dataset import Dataset
from training.evaluate import Answers, Evaluation
from training.metrics import Floats, amount_metrics, days_metrics, probability_metrics
from training.pipelines.base import Pipeline, conditions, inside, quantiles, typical, whose
from training.proof import measurable

METRICS: dict[Kind, Callable[[Floats, Floats], dict[str, float]]] = {
    "probability": probability_metrics,
    "days": days_metrics,
    "amount": amount_metrics,
}


def rule_bundle(
    pipeline: Pipeline, config: ModelConfig, dataset: Dataset, shortage: Shortage
) -> Bundle:
    """Fit the rule on all that `dataset` knows; its population is kept for the record."""
    rule, known = pipeline.rule(dataset), dataset.known
    levels = {rule.feature: tuple(sorted(rule.values))} if isinstance(rule, Levels) else {}
    meta = Meta(
        model=config.model,
        kind=pipeline.kind,
        feature_service=config.service,
        features=(rule.feature,),
        levels=levels,
        trained_at=now(),
        trained_as_of=dataset.trained_as_of,
        data_fingerprint=dataset.lineage.get("fingerprint", ""),
        typical=typical(known, (rule.feature,), levels),
        horizon_days=None if isinstance(config, LeadConfig) else config.windows.horizon_days,
        baseline=rule,
        population=conditions(config.population),
        bands=tuple((band.name, band.low) for band in config.bands),
        rung="rule",
        shortage=shortage,
    )
    bundle = Bundle(meta, {})
    values = bundle.predict(known)["value"].to_numpy()
    return replace(bundle, meta=replace(meta, reference=quantiles(values)))


def rule_evaluation(bundle: Bundle, pipeline: Pipeline, test: pd.DataFrame) -> Evaluation:
    """Measure the rule on rows of the model's population; nothing where there are none."""
    rows = inside(test, bundle.meta.population)
    happened, kind = pipeline.happened(rows), pipeline.kind
    if not measurable(happened, kind):
        return Evaluation(pipeline.name, rows=0, metrics={}, baselines={})
    value = bundle.predict(rows)["value"].to_numpy()
    return Evaluation(
        model=pipeline.name,
        rows=len(rows),
        metrics=METRICS[kind](happened, value),
        baselines={},
        answers=Answers(whose(rows), happened, {pipeline.name: value}),
    )


def everything(dataset: Dataset) -> Dataset:
    """Return the data set with its test among the rows to learn from: a rule has no choice left."""
    known = pd.concat([dataset.valid, dataset.test], ignore_index=True)
    return replace(dataset, valid=known, test=dataset.test.iloc[:0])
