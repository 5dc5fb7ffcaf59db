"""Money promised and money spent, in tenths of the customers from the least promised to the most.

A sum can be right though the small are promised too much and the large too little; tenths show it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tests.benchmarks.models_bootstrap import OURS
from training.cards.plots import sheet, svg
from training.metrics import equal_parts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = 10
SPENT = "spent"


@dataclass(frozen=True)
class Tenth:
    """Mean money of a tenth: promised by us, promised by the rival, and spent."""

    ours: float
    rival: float
    spent: float


def tenths(rows: pd.DataFrame, rival: str) -> list[Tenth]:
    """Return the tenths by what we promised; `rival` is asked about the same customers."""
    place = equal_parts(rows[OURS].to_numpy(np.float64), PARTS)
    means = rows.groupby(place)[[OURS, rival, SPENT]].mean()
    return [Tenth(*each) for each in means.itertuples(index=False, name=None)]


def table(found: Sequence[Tenth], rival: str) -> Iterator[str]:
    """Give the lines of the table."""
    yield f"\n| tenth by {OURS} | {OURS} | {rival} | spent | spent / {OURS} |"
    yield "|---|---:|---:|---:|---:|"
    for place, one in enumerate(found, start=1):
        told = " | ".join(f"{value:,.2f}" for value in (one.ours, one.rival, one.spent))
        yield f"| {place} | {told} | {one.spent / one.ours:.2f} |"


def drawing(name: str, found: Sequence[Tenth]) -> str:
    """Return the plot of the tenths as an `<svg>` element."""
    return svg(name, partial(_draw, found))


def _draw(found: Sequence[Tenth]) -> "Figure":
    figure = sheet(4.8, 4.0)
    place = figure.subplots()
    said, spent = [one.ours for one in found], [one.spent for one in found]
    ends = [min(said + spent), max(said + spent)]
    place.plot(ends, ends, linestyle="--", linewidth=1, color="#9ca3af", label="as promised")
    place.plot(said, spent, marker="o", linewidth=1, color="#0f766e", label="spent")
    place.set_xlabel("promised, mean of a tenth")
    place.set_ylabel("spent, mean of a tenth")
    place.legend(frameon=False)
    return figure
