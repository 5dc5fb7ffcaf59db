"""Two models on the same rows: what the newer one gains on the whole, and loses in a slice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models_registry.meta import Kind
from training.cards.card import Estimate
from training.cards.intervals import RESAMPLING, Draws, Resampling, draws, spread
from training.config import Requirement
from training.evaluate import Evaluation
from training.gate import Verdict
from training.metrics import BETTER, Floats, right_values

SLICE_ERRORS = ("brier", "mae", "pinball")
"""What a slice is judged by: the first of these it was measured with; all are means over rows."""

Answer = tuple[bool, str]


@dataclass(frozen=True)
class Duel:
    """Two models on the same rows.

    Attributes
    ----------
    champion
        How it is called in sentences.
    level
        Share of outcomes the challenger's interval should hold; None without an interval.
    """

    ours: Evaluation
    theirs: Evaluation
    kind: Kind
    champion: str = "the champion"
    level: float | None = None


def compare(
    duel: Duel,
    requirements: Sequence[Requirement],
    slice_margin: float,
    how: Resampling = RESAMPLING,
) -> Verdict:
    """Hold the challenger against the champion: each metric of the gate, then each slice."""
    drawn = tuple(_drawn(duel, each, how) for each in (duel.ours, duel.theirs))
    answers = [
        *(_on_metric(duel, asked, drawn, how) for asked in requirements if _compares(asked, duel)),
        *_on_slices(duel, slice_margin),
    ]
    reasons = tuple(f"{'passed' if passed else 'failed'}: {said}" for passed, said in answers)
    return Verdict(all(passed for passed, _ in answers), reasons)


def _on_metric(
    duel: Duel, asked: Requirement, drawn: Sequence[tuple[Draws, float]], how: Resampling
) -> Answer:
    metric = asked.metric
    mine, other = duel.ours.metrics.get(metric), duel.theirs.metrics.get(metric)
    if mine is None:
        return False, f"{metric} was not measured"
    if other is None:
        return True, f"{metric} was not measured of {duel.champion}"
    share = abs(other) if asked.as_share else 1.0
    needed = asked.beats_champion_by * share
    merit = _merit(duel, metric)
    gained = float(merit(mine) - merit(other))
    around = spread(gained, _paired(duel, metric, drawn), drawn[0][1], how.level)
    return gained >= needed, (
        f"{metric} {mine:.4f} against {other:.4f} of {duel.champion}: "
        f"better by {gained:.4f}{_interval(around, how.level)}, {_least(needed)}"
    )


def _paired(duel: Duel, metric: str, drawn: Sequence[tuple[Draws, float]]) -> Floats | None:
    """Return what the challenger gains on each draw of the same persons for both."""
    (ours, _), (theirs, _) = drawn
    of_ours = ours.get(duel.ours.model, {}).get(metric)
    of_theirs = theirs.get(duel.theirs.model, {}).get(metric)
    if of_ours is None or of_theirs is None:
        return None
    merit = _merit(duel, metric)
    return np.asarray(merit(of_ours) - merit(of_theirs), np.float64)


def _on_slices(duel: Duel, margin: float) -> Iterator[Answer]:
    """Answer once for every slice that lost too much, and once for all others together."""
    kept, judged = 0, list(_slice_errors(duel))
    for name, metric, mine, other in judged:
        worse, allowed = mine - other, margin * abs(other)
        kept += worse <= allowed
        if not worse <= allowed:
            said = f"{metric} {mine:.4f} against {other:.4f} of {duel.champion} in the slice {name}"
            yield False, f"{said}: worse by {worse:.4f}, at most {allowed:.4f} allowed"
    if kept:
        said = f"{kept} of {len(judged)} slices are not worse than with {duel.champion}"
        yield True, f"{said} by more than {margin:.0%} of its error"


def _slice_errors(duel: Duel) -> Iterator[tuple[str, str, float, float]]:
    """Yield slice, metric, and its value for challenger and champion."""
    for name, mine in duel.ours.slices.items():
        other = duel.theirs.slices.get(name, {})
        metric = next((each for each in SLICE_ERRORS if each in mine and each in other), None)
        if metric is not None:
            yield name, metric, mine[metric], other[metric]


def _compares(asked: Requirement, duel: Duel) -> bool:
    return asked.metric in BETTER or asked.metric in right_values(duel.level)


def _drawn(duel: Duel, evaluation: Evaluation, how: Resampling) -> tuple[Draws, float]:
    return draws(replace(evaluation, baselines={}), duel.kind, duel.level, how)


def _merit(duel: Duel, metric: str) -> Callable[[Floats | float], Floats | float]:
    """Return a function of a metric's value that is higher when better."""
    if metric in BETTER:
        sign = 1.0 if BETTER[metric] == "higher" else -1.0
        return lambda value: sign * value
    right = right_values(duel.level)[metric]
    return lambda value: -np.abs(value - right)


def _interval(around: Estimate, level: float) -> str:
    if around.low is None or around.high is None:
        return ""
    return f" ({level:.0%} interval {around.low:.4f} to {around.high:.4f})"


def _least(needed: float) -> str:
    return f"at least {needed:.4f} asked" if needed >= 0 else f"at most {-needed:.4f} may be lost"
