"""The curves of accuracy over cost."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from training.cards.plots import sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Sizes = Sequence[tuple[int, int, float, float]]  # trees, leaves, microseconds, accuracy
COLOURS = ("#9ca3af", "#0f766e", "#b45309", "#7c3aed")


def curves(shown: Mapping[tuple[str, str], Sizes]) -> "Figure":
    """Draw a plot for each model, a line for each number of leaves, a point for each of trees."""
    figure = sheet(9.6, 3.6)
    places = figure.subplots(1, len(shown), squeeze=False)[0]
    for place, ((model, measure), sizes) in zip(places, shown.items(), strict=True):
        for colour, leaves in zip(COLOURS, sorted({size[1] for size in sizes}), strict=False):
            line = [size for size in sizes if size[1] == leaves]
            place.plot(
                [size[2] for size in line],
                [size[3] for size in line],
                color=colour,
                marker="o",
                linewidth=1,
                label=f"{leaves} leaves",
            )
            for trees, _, cost, accuracy in line:
                place.annotate(
                    str(trees), (cost, accuracy), xytext=(3, 3), textcoords="offset points"
                )
        place.set_title(model)
        place.set_xscale("log")
        place.set_xlabel("CPU to explain one customer, microseconds")
        place.set_ylabel(measure)
        place.legend(frameon=False)
    return figure
