"""Which rung of the ladder a shop's data allow: the full model, the pooled one, or the rule.

Sizes decide first, on stated minima; what a fitted model proves against the rule decides after
that (`training.proof`). The minima count persons and not rows: the rows of one customer at weekly
cutoffs say almost the same.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd

from models_registry.columns import Floats
from models_registry.meta import Kind
from models_registry.rungs import Rung, Shortage
from training.config import Boosting, LeadConfig, ModelConfig, Windows
from training.dataset import Dataset

DOWN: tuple[Rung, ...] = ("full", "pooled", "rule")
"""From the top of the ladder to its floor."""


@dataclass(frozen=True)
class Ladder:
    """The minima.

    Attributes
    ----------
    persons_per_leaf
        Customers (or leads) inside the population for every leaf of a tree.
    outcomes_per_leaf
        Persons with the rarer outcome for every leaf: ten events for each free parameter
        (Peduzzi et al. 1996, doi:10.1016/S0895-4356(96)00236-3).
    warm_up_days
        History the cutoffs of lower rungs need behind them where the history is too short for
        the usual one.
    level
        Of the interval of the loss difference that must lie wholly on the better side.
    """

    persons_per_leaf: int = 25
    outcomes_per_leaf: int = 10
    warm_up_days: int = 28
    level: float = 0.8


LADDER = Ladder()


@dataclass(frozen=True)
class Facts:
    """What there is to learn from: persons inside the population, and the rarer outcome's."""

    unit: Literal["customers", "leads"]
    persons: int
    outcomes: int


@dataclass(frozen=True)
class Minimum:
    """What a rung asks of `Facts`."""

    persons: int
    outcomes: int

    def lacks(self, facts: Facts) -> Shortage | None:
        """Return what is missing; None where there is enough."""
        if facts.persons < self.persons:
            return Shortage(facts.unit, facts.persons, self.persons)
        if facts.outcomes < self.outcomes:
            return Shortage("outcomes", facts.outcomes, self.outcomes)
        return None


def minimum(config: ModelConfig, rung: Rung, ladder: Ladder = LADDER) -> Minimum:
    """Return what a rung asks for: in proportion to the leaves of its trees, for a rule nothing."""
    leaves = {"full": config.boosting.num_leaves, "pooled": config.pooled.num_leaves, "rule": 0}
    return Minimum(leaves[rung] * ladder.persons_per_leaf, leaves[rung] * ladder.outcomes_per_leaf)


def allowed(config: ModelConfig, facts: Facts, ladder: Ladder = LADDER) -> Rung:
    """Return the highest rung whose minimum is met."""
    return next(rung for rung in DOWN if minimum(config, rung, ladder).lacks(facts) is None)


def facts_of(rows: pd.DataFrame, who: "pd.Series[str]", outcome: Floats, kind: Kind) -> Facts:
    """Count the persons of some rows, and those with the rarer outcome.

    Parameters
    ----------
    rows, who, outcome
        Rows inside the population, whose they are, and what happened; n of each.
    kind
        A probability has a rarer outcome; of days and amounts every person tells one.
    """
    persons = who.nunique()
    unit: Literal["customers", "leads"] = "leads" if "lead_id" in rows else "customers"
    if kind != "probability":
        return Facts(unit, persons, persons)
    each = [who[outcome == value].nunique() for value in (0.0, 1.0)]
    return Facts(unit, persons, min(each))


def days_needed(windows: Windows) -> int:
    """Return the days of history with which a model can be fitted and tested, whatever the grid."""
    return windows.warm_up_days + 2 * windows.horizon_days + 3 * windows.step_days


def too_short(windows: Windows, first: datetime, today: datetime) -> Shortage:
    """Return that the history is shorter than the full model needs."""
    return Shortage("days", (today - first).days, days_needed(windows))


def on_short_history(config: ModelConfig, ladder: Ladder = LADDER) -> ModelConfig:
    """Return the configuration with cutoffs that need less history behind them."""
    if isinstance(config, LeadConfig):
        return config
    days = min(config.windows.warm_up_days, ladder.warm_up_days)
    windows = config.windows.model_copy(update={"warm_up_days": days})
    return config.model_copy(update={"windows": windows})


def shrunk(config: ModelConfig, rows: int) -> ModelConfig:
    """Return the configuration of the pooled rung for so many rows."""
    pooled = config.pooled
    boosting = Boosting(
        rounds=pooled.rounds,
        early_stopping=0,
        learning_rate=pooled.learning_rate,
        num_leaves=pooled.num_leaves,
        min_data_in_leaf=max(1, int(np.ceil(pooled.leaf_share * rows))),
        feature_fraction=1.0,
        lambda_l2=pooled.lambda_l2,
        seed=config.boosting.seed,
        num_threads=config.boosting.num_threads,
        monotone={**config.boosting.monotone, **pooled.monotone},
    )
    return config.model_copy(update={"boosting": boosting})


def narrowed(dataset: Dataset, config: ModelConfig) -> Dataset:
    """Return the data set with the inputs of the pooled rung alone."""
    kept = config.pooled.features
    return replace(
        dataset,
        features=tuple(name for name in dataset.features if name in kept),
        texts=tuple(name for name in dataset.texts if name in kept),
    )
