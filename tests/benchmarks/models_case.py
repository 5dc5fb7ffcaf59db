"""One question put to several contestants on the same rows, and the table of the answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.benchmarks.models_bootstrap import (
    CUSTOMER,
    CUTOFF,
    OURS,
    Estimate,
    Estimates,
    Floats,
    Prepare,
    Resampling,
    estimates,
)
from training.metrics import BETTER, expected_calibration_error

WORDS = {
    "auc": "AUC",
    "average_precision": "average precision",
    "lift_top_decile": "lift, top 10 %",
    "ece": "ECE",
    "brier": "Brier",
    "mae": "mean absolute error",
    "coverage": "in the 80 % interval",
    "width": "width of the interval",
    "crossed": "quantiles crossed",
    "recall_at_5": "recall@5",
    "ndcg_at_5": "NDCG@5",
    "spearman": "rank correlation",
    "total_ratio": "total predicted / actual",
}


@dataclass(frozen=True)
class Case:
    """A question.

    Attributes
    ----------
    name
        Model and shop, as the targets name them.
    rows, prepare
        As in `estimates`.
    baselines
        Names of the other contestants, in the order of the table.
    digits
        The measures in the order of the table, with the digits to show.
    outcome
        The column of `rows` whose mean is the base rate, if there is one.
    """

    name: str
    title: str
    rows: pd.DataFrame
    prepare: Prepare
    baselines: tuple[str, ...]
    digits: Mapping[str, int]
    outcome: str = "happened"


@dataclass(frozen=True)
class Answered:
    """A question with what every contestant reached."""

    case: Case
    found: Estimates

    def lines(self) -> Iterator[str]:
        """Give the lines of the table."""
        case = self.case
        yield f"\n### {case.title}\n"
        yield f"{self._sizes()}\n"
        yield f"| | {' | '.join((OURS, *case.baselines))} |"
        yield f"|---|{'---|' * (1 + len(case.baselines))}"
        for measure, digits in case.digits.items():
            ours = interval(self.found.of(OURS, measure), digits)
            theirs = [self._theirs(name, measure, digits) for name in case.baselines]
            yield f"| {WORDS[measure]} | {' | '.join((f'**{ours}**', *theirs))} |"
            if measure in BETTER and any(theirs):
                gains = [self._gain(name, measure, digits) for name in case.baselines]
                yield f"| better by | | {' | '.join(gains)} |"

    def _theirs(self, name: str, measure: str, digits: int) -> str:
        has = self.found.has(name, measure)
        return f"{self.found.of(name, measure).value:,.{digits}f}" if has else ""

    def _gain(self, name: str, measure: str, digits: int) -> str:
        has = self.found.has(name, measure)
        return interval(self.found.gain(measure, name), digits, sign="+") if has else ""

    def _sizes(self) -> str:
        rows = self.case.rows
        at = [f"{moment:%Y-%m-%d}" for moment in sorted(rows[CUTOFF].unique())]
        each = rows.groupby(CUTOFF, sort=True)
        sizes = [f"{size:,}" for size in each.size()]
        said = (
            f"{rows[CUSTOMER].nunique():,} customers, {len(rows):,} rows; at {', '.join(at)}: "
            f"{', '.join(sizes)} rows"
        )
        if self.case.outcome not in rows:
            return f"{said}."
        means = [f"{100 * mean:.1f} %" for mean in each[self.case.outcome].mean()]
        told = f"{said}, base rate {', '.join(means)}."
        if not self.found.has(OURS, "ece"):
            return told
        by_chance = np.mean([ece_by_chance(part[OURS].to_numpy(np.float64)) for _, part in each])
        return f"{told} Exact probabilities would have an ECE of {by_chance:.4f} by chance."


def answered(case: Case, how: Resampling) -> Answered:
    """Measure everybody."""
    return Answered(case, estimates(case.rows, case.prepare, how))


def ece_by_chance(truth: Floats, draws: int = 200, seed: int = 1) -> float:
    """Return the mean ECE of probabilities that are exactly right, shape (n,).

    Bins of few rows differ from what was promised by chance, so no ECE can be expected below it.
    """
    happened = np.random.default_rng(seed).uniform(size=(draws, len(truth))) < truth
    return float(
        np.mean([expected_calibration_error(each.astype(np.float64), truth) for each in happened])
    )


def interval(estimate: Estimate, digits: int, sign: str = "") -> str:
    """Return a value with its interval as people read it."""
    value, low, high = (
        f"{each:{sign},.{digits}f}" for each in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} [{low}, {high}]"
