"""A retention plan as one HTML page in the look of the model cards: no network, no script."""

from typing import TYPE_CHECKING

import numpy as np

from shuke.plan_words import columns, grounds, rows, title, verdict
from shuke.retention_plan import RetentionPlan
from training.cards.markdown import Section, between, bullets, number, plain, table
from training.cards.page import document
from training.cards.plots import GREY, INK, LINE, SOFT, sheet, svg
from training.uplift.effect import Uplift

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVE, GROUPS = "profit-curve", "uplift-groups"
_MOST_DRAWN = 400


def page(plan: RetentionPlan) -> str:
    """Return the page: what to do, what each size of list earns, and on what grounds."""
    uplift = plan.finding.uplift
    parts = [
        Section("What to do", plain(verdict(plan))),
        Section("Where the numbers come from", bullets(grounds(plan))),
        Section("What each size of list earns", table(columns(plan), rows(plan)), CURVE),
    ]
    drawn = {CURVE: svg(CURVE, lambda: _curve(plan))} if plan.curve.contacts else {}
    if uplift is not None:
        parts.append(Section("Uplift, predicted and measured", _groups_told(uplift), GROUPS))
        drawn[GROUPS] = svg(GROUPS, lambda: _groups(uplift))
    return document(plain(title(plan)), parts, drawn)


def _groups_told(uplift: Uplift) -> str:
    told = [
        (each.rows, each.holdouts, number(each.predicted), between(each.measured))
        for each in uplift.groups
    ]
    return table(("contacts", "of them held out", "predicted", "measured"), told)


def _curve(plan: RetentionPlan) -> "Figure":
    curve = plan.curve
    # Far beyond the budget the curve falls so deep that its top could not be seen.
    end = min(len(curve.contacts), max(curve.affordable, 2 * curve.recommended))
    shown = curve.points[: end + 1][:: max(1, end // _MOST_DRAWN)]
    sizes = [point.size for point in shown]
    drawn = sheet(8.0, 5.0)
    profit, cost = drawn.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    profit.set_title(plan.basis, fontsize=9, loc="left")
    profit.axhline(0, color=GREY, linewidth=0.8)
    profit.plot(sizes, [point.profit for point in shown], color=LINE)
    at = f"recommended: {curve.recommended:,}"
    profit.plot([curve.recommended], [curve.best.profit], "o", color=INK, label=at)
    profit.set_ylabel("expected profit")
    cost.plot(sizes, [point.cost for point in shown], color=SOFT)
    cost.set_ylabel("cost")
    cost.set_xlabel("list size")
    for axes in (profit, cost):
        axes.axvline(curve.affordable, color=GREY, ls=":", lw=1, label="the budget ends")
    profit.legend(frameon=False)
    return drawn


def _groups(uplift: Uplift) -> "Figure":
    drawn = sheet(8.0, 3.6)
    axes = drawn.subplots()
    places = list(range(1, len(uplift.groups) + 1))
    value, low, high = np.array(
        [(one.measured.value, one.measured.low, one.measured.high) for one in uplift.groups],
        dtype=np.float64,  # what could not be measured becomes a gap
    ).T
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.plot(places, [each.predicted for each in uplift.groups], color=SOFT, label="predicted")
    axes.vlines(places, low, high, color=LINE, linewidth=1)
    axes.plot(places, value, color=LINE, marker="o", ls="", label="measured")
    axes.set_xlabel("group, greatest predicted uplift first")
    axes.set_ylabel("uplift")
    axes.legend(frameon=False)
    return drawn
