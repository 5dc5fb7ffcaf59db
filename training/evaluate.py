"""A model beside every honest baseline, on rows it never saw, whole and in slices."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from training.metrics import BETTER

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Measures = dict[str, float]

BASELINE = "baseline."
SLICES = 3
LEVELS = 5
LEAST_SLICE = 50


@dataclass(frozen=True)
class Answers:
    """The test rows one by one: intervals and plots are made of them, and they are never stored.

    Attributes
    ----------
    who
        Whose row it is, n of them; rows of one person belong together.
    outcome
        What happened, shape (n,).
    said
        By name of the model or of a baseline: the value it gave each row, shape (n,).
    low, high
        Ends of the model's interval; None without one.
    rowwise
        By name, then metric: what is averaged over rows; NaN where a row does not count.
    """

    who: "pd.Series[str]"
    outcome: Floats
    said: Mapping[str, Floats]
    low: Floats | None = None
    high: Floats | None = None
    rowwise: Mapping[str, Mapping[str, Floats]] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """What the test rows say.

    Attributes
    ----------
    rows
        Test rows measured.
    metrics
        Of the model.
    baselines
        Of each baseline, on the same rows, by name.
    slices
        Of the model on parts of the test rows, by a readable name of the part; `rows` is its size.
    answers
        The rows behind the numbers, as long as they are at hand.
    """

    model: str
    rows: int
    metrics: Measures
    baselines: Mapping[str, Measures]
    slices: Mapping[str, Measures] = field(default_factory=dict)
    answers: Answers | None = None

    def table(self) -> pd.DataFrame:
        """Return one row for the model and one per baseline, one column per metric."""
        rows = {self.model: self.metrics, **self.baselines}
        return pd.DataFrame(rows).T.reindex(columns=list(self.metrics))

    def text(self) -> str:
        """Return the table, and the slices below it, as Markdown."""
        whole = _markdown(self.table(), f"{self.rows} test rows")
        if not self.slices:
            return whole
        return f"{whole}\n{_markdown(pd.DataFrame(dict(self.slices)).T, 'slice')}"

    def flat(self) -> Measures:
        """Return every number under one name each: `auc`, `baseline.recency.auc`, ..."""
        named = {
            f"{BASELINE}{name}.{metric}": value
            for name, measures in self.baselines.items()
            for metric, value in measures.items()
        }
        return {**self.metrics, **named}


def slices(
    frame: pd.DataFrame, features: tuple[str, ...], measure: Callable[[Mask], Measures]
) -> dict[str, Measures]:
    """Measure the model in parts of the rows; parts too small to judge are left out.

    Parameters
    ----------
    features
        A number is cut into tertiles; a text (a shop) into its most frequent levels and all
        others. One that the rows do not have is left out.
    """
    parts: dict[str, Measures] = {}
    for feature in features:
        if feature not in frame:
            continue
        cut = _tertiles if is_numeric_dtype(frame[feature]) else _levels
        for name, inside in cut(frame[feature]):
            if inside.sum() >= LEAST_SLICE:
                parts[name] = {"rows": float(inside.sum()), **measure(inside)}
    return parts


def _tertiles(column: "pd.Series[float]") -> Iterator[tuple[str, Mask]]:
    values = column.to_numpy(dtype=np.float64)
    if np.isnan(values).all():
        return
    edges: Floats = np.unique(np.nanquantile(values, np.linspace(0, 1, SLICES + 1)))
    for low, high in pairwise(edges):
        inside = (values >= low) & ((values < high) | (high == edges[-1]) & (values == high))
        yield _slice_name(str(column.name), low, high, edges), inside


def _levels(column: "pd.Series[str]") -> Iterator[tuple[str, Mask]]:
    """Cut by level, the most frequent first; nothing where all rows have the same one."""
    counts = column.value_counts()
    named = sorted(counts.index, key=lambda level: (-counts[level], str(level)))[:LEVELS]
    if column.nunique(dropna=False) < 2:
        return
    for level in named:
        yield f"{column.name} {level}", (column == level).to_numpy(dtype=bool)
    yield f"{column.name} other", ~column.isin(named).to_numpy(dtype=bool)


def _slice_name(feature: str, low: float, high: float, edges: Floats) -> str:
    """Name a part without its outermost values: those are one customer's each."""
    if high < edges[-1]:
        return f"{feature} {low:g} to {high:g}" if low > edges[0] else f"{feature} below {high:g}"
    return f"{feature} from {low:g}" if low > edges[0] else f"{feature} known"


def best_baseline(
    baselines: Mapping[str, Mapping[str, float]], metric: str
) -> tuple[str, float] | None:
    """Return name and value of the baseline that is hardest to beat; None if none has `metric`."""
    rivals = {name: measured[metric] for name, measured in baselines.items() if metric in measured}
    if not rivals or metric not in BETTER:
        return None
    sign = 1.0 if BETTER[metric] == "higher" else -1.0
    return max(rivals.items(), key=lambda rival: sign * rival[1])


def _markdown(table: pd.DataFrame, corner: str) -> str:
    head = [corner, *table.columns]
    body = [
        [str(name), *("" if np.isnan(value) else f"{value:.4f}" for value in row)]
        for name, row in zip(table.index, table.to_numpy(dtype=np.float64), strict=True)
    ]
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
