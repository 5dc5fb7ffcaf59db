"""How many labels each model would have: rows and outcomes of train, valid and test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import pandas as pd

from models_registry.columns import Floats
from training.config import ChurnConfig, ClvConfig, LeadConfig, ModelConfig, NextPurchaseConfig
from training.data_check.finding import Finding, Level, Topic, counted, percent
from training.data_check.policy import DataCheckPolicy
from training.dataset import Dataset
from training.pipelines import churn, clv, lead_score, next_purchase
from training.pipelines.base import conditions, inside, outcome

PARTS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class PartLabels:
    """The labels of one model in one part of its data set.

    Attributes
    ----------
    rows
        Inside the model's population.
    positives
        Those of them where `outcome_words` came true.
    """

    model: str
    part: str
    rows: int
    positives: int

    @property
    def share(self) -> float:
        """Share of positives; 0 where there are no rows."""
        return self.positives / self.rows if self.rows else 0.0

    @property
    def rarer(self) -> int:
        """Rows of the outcome that is seen less."""
        return min(self.positives, self.rows - self.positives)


def population(config: ModelConfig, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows a model learns from or is measured on."""
    return inside(rows, conditions(config.population))


def happened(config: ModelConfig, rows: pd.DataFrame) -> Floats:
    """Return the outcome of each row as 0.0 or 1.0, for days and money whether there are any."""
    match config:
        case ChurnConfig():
            return outcome(rows, churn.LABEL)
        case NextPurchaseConfig():
            bought = outcome(rows, next_purchase.LABEL) < config.windows.horizon_days
            return bought.astype("float64")
        case ClvConfig():
            return (outcome(rows, clv.LABEL) > 0).astype("float64")
        case LeadConfig():
            return outcome(rows, lead_score.LABEL)
        case _:
            assert_never(config)


def outcome_words(config: ModelConfig) -> str:
    """Say what an outcome of 1 means."""
    match config:
        case ChurnConfig():
            return f"bought nothing within {config.windows.horizon_days} days"
        case NextPurchaseConfig():
            return f"bought within {config.windows.horizon_days} days"
        case ClvConfig():
            return f"spent money within {config.windows.horizon_days} days"
        case LeadConfig():
            return "converted"
        case _:
            assert_never(config)


def labels_of(config: ModelConfig, dataset: Dataset) -> tuple[PartLabels, ...]:
    """Count the labels of a model, part by part."""
    rows = {part: population(config, getattr(dataset, part)) for part in PARTS}
    return tuple(
        PartLabels(config.model, part, len(some), int(happened(config, some).sum()))
        for part, some in rows.items()
    )


def judged(labels: Sequence[PartLabels], words: str, policy: DataCheckPolicy) -> Finding:
    """Say whether the parts of one model hold enough of both outcomes.

    Parameters
    ----------
    labels
        Of one model.
    words
        `outcome_words` of it.
    """
    model = labels[0].model
    where = "; ".join(
        f"{each.part} {counted(each.rows, 'row')}, {each.positives:,} ({percent(each.share)})"
        for each in labels
    )
    fewest = min(labels, key=lambda each: each.rarer)
    said = f"{fewest.rarer:,} of {counted(fewest.rows, 'row')} of {fewest.part}"
    if fewest.rarer == 0:
        alike = f"sees one outcome only ({words} or not) in {counted(fewest.rows, 'row')}"
        return Finding(
            Topic.LABELS,
            Level.PROBLEM,
            f"{model} {alike if fewest.rows else 'has no rows'} in {fewest.part}",
            where,
            "Import more customers or a longer history; see that no orders are missing.",
        )
    if fewest.rarer < policy.least_of_each:
        return Finding(
            Topic.LABELS,
            Level.WARNING,
            f"{model} has few of one outcome ({words} or not): {said}",
            where,
            f"Below {policy.least_of_each} what is measured moves by chance; import more.",
        )
    return Finding(Topic.LABELS, Level.OK, f"{model} has enough labels ({words})", where)
