"""The metrics of `training.metrics` with a weight a row, prepared once and asked many times.

Resampling asks for every metric hundreds of times. Whatever does not depend on the weights
(sorting, losses, ties) is done when a measure is prepared; a question is then a few sums.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models_registry.meta import Kind
from training.evaluate import Answers, Measures
from training.metrics import CALIBRATION_BINS, LIFT_SHARE, Floats, equal_parts

Weighed = Callable[[Floats], Measures]
"""Weights, shape (n,), none negative -> metrics; with all weights 1 the plain metrics."""

_TINY = float(np.finfo(np.float64).eps)  # scikit-learn's clip of a probability under a logarithm


def prepared(kind: Kind, answers: Answers, name: str, level: float | None = None) -> Weighed:
    """Return the measure of what the model, or the baseline, called `name` said.

    Parameters
    ----------
    level
        Share of outcomes that the interval of `answers` should hold; given for the model alone.
    """
    rowwise = dict(answers.rowwise.get(name, {}))
    if level is not None:
        rowwise |= interval(answers, level)
    measures: list[Weighed] = []
    if name in answers.said:
        said = answers.said[name]
        if kind == "probability":
            measures.append(probability(answers.outcome, said))
        elif kind == "amount":
            measures.append(amount(answers.outcome, said))
        else:
            rowwise["mae"] = np.abs(said - answers.outcome)
    measures.append(averages(rowwise))
    return lambda weight: {k: v for measure in measures for k, v in measure(weight).items()}


def probability(happened: Floats, said: Floats) -> Weighed:
    """Prepare what `probability_metrics` measures; bins of the ECE are those of the rows given."""
    up = np.argsort(said, kind="stable")
    groups = np.flatnonzero(np.diff(said[up], prepend=-np.inf))
    down = np.argsort(-said, kind="stable")
    place = equal_parts(said, CALIBRATION_BINS)
    clipped = np.clip(said, _TINY, 1 - _TINY)
    losses = averages(
        {
            "brier": (said - happened) ** 2,
            "log_loss": -np.log(np.where(happened > 0, clipped, 1 - clipped)),
        }
    )

    def measure(weight: Floats) -> Measures:
        hit = np.add.reduceat((weight * happened)[up], groups)
        miss = np.add.reduceat((weight * (1 - happened))[up], groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = np.bincount(place, weight * (said - happened))
            return {
                "auc": _auc(hit, miss),
                "average_precision": _average_precision(hit[::-1], miss[::-1]),
                **losses(weight),
                "ece": float(np.abs(gap).sum() / weight.sum()),
                "lift_top_decile": _lift(happened[down], weight[down]),
            }

    return measure


def amount(spent: Floats, said: Floats) -> Weighed:
    """Prepare what `amount_metrics` measures."""
    true, found = (np.unique(x, return_inverse=True)[1] for x in (spent, said))
    error = np.abs(said - spent)

    def measure(weight: Floats) -> Measures:
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                "mae": float(weight @ error / weight.sum()),
                "spearman": _correlation(_ranks(true, weight), _ranks(found, weight), weight),
                "total_ratio": float(weight @ said / (weight @ spent)),
            }

    return measure


def interval(answers: Answers, level: float) -> dict[str, Floats]:
    """Return, row by row, what `interval_metrics` averages; empty without an interval."""
    low, high, days = answers.low, answers.high, answers.outcome
    if low is None or high is None:
        return {}
    tail = (1 - level) / 2
    return {
        "coverage": ((days >= low) & (days <= high)).astype(np.float64),
        "width": high - low,
        "pinball": (_pinball(days - low, tail) + _pinball(days - high, 1 - tail)) / 2,
    }


def averages(rowwise: dict[str, Floats]) -> Weighed:
    """Prepare weighted means; a row with NaN does not count."""
    counted = {name: ~np.isnan(values) for name, values in rowwise.items()}
    filled = {name: np.where(counted[name], values, 0.0) for name, values in rowwise.items()}

    def measure(weight: Floats) -> Measures:
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                name: float((weight @ values) / np.float64(weight @ counted[name]))
                for name, values in filled.items()
            }

    return measure


def _auc(hit: Floats, miss: Floats) -> float:
    """Return the chance that a hit lies above a miss; groups ascend, those in one group tie."""
    below = np.cumsum(miss) - miss / 2
    return float(hit @ below / (hit.sum() * miss.sum()))


def _average_precision(hit: Floats, miss: Floats) -> float:
    """Return the mean precision over hits; groups descend."""
    hits = np.cumsum(hit)
    taken = hits + np.cumsum(miss)
    precision = np.divide(hits, taken, out=np.zeros_like(hits), where=taken > 0)
    return float(hit @ precision / hit.sum())


def _lift(happened: Floats, weight: Floats) -> float:
    wanted = max(1.0, float(np.round(LIFT_SHARE * weight.sum())))
    top = np.clip(wanted - (np.cumsum(weight) - weight), 0.0, weight)
    return float((top @ happened / wanted) / (weight @ happened / weight.sum()))


def _ranks(codes: NDArray[np.intp], weight: Floats) -> Floats:
    """Return the mean rank of each row among rows repeated by their weight."""
    of_value = np.bincount(codes, weight)
    middle: Floats = np.cumsum(of_value) - of_value / 2
    return middle[codes]


def _correlation(a: Floats, b: Floats, weight: Floats) -> float:
    a, b = a - np.average(a, weights=weight), b - np.average(b, weights=weight)
    spread = float(np.sqrt((weight @ a**2) * (weight @ b**2)))
    return float(weight @ (a * b)) / spread if spread > 0 else 0.0


def _pinball(over: Floats, alpha: float) -> Floats:
    return np.maximum(alpha * over, (alpha - 1) * over)
