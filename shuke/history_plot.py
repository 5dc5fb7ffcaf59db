"""A customer's score over time as an SVG file, in the look of the model cards."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from training.cards.plots import GREY, LINE, sheet, svg

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.figure import Figure

    from service.score_changes import PastScore


def drawn(model: str, scores: Sequence["PastScore"]) -> str:
    """Return the plot of scores that come newest first; a line stands where a version begins."""
    return svg("history", partial(_value_over_time, model, scores[::-1]))


def _value_over_time(model: str, scores: Sequence["PastScore"]) -> "Figure":
    figure = sheet(7.2, 3.2)
    place = figure.subplots()
    told = [(_day(each.as_of), each.value) for each in scores if each.value is not None]
    place.plot([at for at, _ in told], [value for _, value in told], color=LINE, marker="o")
    for before, after in pairwise(scores):
        if before.model_version != after.model_version:
            place.axvline(_day(after.as_of), color=GREY, linestyle="--", linewidth=1)
    place.xaxis.axis_date()
    place.tick_params("x", rotation=30)
    place.set_ylabel(model)
    return figure


def _day(moment: "datetime") -> float:
    from matplotlib.dates import date2num

    return float(date2num(moment))  # type: ignore[no-untyped-call]  # matplotlib says no types here
