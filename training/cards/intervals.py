"""How sure a metric is: persons drawn again and again, everything measured on each draw."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_registry.meta import Kind
from training.cards.card import Better, Estimate, Measured, known
from training.cards.weighted import prepared
from training.evaluate import Answers, Evaluation, best_baseline
from training.metrics import BETTER, Floats

BOUNDS: dict[str, tuple[float, float]] = {
    "spearman": (-1.0, 1.0),
    **dict.fromkeys(("auc", "average_precision", "brier", "ece", "coverage"), (0.0, 1.0)),
    **dict.fromkeys(("recall_at_5", "ndcg_at_5"), (0.0, 1.0)),
}
"""What a metric can be; the others are not negative."""


@dataclass(frozen=True)
class Resampling:
    """How often and of how many.

    Attributes
    ----------
    rounds
        Draws of persons, with replacement.
    most_rows
        Draws are taken from at most about so many rows; the spread of more is smaller by the
        square root of the number of persons, which bounds the work at any size of shop.
    level
        Share of draws an interval holds.
    """

    rounds: int = 500
    most_rows: int = 10_000
    level: float = 0.95
    seed: int = 20170101


RESAMPLING = Resampling()

Draws = dict[str, dict[str, Floats]]
"""By who said it, then metric: one value a draw."""


def measured(
    evaluation: Evaluation, kind: Kind, target: Mapping[str, float], how: Resampling = RESAMPLING
) -> tuple[Measured, ...]:
    """Return every metric of the model with its interval, beside every baseline's.

    Parameters
    ----------
    target
        The right value of metrics that have one; `coverage` there is the level of the interval.
    """
    drawn, scale = draws(evaluation, kind, target.get("coverage"), how)

    def estimate(name: str, metric: str, value: float) -> Estimate:
        low, high = BOUNDS.get(metric, (0.0, np.inf))
        return spread(value, drawn.get(name, {}).get(metric), scale, how.level, low, high)

    return tuple(
        _with_gain(
            Measured(
                metric=metric,
                better=_better(metric),
                target=target.get(metric),
                model=estimate(evaluation.model, metric, value),
                baselines={
                    name: estimate(name, metric, of_rival[metric])
                    for name, of_rival in evaluation.baselines.items()
                    if metric in of_rival
                },
            ),
            evaluation,
            drawn,
            scale,
            how,
        )
        for metric, value in evaluation.metrics.items()
    )


def spread(
    value: float,
    draws: Floats | None,
    scale: float = 1.0,
    level: float = RESAMPLING.level,
    lowest: float = -np.inf,
    highest: float = np.inf,
) -> Estimate:
    """Lay the spread of `draws` around a measured value.

    Around the value and not where they fell: a metric like the ECE is larger on every draw than
    on the rows drawn from (a draw repeats their noise), which says nothing of its spread.

    Parameters
    ----------
    scale
        Factor of the spread, below 1 where the draws are of fewer persons than were measured.
    lowest, highest
        What the metric can be.
    """
    if draws is None or not np.isfinite(value) or not np.isfinite(draws).any():
        return Estimate(known(value))
    tail = (1 - level) / 2
    low, middle, high = np.quantile(draws[np.isfinite(draws)], [tail, 0.5, 1 - tail])
    around = value + scale * (np.array([low, high]) - middle)
    ends = np.clip(around, lowest, highest)
    return Estimate(float(value), float(ends[0]), float(ends[1]))


def draws(
    evaluation: Evaluation, kind: Kind, level: float | None, how: Resampling = RESAMPLING
) -> tuple[Draws, float]:
    """Measure the model and its baselines on draws of persons; nothing without the rows.

    The persons drawn depend on whose the rows are and on the seed: two evaluations of the same
    rows are drawn alike, so that their draws may be paired.

    Returns
    -------
    draws, scale
        What the spread of the draws has to be multiplied by, as in `spread`.
    """
    if evaluation.answers is None:
        return {}, 1.0
    answers, persons, scale = _taken(evaluation.answers, how)
    measures = {
        name: prepared(kind, answers, name, level if name == evaluation.model else None)
        for name in (evaluation.model, *evaluation.baselines)
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in measures}
    for weight in _weights(persons, how):
        for name, measure in measures.items():
            found[name].append(measure(weight))
    return {
        name: {metric: np.array([one[metric] for one in each]) for metric in each[0]}
        for name, each in found.items()
    }, scale


def _taken(answers: Answers, how: Resampling) -> tuple[Answers, NDArray[np.intp], float]:
    """Return rows of persons taken at random, the person of each row, and the spread's scale."""
    persons, people = pd.factorize(answers.who)
    rows_of = np.bincount(persons, minlength=len(people))
    order = np.random.default_rng(how.seed).permutation(len(people))
    taken = np.zeros(len(people), dtype=bool)
    taken[order[np.cumsum(rows_of[order]) <= max(how.most_rows, rows_of.max())]] = True
    rows = taken[persons]
    if rows.all():
        return answers, persons, 1.0
    kept = np.cumsum(taken) - 1
    return _rows(answers, rows), kept[persons[rows]], float(np.sqrt(taken.mean()))


def _rows(answers: Answers, rows: NDArray[np.bool_]) -> Answers:
    return replace(
        answers,
        who=answers.who[rows],
        outcome=answers.outcome[rows],
        said={name: values[rows] for name, values in answers.said.items()},
        low=None if answers.low is None else answers.low[rows],
        high=None if answers.high is None else answers.high[rows],
        rowwise={
            name: {metric: values[rows] for metric, values in each.items()}
            for name, each in answers.rowwise.items()
        },
    )


def _weights(persons: NDArray[np.intp], how: Resampling) -> Iterator[Floats]:
    """Yield, per draw, how often each row was drawn: as often as its person."""
    many = int(persons.max()) + 1
    rng = np.random.default_rng(how.seed)
    for _ in range(how.rounds):
        yield np.bincount(rng.integers(0, many, many), minlength=many)[persons].astype(np.float64)


def _with_gain(
    found: Measured, evaluation: Evaluation, draws: Draws, scale: float, how: Resampling
) -> Measured:
    rival = best_baseline(evaluation.baselines, found.metric)
    if rival is None:
        return found
    name, value = rival
    sign = 1.0 if found.better == "higher" else -1.0
    paired = None
    if found.metric in draws.get(evaluation.model, {}) and found.metric in draws.get(name, {}):
        paired = sign * (draws[evaluation.model][found.metric] - draws[name][found.metric])
    gained = sign * (evaluation.metrics[found.metric] - value)
    return replace(found, rival=name, gain=spread(gained, paired, scale, how.level))


def _better(metric: str) -> Better:
    return BETTER.get(metric, "near")
