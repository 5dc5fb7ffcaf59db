"""The plots of a card as SVG text: drawn from what the card holds, and from nothing else."""

import io
import re
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from training.cards.card import Card, Dependence, Point
from training.cards.importance import MISSING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

INK, GREY, LINE, SOFT = "#374151", "#9ca3af", "#0f766e", "#99d5cf"
MOST_BARS = 20
COLUMNS = 3
_GROUP_ID = re.compile(r'<g id="[^"]*"')
_STYLE: "dict[RcKeyType, Any]" = {
    "svg.fonttype": "none",  # text stays text, in the reader's own fonts
    "text.parse_math": False,  # a level called "$5" is no formula
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
}


def figures(card: Card) -> dict[str, str]:
    """Return the plots by name, each an `<svg>` element; what was not measured has none."""
    drawn = {
        "calibration": (_calibration, bool(card.calibration)),
        "importance": (_importance, bool(card.features)),
        "dependence": (_dependence, bool(card.dependence)),
    }
    return {name: svg(name, partial(draw, card)) for name, (draw, there) in drawn.items() if there}


def svg(name: str, draw: Callable[[], "Figure"]) -> str:
    """Draw in the look of the cards and return an `<svg>` element; the same gives the same."""
    with warnings.catch_warnings():
        # Matplotlib's own font lacks Chinese; it is not asked to draw letters.
        warnings.filterwarnings("ignore", message="Glyph")
        from matplotlib import rc_context

        out = io.StringIO()
        # A salt of its own: ids within one page must differ between plots, and not between runs.
        with rc_context({**_STYLE, "svg.hashsalt": name}):
            blank = dict.fromkeys(("Creator", "Date", "Format", "Type"))
            draw().savefig(out, format="svg", metadata=blank)
    text = out.getvalue()
    return _GROUP_ID.sub("<g", text[text.index("<svg") :])


def _calibration(card: Card) -> "Figure":
    figure = sheet(6.4, 5.2)
    shown, counts = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    predicted = np.array([one.predicted for one in card.calibration])
    happened = np.array([one.happened for one in card.calibration])
    chance = np.array([one.chance or 0.0 for one in card.calibration])
    ends = [min(predicted.min(), happened.min()), max(predicted.max(), happened.max())]
    shown.plot(ends, ends, color=GREY, linestyle="--", linewidth=1, label="as promised")
    shown.errorbar(
        predicted, happened, yerr=chance, color=LINE, marker="o", linewidth=1, label="happened"
    )
    shown.set_ylabel("happened")
    shown.legend(frameon=False)
    width = 0.02 * max(ends[1] - predicted.min(), 1e-9)
    counts.bar(predicted, [one.rows for one in card.calibration], width=width, color=SOFT)
    counts.set_ylabel("rows")
    counts.set_xlabel("predicted")
    return figure


def _importance(card: Card) -> "Figure":
    shown = card.features[:MOST_BARS][::-1]
    figure = sheet(8.0, 0.8 + 0.24 * len(shown))
    moved, gained = figure.subplots(1, 2, sharey=True)
    names = [use.feature for use in shown]
    moved.barh(names, [use.contribution for use in shown], color=LINE)
    moved.set_xlabel(f"mean size of the contribution, {card.margin}")
    gained.barh(names, [100 * use.gain for use in shown], color=SOFT)
    gained.set_xlabel("share of gain, %")
    return figure


def _dependence(card: Card) -> "Figure":
    rows = -(-len(card.dependence) // COLUMNS)
    figure = sheet(9.6, 2.7 * rows)
    places = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for place, one in zip(places, card.dependence, strict=False):
        _follow(place, one)
    for place in places[len(card.dependence) :]:
        place.set_axis_off()
    return figure


def _follow(place: "Axes", one: Dependence) -> None:
    place.set_title(one.feature, fontsize=9)
    told = [point for point in one.points if point.x is not None]
    named = [point for point in one.points if point.x is None]
    if told:
        place.axhline(0, color=GREY, linewidth=0.8)
        place.set_ylabel("contribution")
        x = [point.x for point in told if point.x is not None]
        low, high = [point.low for point in told], [point.high for point in told]
        place.fill_between(x, low, high, color=SOFT, alpha=0.5, linewidth=0)
        place.plot(x, [point.contribution for point in told], color=LINE, marker=".")
        for point in named:
            _across(place, point)
        return
    place.barh([point.label for point in named], [p.contribution for p in named], color=LINE)
    place.axvline(0, color=GREY, linewidth=0.8)
    place.set_xlabel("contribution")
    place.tick_params(axis="y", labelsize=7)


def _across(place: "Axes", point: Point) -> None:
    """Draw what has no place on the axis of values as a level line."""
    line = place.axhline(point.contribution, color=INK, linewidth=0.8, linestyle=":")
    line.set_label(MISSING)
    place.legend(frameon=False, fontsize=7)


def sheet(width: float, height: float) -> "Figure":
    """Return an empty figure; sizes in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
