"""Whether a fitted model is surely not worse than the rule that would answer without it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models_registry.bundle import Bundle
from models_registry.columns import Floats
from models_registry.meta import Kind
from training.cards.card import Estimate
from training.cards.intervals import Resampling, draws, spread
from training.evaluate import Answers, Evaluation
from training.gate import Verdict
from training.pipelines.base import Pipeline, inside, whose

LOSS: dict[Kind, str] = {"probability": "log_loss", "days": "mae", "amount": "mae"}
"""The loss that decides."""

SURE = 0.01
"""No probability counts as nearer to certain than this: one row must not decide."""

MODEL, RULE = "model", "rule"


@dataclass(frozen=True)
class Gain:
    """By how much the loss of the model is below the rule's, with the interval of persons."""

    metric: str
    model: float
    rule: float
    around: Estimate
    level: float

    def verdict(self) -> Verdict:
        """Return whether the interval lies wholly on the better side: a tie is the rule's."""
        low, high = self.around.low, self.around.high
        if low is None or high is None:
            return Verdict(False, (f"failed: {self.metric} cannot be compared with the rule's",))
        passed = low > 0
        return Verdict(
            passed,
            (
                f"{'passed' if passed else 'failed'}: {self.metric} {self.model:.4f} against "
                f"{self.rule:.4f} of the rule that would answer without it: better by "
                f"{self.rule - self.model:.4f} ({self.level:.0%} interval {low:.4f} to "
                f"{high:.4f}), above 0 asked",
            ),
        )


def measurable(happened: Floats, kind: Kind) -> bool:
    """Return whether anything can be measured on these rows: of a probability both outcomes."""
    return len(np.unique(happened)) >= (2 if kind == "probability" else 1)


def proof(bundle: Bundle, pipeline: Pipeline, test: pd.DataFrame, level: float) -> Gain:
    """Compare a bundle with its own baseline on rows of its population that it never saw."""
    rows = inside(test, bundle.meta.population)
    said = bundle.predict(rows)
    by_model, by_rule = said["value"].to_numpy(), said["baseline"].to_numpy()
    return gain(whose(rows), pipeline.happened(rows), by_model, by_rule, pipeline.kind, level)


def gain(
    who: "pd.Series[str]",
    happened: Floats,
    by_model: Floats,
    by_rule: Floats,
    kind: Kind,
    level: float,
) -> Gain:
    """Compare two answers to the same n rows; persons are drawn, and both meet the same draw."""
    metric = LOSS[kind]
    how = replace(Resampling(), level=level)
    if kind == "probability":
        by_model, by_rule = (np.clip(said, SURE, 1 - SURE) for said in (by_model, by_rule))
    answers = Answers(who, happened, {MODEL: by_model, RULE: by_rule})
    asked = Evaluation(MODEL, len(who), {}, {RULE: {}}, answers=answers)
    drawn, scale = draws(asked, kind, None, how)
    losses = {name: _loss(metric, answers.outcome, said) for name, said in answers.said.items()}
    paired = drawn[RULE][metric] - drawn[MODEL][metric]
    around = spread(losses[RULE] - losses[MODEL], paired, scale, how.level)
    return Gain(metric, losses[MODEL], losses[RULE], around, level)


def _loss(metric: str, happened: Floats, said: Floats) -> float:
    if metric == "log_loss":
        return float(-np.mean(np.log(np.where(happened > 0, said, 1 - said))))
    return float(np.mean(np.abs(said - happened)))
