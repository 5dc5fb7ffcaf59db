"""Purchases per week, drawn: holes, starts and ends are seen faster than read."""

from datetime import datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.clock import naive

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

_DAYS = 7
_SIZE = (9.0, 2.6)
_INK = "#0f766e"
_STYLE: "dict[RcKeyType, Any]" = {
    "svg.fonttype": "none",  # text stays text, in the reader's own fonts
    "svg.hashsalt": "weekly",  # ids do not change from run to run
    "date.converter": "concise",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def weekly(days: pd.DataFrame, today: datetime) -> "pd.Series[int]":
    """Sum purchases over whole weeks that end at `today`, so that no week is cut short.

    Parameters
    ----------
    days
        As in `Receipts`.

    Returns
    -------
    pandas.Series
        Purchases by the first day of the week (naive midnight), oldest first; weeks without any
        are there with 0.
    """
    end = pd.Timestamp(naive(today))
    back = (end - days["day"]).dt.days
    weeks = int(back.max()) // _DAYS if len(back) else 0
    place = (back - 1) // _DAYS
    sums = days["purchases"].groupby(place).sum().reindex(range(weeks), fill_value=0)
    sums.index = pd.DatetimeIndex([end - pd.Timedelta(days=_DAYS * (n + 1)) for n in sums.index])
    return sums.sort_index().astype("int64")


def weekly_svg(weeks: "pd.Series[int]") -> str:
    """Draw purchases per week as an SVG element; empty with less than two weeks."""
    if len(weeks) < 2:
        return ""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.add_subplot()
        edges = pd.date_range(weeks.index[0], periods=len(weeks) + 1, freq=f"{_DAYS}D").to_numpy()
        axes.stairs(weeks.to_numpy(), edges, fill=True, color=_INK, alpha=0.25)
        axes.stairs(weeks.to_numpy(), edges, color=_INK, linewidth=1.2)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("purchases a week")
        drawn = StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(drawn, format="svg", transparent=True, metadata=nothing)
    text = drawn.getvalue()
    named = '<svg role="img" aria-label="Purchases a week" '
    return text[text.index("<svg") :].replace("<svg ", named, 1)
