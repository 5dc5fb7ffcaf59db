"""Whether what was predicted is what happened: test rows in bins of about the same prediction."""

from collections.abc import Sequence

import numpy as np

from models_registry.meta import Kind
from training.cards.card import Bin
from training.cards.groups import parts_of_people
from training.config import Requirement
from training.evaluate import Answers, Evaluation, Mask
from training.metrics import CALIBRATION_BINS, Floats

_TWO_SIDED = 1.96  # standard deviations that hold 95 of 100 normal values

SPEAKS: dict[Kind, tuple[str, str]] = {
    "probability": ("ece", "a calibration error (ece)"),
    "amount": ("total_ratio", "a predicted total over the true one (total_ratio)"),
    "days": ("coverage", "a share of outcomes inside the interval (coverage)"),
}
"""The metric of the gate that speaks of calibration, and its name in words."""


def bins(
    kind: Kind, evaluation: Evaluation, gate: Sequence[Requirement]
) -> tuple[tuple[Bin, ...], str]:
    """Return the bins, lowest prediction first, and in words what the gate allows on the whole.

    Means are compared; for days, whose prediction is a median, medians.
    """
    answers = evaluation.answers
    if answers is None:
        return (), ""
    said = answers.said[evaluation.model]
    low, high = _allowed(kind, gate)
    place = parts_of_people(said, answers.who, CALIBRATION_BINS)
    found = tuple(
        _bin(kind, answers, said, place == part, low, high) for part in range(place.max() + 1)
    )
    asked = (("at least", low), ("at most", high))
    bounds = [f"{side} {value:g}" for side, value in asked if np.isfinite(value)]
    return found, f"{SPEAKS[kind][1]} of {' and '.join(bounds)}" if bounds else ""


def _allowed(kind: Kind, gate: Sequence[Requirement]) -> tuple[float, float]:
    metric, _ = SPEAKS[kind]
    asked = [one for one in gate if one.metric == metric]
    low = max((one.at_least for one in asked if one.at_least is not None), default=-np.inf)
    high = min((one.at_most for one in asked if one.at_most is not None), default=np.inf)
    return low, high


def _bin(kind: Kind, answers: Answers, said: Floats, here: Mask, low: float, high: float) -> Bin:
    centre = np.median if kind == "days" else np.mean
    outcome = answers.outcome[here]
    predicted, happened = float(centre(said[here])), float(centre(outcome))
    covered = _covered(answers, here)
    judged = {
        "probability": abs(predicted - happened),
        "amount": predicted / happened if happened > 0 else np.inf,
        "days": np.nan if covered is None else covered,
    }[kind]
    return Bin(
        rows=int(here.sum()),
        predicted=predicted,
        happened=happened,
        chance=None if kind == "days" else _chance(kind, said[here], outcome),
        covered=covered,
        off=bool(judged < low or judged > high),
    )


def _chance(kind: Kind, said: Floats, outcome: Floats) -> float:
    """Return how far a mean of these rows strays, were the predictions right."""
    variance = np.mean(said * (1 - said)) if kind == "probability" else np.var(outcome)
    return float(_TWO_SIDED * np.sqrt(variance / len(outcome)))


def _covered(answers: Answers, here: Mask) -> float | None:
    if answers.low is None or answers.high is None:
        return None
    outcome = answers.outcome[here]
    return float(np.mean((outcome >= answers.low[here]) & (outcome <= answers.high[here])))


def too_far_for_chance(one: Bin) -> bool:
    """Return whether a bin is further off than chance explains."""
    return one.chance is None or abs(one.predicted - one.happened) > one.chance
