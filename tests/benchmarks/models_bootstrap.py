"""How sure a measure is over several cutoffs: customers drawn again and again.

One customer stands in the test of several cutoffs, and a hard one is hard in all of them. So
customers are drawn and not rows, and all contestants are measured on the same draw: the interval
of a difference is much narrower than two intervals side by side suggest (Efron and Tibshirani,
An Introduction to the Bootstrap, 1993, chapters 8 and 13).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.cards.intervals import BOUNDS, spread
from training.cards.weighted import Weighed
from training.metrics import BETTER

OURS = "Shuke"
CUSTOMER, CUTOFF = "customer", "as_of"

Floats = npt.NDArray[np.float64]
Columns = Mapping[str, Floats]
Measured = Mapping[str, Mapping[str, float]]  # contestant -> measure -> value
Prepare = Callable[[Columns], Mapping[str, Weighed]]  # columns of a cutoff -> by contestant


@dataclass(frozen=True)
class Resampling:
    """How often customers are drawn, and what share of the draws an interval holds."""

    draws: int = 1000
    level: float = 0.95
    seed: int = 20170101


@dataclass(frozen=True)
class Estimate:
    """A value with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimates:
    """What every contestant reached, on the rows as they are and on each draw of customers."""

    point: Measured
    draws: tuple[Measured, ...]
    level: float

    def of(self, contestant: str, measure: str) -> Estimate:
        """Return a contestant's value of a measure."""
        return self._estimate(
            lambda reached: reached[contestant][measure], *BOUNDS.get(measure, (0.0, np.inf))
        )

    def gain(self, measure: str, over: str) -> Estimate:
        """Return by how much we are better than `over`; above zero is better, whatever measure."""
        return self._estimate(lambda reached: _ahead(reached, measure, over))

    def share_gained(self, measure: str, over: str) -> Estimate:
        """Return `gain` as a share of what `over` reached."""
        return self._estimate(
            lambda reached: _ahead(reached, measure, over) / reached[over][measure]
        )

    def has(self, contestant: str, measure: str) -> bool:
        """Say whether this contestant has this measure."""
        return measure in self.point.get(contestant, {})

    def best(self, measure: str) -> str:
        """Return the other contestant that is hardest to beat."""
        rivals = [name for name in self.point if name != OURS and self.has(name, measure)]
        return min(rivals, key=lambda name: _ahead(self.point, measure, name))

    def _estimate(
        self, read: Callable[[Measured], float], lowest: float = -np.inf, highest: float = np.inf
    ) -> Estimate:
        value, drawn = read(self.point), np.array([read(draw) for draw in self.draws])
        around = spread(value, drawn, level=self.level, lowest=lowest, highest=highest)
        if around.low is None or around.high is None:
            raise ValueError("On no draw of customers was there anything to measure")
        return Estimate(value, around.low, around.high)


def estimates(rows: pd.DataFrame, prepare: Prepare, how: Resampling | None = None) -> Estimates:
    """Measure all contestants at each cutoff, and average over the cutoffs.

    Parameters
    ----------
    rows
        `customer`, `as_of` and numeric columns: outcomes, and what each contestant said.
    prepare
        From the columns of one cutoff, each of shape (n,), to the measures of each contestant,
        which ask for how often each of the n rows counts.
    """
    how = how or Resampling()
    codes, people = pd.factorize(rows[CUSTOMER])
    numeric = [str(name) for name in rows if name not in (CUSTOMER, CUTOFF)]
    parts = []
    for _, places in sorted(rows.groupby(CUTOFF).indices.items()):
        part = rows.iloc[places]
        columns = {name: part[name].to_numpy(np.float64) for name in numeric}
        parts.append((codes[places], prepare(columns)))

    def measured(times: Floats) -> Measured:
        each = [
            {name: weighed(times[who]) for name, weighed in prepared.items()}
            for who, prepared in parts
        ]
        return _averaged(each)

    drawn = tuple(measured(times) for times in draws(len(people), how))
    return Estimates(measured(np.ones(len(people))), drawn, how.level)


def draws(customers: int, how: Resampling) -> Iterator[Floats]:
    """Give, for each draw with replacement, how often each customer is in it."""
    random = np.random.default_rng(how.seed)
    for _ in range(how.draws):
        picked = random.integers(0, customers, customers)
        yield np.bincount(picked, minlength=customers).astype(np.float64)


def judged(
    columns: Columns,
    outcome: str,
    weigh: Callable[[Floats, Floats], Weighed],
    wanted: Callable[[str], Mapping[str, object]],
) -> dict[str, Weighed]:
    """Prepare one measure of what happened for every contestant, by the names of the columns.

    Parameters
    ----------
    outcome
        The column of what happened; all others are what contestants said.
    weigh
        From what happened and what was said to the measure.
    wanted
        The measures to keep of a contestant.
    """
    return {
        name: only(weigh(columns[outcome], said), wanted(name))
        for name, said in columns.items()
        if name != outcome
    }


def only(weighed: Weighed, measures: Mapping[str, object]) -> Weighed:
    """Return the same measures without the others."""
    return lambda times: {k: v for k, v in weighed(times).items() if k in measures}


def _ahead(reached: Measured, measure: str, over: str) -> float:
    sign = 1.0 if BETTER[measure] == "higher" else -1.0
    return sign * (reached[OURS][measure] - reached[over][measure])


def _averaged(each: list[dict[str, dict[str, float]]]) -> Measured:
    return {
        contestant: {
            measure: float(np.mean([part[contestant][measure] for part in each]))
            for measure in measures
        }
        for contestant, measures in each[0].items()
    }
